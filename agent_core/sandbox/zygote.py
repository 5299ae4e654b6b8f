"""The app's one zygote, from which every worker is forked. See `inside/zygote.py` for the other end."""

import asyncio
import atexit
import json
import os
import site
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar

from agent_core.errors import SandboxError

_ANSWER_SECONDS = 120.0  # the first answer comes after the zygote's imports, which are slow on a cold disk
_GONE = "The process that the sandboxes come from has ended; the next step starts a new one."
_LAUNCH = (
    "import sys; sys.path.insert(0, sys.argv[1]); from inside.zygote import main; del sys.path[0];"
    " sys.path += sys.argv[3:]; main(int(sys.argv[2]))"
)
_Result = TypeVar("_Result")


class Zygote:
    """Starts when it is first needed, and again when it has died.

    Its requests go through one thread of their own, which keeps them in order and lets a Stop get through while
    other threads are busy with slow tools. Works under any event loop.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="zygote")
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    async def spawn(self, number: int, workspace: Path) -> tuple[socket.socket, FileIO]:
        """Fork a worker, and give the host's ends of its socket and of its output, both non-blocking.

        number: the worker's name from now on, never used before. Raises SandboxError.
        """
        return await self._in_thread(self._spawn, number, workspace)

    async def interrupt(self, number: int) -> None:
        """Send a worker SIGINT."""
        await self._in_thread(self._tell, "interrupt", number)

    async def end(self, number: int) -> int | None:
        """Kill a worker and its process group. Returns its wait status; None where nobody knows any more."""
        return (await self._in_thread(self._tell, "end", number)).get("status")

    def end_soon(self, number: int) -> None:
        """The same without waiting, for where waiting is not possible."""
        self._thread.submit(self._tell, "end", number)

    def close(self) -> None:
        """End the zygote, and every worker with it."""
        if self._control and self._process:
            self._control.close()
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._control = self._process = None

    async def _in_thread(self, function: Callable[..., _Result], *args: Any) -> _Result:
        # Shielded: what was asked for happens in its turn even if nobody waits for it any more.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, function, *args))

    def _spawn(self, number: int, workspace: Path) -> tuple[socket.socket, FileIO]:
        try:
            if self._process is None or self._process.poll() is not None:
                self._start()
            return self._fork(number, workspace)
        except OSError as error:
            raise SandboxError(f"No new sandbox could be started: {error.strerror}.") from error

    def _fork(self, number: int, workspace: Path) -> tuple[socket.socket, FileIO]:
        ours, theirs = socket.socketpair()
        output_read, output_write = os.pipe()
        output = FileIO(output_read)
        try:
            request = {"do": "spawn", "worker": number, "workspace": str(workspace)}
            answer = self._request(request, [theirs.fileno(), output_write])
        finally:
            theirs.close()
            os.close(output_write)
        if "error" in answer:
            raise SandboxError(f"No new sandbox could be started: {answer['error']}.")
        ours.setblocking(False)
        os.set_blocking(output_read, False)
        return ours, output

    def _tell(self, what: str, number: int) -> dict[str, Any]:
        with suppress(SandboxError):  # then its workers are gone with it
            return self._request({"do": what, "worker": number})
        return {}

    def _request(self, request: dict[str, Any], descriptors: list[int] | None = None) -> dict[str, Any]:
        answer = b""
        if self._control:
            with suppress(OSError):
                socket.send_fds(self._control, [json.dumps(request).encode()], descriptors or [])
                answer = self._control.recv(2**16)
        if not answer:
            self.close()
            raise SandboxError(_GONE)
        return json.loads(answer)

    def _start(self) -> None:
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        ours.settimeout(_ANSWER_SECONDS)
        directory = str(Path(__file__).parent)
        packages = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _LAUNCH, directory, str(theirs.fileno()), *packages],
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._control = ours


def _environment() -> dict[str, str]:
    """All that the zygote and its workers get to see; nothing of the app's own environment."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(Path("~/.cache/glassbox").expanduser()),  # its list of fonts takes seconds to make
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


zygote = Zygote()
atexit.register(zygote.close)
