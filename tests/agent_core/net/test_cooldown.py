"""Services that failed are left alone for a while, each time in a row for longer."""

from agent_core.net.cooldown import Cooldown


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_it_grows_to_its_longest_and_ends_with_an_answer():
    clock = Clock()
    cooldown: Cooldown[str] = Cooldown(30.0, 1_800.0, clock=clock)
    for _ in range(2_000):
        cooldown.failed("a")
    clock.now += 1_799
    assert cooldown.ready(["a", "b"]) == ["b"]
    clock.now += 1
    assert cooldown.ready(["a", "b"]) == ["a", "b"]
    cooldown.worked("a")
    cooldown.failed("a")
    clock.now += 30
    assert cooldown.ready(["a", "b"]) == ["a", "b"]


def test_where_all_cool_down_the_one_is_asked_that_is_ready_first():
    clock = Clock()
    cooldown: Cooldown[str] = Cooldown(60.0, clock=clock)
    cooldown.failed("a")
    clock.now += 10
    cooldown.failed("b")
    assert cooldown.ready(["b", "a"]) == ["a"]
    clock.now += 60
    assert not cooldown.is_cooling("a") and cooldown.has_failed("a")
