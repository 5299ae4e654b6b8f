"""Makes attempts against real sandboxes, and tells which of them were not refused."""

import asyncio
import os
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from agent_core.execution import Execution
from agent_core.sandbox import Policy, Sandbox
from tests.agent_core.sandbox.escapes.attempt import Attempt
from tests.agent_core.sandbox.escapes.canaries import SECRET, Canaries
from tests.agent_core.sandbox.escapes.corpus import program

# How a file that lies outside is refused where it is not even to be seen.
UNSEEN = ("ENOENT", "EROFS", "ENODEV", "ENOTDIR")


@contextmanager
def secrets_of_the_app() -> Iterator[None]:
    """Have this process keep a secret in its environment, and in a file that it leaves open."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(SECRET)
        file.flush()
        os.set_inheritable(file.fileno(), True)
        os.environ["TOKEN"] = SECRET
        try:
            yield
        finally:
            del os.environ["TOKEN"]


async def fault_of(attempt: Attempt, canaries: Canaries, also: Collection[str] = ()) -> str:
    """What came of it that must not; "" if it was refused. also: outcomes that count as refused beside its own."""
    async with Sandbox(policy=Policy(imports=["*"]), limits=attempt.limits) as box:
        done = await box.run(program(attempt, canaries.facts(box.workspace, os.__file__, hold_seconds=2)))
        touched = canaries.touched(everything(done))
        goes_on = await _goes_on(box)
    faults = [*touched] if goes_on else [*touched, "the sandbox does not go on"]
    if (outcome := _outcome(done, attempt)) not in (*attempt.ends, *also):
        faults.append(f"it ended with {outcome!r:.300}")
    faults += [f"process {process.pid} lives on" for process in _left_in(box.workspace)]
    if box.workspace.exists():
        faults.append("the workspace is still there")
    return "; ".join(faults)


async def faults_of(attempts: Iterable[Attempt], at_once: int, also: Collection[str] = ()) -> dict[str, str]:
    """The attempts that were not refused, and what came of them, so many at a time."""
    found, turns = dict[str, str](), asyncio.Semaphore(at_once)

    async def make(attempt: Attempt) -> None:
        async with turns:
            with Canaries() as canaries:
                if fault := await fault_of(attempt, canaries, also):
                    found[str(attempt)] = fault

    await asyncio.gather(*map(make, attempts))
    return found


def living_in(workspace: Path) -> list[psutil.Process]:
    """What lives there; the zygote is whose child every process becomes whose parent has ended."""
    return [process for process in psutil.Process().children(recursive=True) if _lives_in(workspace, process)]


def everything(done: Execution) -> str:
    """All that a step gave back."""
    shown = [text for display in done.displays for text in display.data.values()]
    error = [done.error.message, done.error.traceback] if done.error else []
    answer = done.answer.data.values() if done.answer else []
    return "\n".join([done.stdout, done.value or "", *shown, *error, *answer])


async def _goes_on(box: Sandbox) -> bool:
    """Code that spoiled its own checkpoint loses its process with the next step, so the one after that counts too."""
    first = await box.run("1 + 1")
    return first.value == "2" or (await box.run("1 + 1")).value == "2"


def _outcome(done: Execution, attempt: Attempt) -> str:
    if done.error:
        return done.error.kind
    if done.value is None:
        return "ended"
    return "pretended" if "pretended" in attempt.ends and done.value.startswith("reached") else done.value


def _left_in(workspace: Path) -> list[psutil.Process]:
    return psutil.wait_procs(living_in(workspace), timeout=30)[1]


def _lives_in(workspace: Path, process: psutil.Process) -> bool:
    try:
        return process.cwd().startswith(str(workspace))
    except (psutil.Error, OSError):  # it has ended, or its folder lies so deep that its path cannot be told
        return False
