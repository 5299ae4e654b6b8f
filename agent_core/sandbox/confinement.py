"""Which layers of the kernel hold the agent's code on this machine, found by trying them."""

import functools
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from agent_core.errors import SandboxError

from .inside import layers

_TRY = (
    "import json, sys; sys.path.insert(0, sys.argv[1]); from inside import confine; del sys.path[0];"
    " print(json.dumps(list(confine.probe(sys.argv[2], confine.readable_paths(sys.argv[1])))))"
)
_SECONDS = 30.0


@dataclass(frozen=True)
class Confinement:
    """holding, missing: names of layers in plain words."""

    holding: tuple[str, ...]
    missing: tuple[str, ...]

    def require(self) -> None:
        """Raise SandboxError, which names what is missing, unless what must hold does or may be missing."""
        lacking = [layer for layer in layers.REQUIRED if layer in self.missing]
        if lacking and not allowed_unconfined():
            raise SandboxError(
                f"This machine cannot hold the code that a model writes: its kernel lacks {', '.join(lacking)}. "
                "Run Glassbox on a newer Linux kernel (5.13 or later), or set GLASSBOX_ALLOW_UNCONFINED=1 where the "
                "code may do all that this app may."
            )


@functools.cache
def probe() -> Confinement:
    """Confine a throw-away process and see what held. Takes some 0.1 s the first time, nothing after that."""
    with tempfile.TemporaryDirectory(prefix="glassbox-") as folder:
        command = [sys.executable, "-I", "-c", _TRY, str(Path(__file__).parent), folder]
        done = subprocess.run(command, env={}, capture_output=True, timeout=_SECONDS, check=False)
    held = json.loads(done.stdout) if done.returncode == 0 else []
    missing = tuple(layer for layer in layers.TRIED if layer not in held)
    return Confinement((*(layer for layer in layers.TRIED if layer in held), layers.WATCHDOG), missing)


def allowed_unconfined() -> bool:
    """Whether the owner of the app takes the risk of layers that are missing."""
    return os.environ.get("GLASSBOX_ALLOW_UNCONFINED") == "1"
