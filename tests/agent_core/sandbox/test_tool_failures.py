"""Tools that fail, hang, flood or never give up: a sentence each, and the app and the other chats go on."""

import asyncio
import contextvars
import threading
import time

import pytest

from agent_core.events import ToolFinished, ToolProgress, ToolStarted
from agent_core.sandbox import Sandbox
from agent_core.tools import context
from agent_core.tools.base import Tool
from agent_core.tools.threads import MOST_RUNNING_ON
from tests.agent_core.sandbox.support import collect, failure, value


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Clumsy(BaseException):
    pass


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (asyncio.CancelledError(), "CancelledError"),
        (BaseExceptionGroup("two", [Clumsy(), OSError()]), "BaseExceptionGroup: two (2 sub-exceptions)"),
        (Speechless(), "Speechless"),
        (TimeoutError("by itself"), "TimeoutError: by itself"),
        (StopIteration(), "StopIteration"),
    ],
)
async def test_whatever_a_sync_tool_raises_is_a_sentence(box: Sandbox, error: BaseException, told: str):
    def fail() -> None:
        """Fail."""
        raise error

    box.tools = [Tool(fail)]
    assert (await failure(box, "fail()")).message == f"ToolError: fail failed: {told}"


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), Clumsy(), asyncio.CancelledError()])
async def test_whatever_an_async_tool_raises_is_a_sentence(box: Sandbox, error: BaseException):
    async def fail() -> None:
        """Fail."""
        raise error

    box.tools = [Tool(fail)]
    assert (await failure(box, "fail()")).message.startswith("ToolError: fail failed: ")
    assert await value(box, "1 + 1") == "2"


async def test_a_long_complaint_is_cut(box: Sandbox):
    def fail() -> None:
        """Fail."""
        raise OSError("x" * 10_000_000)

    box.tools = [Tool(fail)]
    assert len((await failure(box, "fail()")).message) < 600


async def test_other_chats_go_on_while_a_tool_hangs(box: Sandbox):
    released = threading.Event()

    def hang() -> str:
        """Hang."""
        assert released.wait(20)
        return "at last"

    box.tools = [Tool(hang)]
    waiting = asyncio.create_task(value(box, "hang()"))
    async with Sandbox() as other:
        assert await value(other, "1 + 1") == "2"
    assert not waiting.done()
    released.set()
    assert await waiting == "at last"


async def test_a_tool_whose_threads_never_end_is_called_no_more(box: Sandbox):
    released = threading.Event()

    def hang() -> None:
        """Hang."""
        released.wait(20)

    def work() -> int:
        """Work."""
        return 1

    box.tools = [Tool(hang, name="hang_for_good", timeout=0.05), Tool(work)]
    code = f"""
told = []
for n in range({MOST_RUNNING_ON} + 1):
    try:
        hang_for_good()
    except ToolError as error:
        told.append(str(error))
"""
    assert (await box.run(code)).error is None
    assert await value(box, "told[-2]") == "hang_for_good gave no result within 0.05 seconds."
    assert "hang_for_good cannot be called now" in (await value(box, "told[-1]") or "")
    assert await value(box, "work()") == "1"
    released.set()
    while (
        "cannot be called"
        in (await box.run("try:\n    hang_for_good()\nexcept ToolError as error:\n    print(error)")).stdout
    ):
        await asyncio.sleep(0.05)


async def test_a_sync_tool_can_see_that_it_was_stopped(box: Sandbox):
    ended = threading.Event()

    def loop() -> None:
        """Loop."""
        while not context.cancelled():
            time.sleep(0.01)
        ended.set()

    box.tools = [Tool(loop)]
    stream = box.stream("loop()")
    assert isinstance(await anext(stream), ToolStarted)
    assert not ended.is_set()
    await stream.aclose()
    assert await asyncio.to_thread(ended.wait, 10)
    ended.clear()
    box.tools = [Tool(loop, timeout=0.1)]
    assert "within 0.1 seconds" in (await failure(box, "loop()")).message
    assert await asyncio.to_thread(ended.wait, 10)


async def test_progress_comes_while_the_call_runs_and_is_thinned(box: Sandbox):
    def count() -> int:
        """Count."""
        for n in range(100_000):
            context.report(f"{n} of many")
        return 1

    box.tools = [Tool(count)]
    started, *progress, finished, _ = await collect(box, "count()")
    assert isinstance(started, ToolStarted)
    assert isinstance(finished, ToolFinished)
    assert progress[0] == ToolProgress(started.call_id, "count", "0 of many")
    assert len(progress) < 50
    assert {type(event) for event in progress} == {ToolProgress}


async def test_nothing_is_reported_after_the_end(box: Sandbox):
    left = threading.Event()
    threads: list[threading.Thread] = []

    def start() -> str:
        """Leave a thread behind."""
        surrounding = contextvars.copy_context()

        def go_on() -> None:
            left.wait(10)
            context.report("still here")

        threads.append(threading.Thread(target=surrounding.run, args=[go_on]))
        threads[0].start()
        return "done"

    box.tools = [Tool(start)]
    stream = box.stream("import time\nstart()\nprint('now', flush=True)\ntime.sleep(0.3)")
    events = []
    async for event in stream:
        events.append(event)
        if isinstance(event, ToolFinished):
            left.set()
    threads[0].join()
    assert not [event for event in events if isinstance(event, ToolProgress)]
