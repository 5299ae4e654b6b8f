"""asyncio as in a notebook: `asyncio.run` and the like also where the code's own `await` has a loop running already."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

_run = asyncio.run
_run_until_complete = asyncio.BaseEventLoop.run_until_complete


def install() -> None:
    """Let the code call `asyncio.run` and `loop.run_until_complete` anywhere."""
    asyncio.run = run
    asyncio.BaseEventLoop.run_until_complete = run_until_complete  # pyright: ignore[reportAttributeAccessIssue]


def run(main: Coroutine[Any, Any, Any], **options: Any) -> Any:
    """Run a coroutine in a loop of its own and return its result; in a thread of its own if a loop is running."""
    if _is_running():
        return _in_thread(lambda: _run(main, **options))
    try:
        return _run(main, **options)
    finally:
        _forget_loop()


def run_until_complete(loop: asyncio.BaseEventLoop, future: Any) -> Any:
    """Do what the loop's method does; a coroutine runs in a thread of its own if a loop is running."""
    if asyncio.iscoroutine(future) and _is_running():
        return _in_thread(lambda: _run(future))
    return _run_until_complete(loop, future)


def _is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _forget_loop() -> None:
    """Let `asyncio.get_event_loop()` make a loop again, as it does before the first `asyncio.run`."""
    with suppress(RuntimeError):
        asyncio.set_event_loop_policy(None)


def _in_thread(action: Callable[[], Any]) -> Any:
    """Return what an action returns in a thread of its own, or raise what it raises."""
    outcome: list[Any] = []
    errors: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            outcome.append(context.run(action))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return outcome[0]
