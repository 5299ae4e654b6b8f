import asyncio

import pytest

from ui.slots import Slots, TooMany


def places(per_visitor: int, of_all: int) -> Slots:
    return Slots(per_visitor, of_all, own_taken="files.looking", all_taken="files.all_looking")


def test_one_visitor_has_so_many_and_all_have_so_many():
    some = places(2, 3)
    with some.taken_by("a"), some.taken_by("a"):
        with pytest.raises(TooMany, match=r"^You look into other files"):
            some.take("a")
        with some.taken_by("b"), pytest.raises(TooMany, match=r"^Too many files"):
            some.take("c")
        some.take("c").leave()
    for visitor in "abc":
        some.take(visitor)


def test_a_place_that_is_left_twice_is_left_once():
    one = places(1, 1)
    first = one.take("a")
    first.leave()
    second = one.take("a")
    first.leave()
    with pytest.raises(TooMany):
        one.take("a")
    second.leave()


async def test_who_waits_is_told_how_many_are_before_them_and_comes_up_in_order():
    some, told, order = places(2, 1), {"b": [], "c": []}, []
    first = some.queue("a")

    async def wait(visitor: str) -> None:
        place = some.queue(visitor)
        await place.wait(told[visitor].append)
        order.append(visitor)
        place.leave()

    waiting = [asyncio.create_task(wait("b")), asyncio.create_task(wait("c"))]
    await asyncio.sleep(0.01)
    assert order == [] and told == {"b": [1], "c": [2]}
    first.leave()
    await asyncio.gather(*waiting)
    assert order == ["b", "c"] and told["c"][:1] == [2]


async def test_who_leaves_the_line_lets_the_others_move_up_and_those_who_wait_count_among_the_visitors_own():
    some = places(2, 1)
    first, left, last = some.queue("a"), some.queue("b"), some.queue("b")
    with pytest.raises(TooMany):
        some.queue("b")
    assert (first.before, left.before, last.before) == (0, 1, 2)
    left.leave()
    assert last.before == 1
    first.leave()
    await last.wait()
