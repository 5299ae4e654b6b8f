"""Notices that nobody views a run any more."""

import asyncio
from collections.abc import Callable


async def until_unviewed(seconds: float, is_viewed: Callable[[], bool], is_queued: Callable[[], bool]) -> None:
    """Return once a run has had no viewer for too long; the first one may take twice as long.

    Time is counted in sleeps, not by a clock: a program that is too busy to wake up is as late with its viewers. It
    does not count while the run is queued: that takes nothing, and the person did not want it.

    Args:
        seconds: How long is too long.
        is_viewed: Returns whether the run has a viewer.
        is_queued: Returns whether it waits for other runs.
    """
    sleep, left = min(1.0, seconds / 4), 2 * seconds
    while left > 0:
        await asyncio.sleep(sleep)
        if is_viewed():
            left = seconds
        elif not is_queued():
            left -= sleep
