import asyncio
import time

from ui.loop_lag import LoopLag
from ui.pace import Pace


async def waited(pace: Pace, watched: float) -> float:
    """How long a page waits for its next update."""
    began = asyncio.get_running_loop().time()
    await pace.wait(watched)
    return asyncio.get_running_loop().time() - began


async def test_the_lag_of_the_loop_is_seen_while_it_lasts():
    lag = LoopLag()
    measuring = asyncio.create_task(lag.measure())
    await asyncio.sleep(0.05)
    time.sleep(0.4)  # noqa: ASYNC251  what keeps the loop from all else
    await asyncio.sleep(0.11)
    assert lag.seconds > 0.2
    async with asyncio.timeout(60):
        while lag.seconds > 0.1:
            await asyncio.sleep(0.1)
    measuring.cancel()


async def test_updates_slow_down_while_the_loop_lags_but_not_for_who_just_came():
    lag = LoopLag()
    pace = Pace(lag)
    lag.seconds = 5.0
    slow, new = await asyncio.gather(waited(pace, 100), waited(pace, 0))
    assert new < slow and slow >= 1.0


async def test_updates_wait_for_questions_that_are_taken_in_but_not_for_ever():
    pace = Pace(LoopLag())
    with pace.taking_in(), pace.taking_in():
        waiting = asyncio.create_task(pace.wait(100))
        await asyncio.sleep(0.3)
        assert not waiting.done()
    await waiting
    with pace.taking_in():
        assert await waited(pace, 100) >= 1.0
