"""A sandbox at the far end of a byte stream does what one of this machine does."""

import asyncio
import subprocess
import sys

import psutil

from agent_core.sandbox import Sandbox
from agent_core.sandbox.remote.child_process import ChildEngine
from tests.support import ROOT

_WHAT_IT_DOES = ["running", "variables", "tools", "permissions", "limits", "checkpoints", "displays", "own_names"]


def test_its_tests_pass_there():
    modules = [f"tests/agent_core/sandbox/test_{name}.py" for name in _WHAT_IT_DOES]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--engine", "child", *modules],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1_200,
    )
    assert done.returncode == 0, done.stdout[-8_000:]


async def test_a_far_end_that_is_gone_costs_the_variables_and_no_files():
    before = {child.pid for child in psutil.Process().children()}
    async with Sandbox(engine=ChildEngine()) as box:
        await box.run("x = 1\nopen('kept.txt', 'w').write('kept')")
        for child in psutil.Process().children():
            if child.pid not in before and "serve" in " ".join(child.cmdline()):
                child.kill()
        await asyncio.sleep(0.2)
        done = await box.run("'x' in globals(), open('kept.txt').read()")
        assert done.value == "(False, 'kept')"
        assert "variables" in box.aftermath
