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
