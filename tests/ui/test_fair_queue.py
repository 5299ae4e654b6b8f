"""Who works and who waits, in which order, and what those who wait are told."""

import asyncio
from collections.abc import Iterator

import pytest

from ui import fair_queue
from ui.fair_queue import Closed, FairQueue, Place
from ui.slots import TooMany


class Clock:
    """The time, as the queue sees it."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(fair_queue, "time", clock)
    monkeypatch.setattr(fair_queue, "LOOK_SECONDS", 0.01)
    yield clock


def queue_of(at_once: int, per_visitor: int = 10) -> FairQueue:
    return FairQueue(per_visitor, at_once, own_taken="chats.running")


def numbers(*places: Place) -> list[int]:
    return [place.before for place in places]


async def use(place: Place) -> None:
    await place.wait()


def test_visitors_take_turns_and_who_has_fewer_comes_first():
    queue = queue_of(2)
    held = [queue.join("a"), queue.join("b")]
    a2, a3, b2, c1, c2 = (queue.join(visitor) for visitor in "aabcc")
    assert numbers(*held) == [0, 0]
    assert [c1, a2, b2, c2, a3] == queue.line(), "nobody has fewer than c; each one's second comes after all firsts"
    held[1].leave()
    assert numbers(b2, c1, a2, c2, a3) == [0, 1, 2, 3, 4], "b and c had none, and b came first"


def test_one_visitor_cannot_have_all_places_but_the_only_one():
    queue = queue_of(3)
    greedy = [queue.join("a") for _ in range(5)]
    assert numbers(*greedy) == [0, 0, 1, 2, 3]
    assert queue.join("b").before == 0
    greedy[0].leave()
    assert numbers(*greedy[1:]) == [0, 0, 1, 2]
    only = queue_of(1)
    assert [only.join("a").before, only.join("a").before] == [0, 1]


def test_those_who_wait_count_among_the_visitors_own_and_who_leaves_lets_the_others_move_up():
    queue = queue_of(1, per_visitor=2)
    first, left, last = queue.join("a"), queue.join("b"), queue.join("b")
    with pytest.raises(TooMany, match="2 questions of yours"):
        queue.join("b")
    assert numbers(first, left, last) == [0, 1, 2]
    left.leave()
    left.leave()
    assert last.before == 1
    first.leave()
    assert (queue.held, queue.waiting) == (1, 0) and last.before == 0


async def test_who_waits_is_told_a_number_and_once_something_is_known_a_time(clock):
    queue, told = queue_of(2), []
    first, second, third = (queue.join(visitor) for visitor in "abc")
    for place in (first, second):
        await use(place)
    waiting = asyncio.create_task(third.wait(lambda *news: told.append(news)))
    late = queue.join("d")
    await asyncio.sleep(0.03)
    assert told == [(1, None)]
    clock.now = 240.0
    first.leave()
    await waiting
    assert (queue.seconds(1), queue.seconds(3)) == (60, 240 + 60), (
        "the second is over its time; the third lasts as long"
    )
    waiting = asyncio.create_task(late.wait(lambda *news: told.append(news)))
    await asyncio.sleep(0.03)
    clock.now = 450.0
    await asyncio.sleep(0.03)
    third.leave()
    await waiting
    assert told[1:] == [(1, 60)], "first of the second, then of the third"


async def test_a_run_that_never_began_teaches_nothing(clock):
    queue = queue_of(1)
    refused, waiting = queue.join("a"), queue.join("b")
    refused.leave()
    assert waiting.before == 0 and queue.join("c").before == 1 and queue.seconds(1) is None


async def test_a_lent_place_goes_to_the_next_and_who_comes_back_is_the_first_in_line(clock):
    queue = queue_of(1)
    asking, next_one, other = (queue.join(visitor) for visitor in "abc")
    await use(asking)
    clock.now = 10.0
    asking.pause()
    asking.pause()
    assert numbers(next_one, other) == [0, 1] and asking.before == 0
    clock.now = 500.0
    back = asyncio.create_task(asking.wait())
    await asyncio.sleep(0.03)
    assert numbers(asking, other) == [1, 2] and not back.done()
    next_one.leave()
    await back
    assert numbers(asking, other) == [0, 1] and asking.seconds_held == 10.0, "what was lent does not count"
    asking.leave()
    assert other.before == 0


def test_who_got_no_reply_goes_on_at_once_and_nobody_else_until_one_has_left():
    queue = queue_of(1)
    asking, next_one, other = (queue.join(visitor) for visitor in "abc")
    asking.pause()
    asking.go_on()
    assert queue.held == 2 and other.before == 1
    next_one.leave()
    assert queue.held == 1 and other.before == 1
    asking.leave()
    assert other.before == 0
    asking.go_on()
    assert queue.held == 1, "it has left"


async def test_where_the_app_ends_nothing_begins_and_who_comes_back_may_end(clock):
    queue = queue_of(1)
    asking, next_one, waiting = (queue.join(visitor) for visitor in "abc")
    await use(asking)
    asking.pause()
    refused = asyncio.create_task(waiting.wait())
    back = asyncio.create_task(asking.wait())
    await asyncio.sleep(0)
    queue.close()
    with pytest.raises(Closed, match="is being restarted"):
        await refused
    with pytest.raises(Closed):
        queue.join("d")
    next_one.leave()
    await back
