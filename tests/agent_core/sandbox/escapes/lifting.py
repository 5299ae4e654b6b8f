"""The host's side of `lifted.py`: attempts in throw-away processes without the layers that stop them."""

import json
import select
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Self

from agent_core.sandbox.guest.confinement import layer_names
from tests.agent_core.sandbox.escapes.attempt import Attempt
from tests.agent_core.sandbox.escapes.canaries import SECRET, Canaries
from tests.agent_core.sandbox.escapes.corpus import program
from tests.support import ROOT

_SANDBOX = ROOT / "agent_core" / "sandbox"
_LAUNCH = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2], run_name='__main__')"
_MORE_SECONDS = 0.7
_LONGEST_SECONDS = 60


class Lifter:
    """Runs `lifted.py`. environment, descriptors: what its processes have of the app's."""

    def __init__(self, environment: Mapping[str, str] | None = None, descriptors: Collection[int] = ()) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _LAUNCH, str(_SANDBOX), str(Path(__file__).with_name("lifted.py"))],
            env=dict(environment or {}),
            pass_fds=descriptors,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def run(
        self,
        attempt: Attempt,
        canaries: Canaries,
        lifted: Collection[str] | None = None,
        files: str = layer_names.LANDLOCK,
    ) -> tuple[str, str]:
        """How the attempt ended, as `prelude.outcome` says it, and all that it printed.

        lifted: the layers to lift, if not those that stop it. files: the file layer.
        """
        library = str(canaries.folder / "library.py")
        with tempfile.TemporaryDirectory(prefix="lifted-") as workspace, tempfile.NamedTemporaryFile() as output:
            order = {
                "program": program(attempt, canaries.facts(Path(workspace), library, hold_seconds=0.1)),
                "workspace": workspace,
                "limits": asdict(attempt.limits),
                "lifted": attempt.layers if lifted is None else tuple(lifted),
                "files": files,
                "readable": [library],
                "seconds": attempt.limits.step_seconds + _MORE_SECONDS,
                "output": output.name,
            }
            self._carry_out(order)
            printed, _, ending = output.read().decode(errors="replace").rpartition("\nending: ")
        return ending.strip(), f"{printed}\n{ending}"

    def _carry_out(self, order: Mapping[str, object]) -> None:
        orders, answers = self._process.stdin, self._process.stdout
        assert orders and answers
        orders.write(json.dumps(order).encode() + b"\n")
        orders.flush()
        assert select.select([answers], [], [], _LONGEST_SECONDS)[0] and answers.readline() == b"done\n", order


def run_lifted(attempt: Attempt, canaries: Canaries, lifter: Lifter) -> tuple[str, str]:
    """The same as `Lifter.run`, in a process with the app's secrets if the attempt is on what they are kept from."""
    if "environment" not in attempt.layers:
        return lifter.run(attempt, canaries)
    with (canaries.folder / "secret.txt").open() as file, Lifter({"TOKEN": SECRET}, [file.fileno()]) as leaky:
        return leaky.run(attempt, canaries)
