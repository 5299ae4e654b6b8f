"""Which layers hold, and what happens where one is missing: a kernel without it is imitated by a filter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_core.sandbox import confinement
from agent_core.sandbox.inside import layers

REPOSITORY = Path(__file__).parents[2]

# A process, and all that come from it, for which some system calls do not exist.
OLD_KERNEL = """
import asyncio, errno, sys
import pyseccomp
rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
for name in {calls}:
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), name)
rules.load()
from agent_core.errors import SandboxError
from agent_core.sandbox import Sandbox, confinement

async def main():
    print(*confinement.probe().missing, sep=", ")
    async with Sandbox() as box:
        try:
            await box.run("x = 1")
            print((await box.run("import os; os._exit(3)")).error)
            print((await box.run("x")).value)
        except SandboxError as error:
            print(error)

asyncio.run(main())
"""


def run_on_old_kernel(*calls: str, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", OLD_KERNEL.format(calls=calls)],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()


def test_all_layers_hold_here():
    found = confinement.probe()
    assert found.missing == ()
    assert found.holding == (*layers.TRIED, layers.WATCHDOG)
    found.require()


def test_without_landlock_no_code_is_run():
    missing, refusal = run_on_old_kernel("landlock_create_ruleset")
    assert missing == "file rules (Landlock), TCP rules (Landlock), signal rules (Landlock)"
    assert "its kernel lacks file rules (Landlock)." in refusal
    assert "GLASSBOX_ALLOW_UNCONFINED=1" in refusal


def test_whoever_deploys_it_can_take_the_risk():
    _, error, value = run_on_old_kernel("landlock_create_ruleset", GLASSBOX_ALLOW_UNCONFINED="1")
    assert "as they were before this step" in error
    assert value == "1"


@pytest.mark.parametrize("layer", layers.REQUIRED)
def test_a_layer_that_must_hold_is_named(monkeypatch: pytest.MonkeyPatch, layer: str):
    lacking = confinement.Confinement(holding=(), missing=(layer,))
    with pytest.raises(Exception, match=f"lacks {layer}".replace("(", r"\(").replace(")", r"\)")):
        lacking.require()
    monkeypatch.setenv("GLASSBOX_ALLOW_UNCONFINED", "1")
    lacking.require()


def test_what_may_be_missing_keeps_nothing_from_running():
    confinement.Confinement(holding=(), missing=(layers.TCP, layers.SIGNALS)).require()
