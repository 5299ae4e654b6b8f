"""The descriptors that the app may have open: each connection, process and file of it takes one."""

import asyncio
import errno
import functools
import logging
import math
import resource
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

_MOST = 65_536
_RESERVE = 64  # for chats and their files, so that what goes on is not disturbed by those who come
_COUNT_SECONDS = 0.1  # for which a count holds: where there are many, counting takes milliseconds
_LOG_SECONDS = 60.0

logger = logging.getLogger(__name__)


def raise_limit() -> None:
    """Allow as many as the system lets this process: what it has at first is often 1,024, the system's least."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def are_scarce() -> bool:
    """Return whether so many are open that nobody else should be let in."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return limit != resource.RLIM_INFINITY and _open_ones(int(time.monotonic() / _COUNT_SECONDS)) >= limit - min(
        _RESERVE, limit // 4
    )


@functools.lru_cache(maxsize=1)
def _open_ones(_moment: int) -> float:
    """Count those that are open, again at each moment."""
    try:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())
    except FileNotFoundError:
        return 0  # the system does not tell
    except OSError:
        return math.inf  # not one is left to look with


def say_once_when_none_is_left(loop: asyncio.AbstractEventLoop) -> None:
    """Log as one line a minute that no connection can be taken: asyncio tells of thousands, each with its traceback."""
    last, handle_others = -_LOG_SECONDS, loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal last
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE)):
            handle_others(loop, context) if handle_others else loop.default_exception_handler(context)
        elif (now := time.monotonic()) - last >= _LOG_SECONDS:
            last = now
            logger.warning("No connection can be taken: too many files are open. Raise the limit (ulimit -n).")

    loop.set_exception_handler(handle)
