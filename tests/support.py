"""What tests of several packages share: the app as its owner starts it, and a model of a loopback service."""

import asyncio
import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import TimestampSigner

from agent_core import HubModel
from agent_core.permissions import Decision, PermissionRequest
from tests.doubles.openai_server import OpenAIServer

ROOT = Path(__file__).parents[1]
SPACE = {
    "SYSTEM": "spaces",
    "SPACE_ID": "owner/name",
    "SPACE_HOST": "owner-name.hf.space",
    "OAUTH_CLIENT_ID": "client",
    "OAUTH_CLIENT_SECRET": "the-secret-of-the-space",
    "OAUTH_SCOPES": "openid profile inference-api",
}
"""What a Space has in its environment, but for the address that people sign in at."""


@dataclass(frozen=True)
class App:
    """The running app. log: the file that holds what it prints. home: where all its files are. pid: of its process."""

    url: str
    log: Path
    home: Path
    process: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.process.pid


@contextmanager
def running_app(home: Path, *, command: Sequence[str] = ("app.py",), **environment: str) -> Iterator[App]:
    """The app as `python app.py` starts it, on a free port, without any key or login of this machine.

    home: an empty folder, or that of an app that ended. command: for Python. environment: variables beside those that
    it always has. An app that is gone by the end of the block was killed by its test.
    """
    port, log = int(environment.get("PORT", free_port())), home / "app.log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        **environment,
    }
    before = set(home.glob("glassbox-*"))  # of an app that was killed
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait_for_page(process, log)
        yield App(f"http://127.0.0.1:{port}", log, home, process)
    finally:
        killed = process.poll() is not None
        process.terminate()
        process.wait(60)
    assert killed or process.returncode == 0, f"the app ended with {process.returncode}: {log.read_text()}"
    assert killed or set(home.glob("glassbox-*")) <= before, "the app ended, and left files of its chats behind"


def signed_in_cookie(token: str) -> str:
    """The cookie "session" of a visitor of the Space who has signed in, as Gradio makes it."""
    user = {"sub": "1", "name": "N", "preferred_username": "n", "profile": "p", "picture": "q"}
    session = {"oauth_info": {"access_token": token, "userinfo": user, "expires_at": int(time.time()) + 3_600}}
    signer = TimestampSigner(hashlib.sha256(f"{SPACE['OAUTH_CLIENT_SECRET']}-v4".encode()).hexdigest())
    return signer.sign(base64.b64encode(json.dumps(session).encode())).decode()


class Person:
    """Decides about permissions as told, the last decision again and again. asked: what about."""

    def __init__(self, *decisions: Decision) -> None:
        self.asked: list[PermissionRequest] = []
        self.decide(*decisions)

    def decide(self, *decisions: Decision) -> None:
        """Have it decide so from now on."""
        self._decisions = list(decisions)

    async def __call__(self, request: PermissionRequest) -> Decision:
        self.asked.append(request)
        await asyncio.sleep(0.05)
        return self._decisions.pop(0) if len(self._decisions) > 1 else self._decisions[0]

    @property
    def names(self) -> list[str]:
        """The names of what was asked for."""
        return [request.name for request in self.asked]

    @property
    def permissions(self) -> list[tuple[str, str]]:
        """The kinds and names of what was asked for."""
        return [(request.kind, request.name) for request in self.asked]


def model_of(server: OpenAIServer) -> HubModel:
    """A model whose replies come from the service, through the real client."""
    return HubModel("test-model", token="hf_test", base_url=server.url)


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _wait_for_page(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while "Running on" not in log.read_text():
        assert process.poll() is None and time.monotonic() < deadline, f"the app did not start: {log.read_text()}"
        time.sleep(0.1)
