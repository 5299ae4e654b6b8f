"""Runs for programs that do not await: in an event loop of their own, also where another one is running already."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from contextlib import aclosing, suppress
from contextvars import copy_context
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

_Result = TypeVar("_Result")
_Item = TypeVar("_Item")


class _LoopThread(Generic[_Result]):
    """A thread with an event loop that does one piece of work.

    Args:
        work: The work.
        at_end: Called when it has ended.
    """

    def __init__(self, work: Coroutine[Any, Any, _Result], at_end: Callable[[], None] = lambda: None) -> None:
        self._work = work
        self._at_end = at_end
        self._left_by: BaseException | None = None
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(work, context=copy_context())
        self._thread = Thread(target=self._run, name="glassbox-run", daemon=True)
        self._thread.start()

    def result(self) -> _Result:
        """Wait for the work, and return its result. Where the wait is broken off, as by Ctrl-C, so is the work."""
        try:
            self._thread.join()
        except BaseException:
            self.stop()
            raise
        if self._left_by:
            raise self._left_by
        return self._task.result()

    def stop(self) -> None:
        """Stop the work, and wait until it has ended."""
        with suppress(RuntimeError):  # the loop is closed, as the work has ended
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(asyncio.wait([self._task]))
        except BaseException as error:  # such as SystemExit, which leaves the loop at once, from whatever it called
            self._left_by = error
        finally:
            self._at_end()


def run_here(work: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Do work, and return its result: in this thread, or in another one if an event loop runs in this one."""
    if _loop_is_running():
        return _LoopThread(work()).result()
    return asyncio.run(work())


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def iterate(items: AsyncGenerator[_Item, None]) -> Generator[_Item, None, None]:
    """Yield what an asynchronous iterator yields, which works on meanwhile in a thread. Closing this closes that."""
    arrived: SimpleQueue[_Item | None] = SimpleQueue()

    async def pass_on() -> None:
        async with aclosing(items):
            async for item in items:
                arrived.put(item)

    thread = _LoopThread(pass_on(), at_end=lambda: arrived.put(None))
    try:
        while (item := arrived.get()) is not None:
            yield item
    finally:
        thread.stop()
    thread.result()
