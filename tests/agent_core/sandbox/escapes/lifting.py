"""The host's side of `lifted.py`: an attempt in a throw-away process without the layers that stop it."""

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.agent_core.sandbox.escapes.attempt import Attempt
from tests.agent_core.sandbox.escapes.canaries import SECRET, Canaries
from tests.agent_core.sandbox.escapes.corpus import program
from tests.support import ROOT

_SANDBOX = ROOT / "agent_core" / "sandbox"
_LAUNCH = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2], run_name='__main__')"
_MORE_SECONDS = 0.7


def run_lifted(attempt: Attempt, canaries: Canaries) -> tuple[str, str]:
    """How the attempt ended, as `prelude.outcome` says it, and all that it printed."""
    secret = canaries.folder / "secret.txt"
    leaky = "environment" in attempt.layers
    library = str(canaries.folder / "library.py")
    with tempfile.TemporaryDirectory(prefix="lifted-") as workspace, secret.open() as file:
        order = {
            "program": program(attempt, canaries.facts(Path(workspace), library, hold_seconds=0.1)),
            "workspace": workspace,
            "limits": asdict(attempt.limits),
            "lifted": attempt.layers,
            "readable": [library],
            "seconds": attempt.limits.step_seconds + _MORE_SECONDS,
        }
        done = subprocess.run(
            [sys.executable, "-I", "-c", _LAUNCH, str(_SANDBOX), str(Path(__file__).with_name("lifted.py"))],
            input=json.dumps(order).encode(),
            env={"TOKEN": SECRET} if leaky else {},
            pass_fds=[file.fileno()] if leaky else [],
            stdout=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    printed, _, ending = done.stdout.decode(errors="replace").rpartition("\nending: ")
    return ending.strip(), f"{printed}\n{ending}"
