"""Two ways of waiting that asyncio does not offer."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

_Result = TypeVar("_Result")


async def run_to_completion(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Await work that must run to its end, and return its result.

    If the caller is cancelled meanwhile, raise that once the work has ended.
    """
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            cancelled = error
    result = task.result()
    if cancelled:
        raise cancelled
    return result


async def run_in_own_thread(function: Callable[[], _Result]) -> _Result:
    """Run a function in a thread of its own, and return its result. If the caller is cancelled, the thread runs on.

    Unlike with asyncio.to_thread, functions that never return can neither use up a shared pool of threads nor keep the
    program from ending.
    """
    loop, context = asyncio.get_running_loop(), contextvars.copy_context()
    ended = loop.create_future()
    results: list[_Result] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            results.append(context.run(function))
        except BaseException as error:  # any of them is raised to the caller
            errors.append(error)
        with suppress(RuntimeError):  # the loop is closed, nobody is waiting
            loop.call_soon_threadsafe(lambda: ended.done() or ended.set_result(None))

    threading.Thread(target=work, daemon=True).start()
    await ended
    if errors:
        raise errors[0]
    return results[0]
