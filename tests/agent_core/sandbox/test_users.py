"""The sandbox holds for whoever runs the app: root in these tests, or whoever runs them; here, others."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.agent_core.sandbox.other_kernel import container
from tests.agent_core.sandbox.other_users import NOBODY, interpreter, is_open
from tests.support import ROOT

# The attempts for which it matters who makes them; what holds memory, output and the like asks nobody's name.
_WHAT_HOLDS = [
    "tests/agent_core/sandbox/test_escapes.py",
    "tests/agent_core/sandbox/test_confinement.py",
    "-k",
    "layers_hold or refused and (files or execute or secrets or processes or machine)",
]


def _make_attempts(python: str, *, user: int | None = None, prepare: Callable[[], None] | None = None) -> None:
    """Make those attempts that have to be refused."""
    done = subprocess.run(
        [python, "-m", "pytest", "-p", "no:cacheprovider", *_WHAT_HOLDS],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        preexec_fn=prepare,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-5_000:]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_it_holds_for_an_ordinary_user():
    if not is_open(ROOT / "tests"):
        pytest.skip("other users cannot get at this repository")
    with tempfile.TemporaryDirectory() as folder:  # not pytest's: each pytest closes that for others as it starts
        Path(folder).chmod(0o755)
        _make_attempts(interpreter(Path(folder)), user=NOBODY)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can enter a container in this way")
def test_it_holds_for_root_in_a_container():
    _make_attempts(sys.executable, prepare=container)
