"""A step that reaches its time works on while a person is asked for more."""

import asyncio
import re
from dataclasses import replace

import pytest

from agent_core.events import PermissionAnswered, PermissionAsked
from agent_core.execution import Execution
from agent_core.permissions import Decision, PermissionRequest
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.aftermath import ROLLED_BACK
from agent_core.sandbox.host import step_time
from tests.agent_core.sandbox.support import collect, failure, value
from tests.support import Person

SHORT = Limits(step_seconds=0.3)
SLOW = "import time\ntime.sleep(0.9)\n'whole'"
BUSY = "import time\nend = time.monotonic() + 0.9\nwhile time.monotonic() < end: pass\n'whole'"


@pytest.fixture
def box(box: Sandbox) -> Sandbox:
    box.limits = SHORT
    return box


def is_about_as_short(time: str) -> bool:
    """Whether that is the step's time so far, by a clock that a busy machine reads late."""
    return bool(re.fullmatch(r"0\.[3-9]\d? s|[1-4](\.\d)? s", time))


@pytest.mark.parametrize("code", [SLOW, BUSY])
async def test_it_goes_on_if_the_person_gives_more(box: Sandbox, code: str):
    box.policy = Policy(ask=(person := Person("once")))
    box.limits = replace(SHORT, processor_seconds=0.4)
    *events, done = await collect(box, code)
    assert isinstance(done, Execution)
    assert (done.value, done.error) == ("whole", None)
    asked = person.asked[0]
    assert asked.kind == "more_time" and is_about_as_short(asked.name)
    assert events == [
        PermissionAsked(asked.id, "more_time", asked.name, asked.meaning),
        PermissionAnswered(asked.id, "once"),
    ]
    assert 0.9 < done.seconds < 5


async def test_it_is_stopped_if_the_answer_is_no_and_the_model_is_told_how_to_go_on(box: Sandbox):
    box.policy = Policy(ask=Person("deny"))
    await value(box, "kept = 1")
    error = await failure(box, f"kept = 2\n{SLOW}")
    assert error.message == f"The code ran longer than the 0.3 seconds it may take. {ROLLED_BACK}"
    assert "on a small sample" in error.advice
    assert await value(box, "kept") == "1"


@pytest.mark.here
async def test_once_is_for_two_minutes_and_always_for_the_chat(box: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(step_time, "MORE_SECONDS", 0.3)
    box.policy = Policy(ask=(person := Person("once", "always")))
    assert await value(box, "import time\ntime.sleep(1.8)\n1") == "1"
    kind, name = person.permissions[0]
    assert kind == "more_time" and is_about_as_short(name)
    assert (len(person.asked), box.grants) == (2, {("more_time", "")})
    assert await value(box, SLOW) == "whole"
    assert len(person.asked) == 2


@pytest.mark.here
async def test_there_is_a_most_which_nobody_is_asked_to_exceed(box: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(step_time, "MORE_SECONDS", 0.3)
    box.policy = Policy(ask=(person := Person("always")))
    box.limits = replace(SHORT, most_step_seconds=0.8)
    error = await failure(box, "while True: pass")
    assert (error.kind, len(person.asked)) == ("timeout", 1)
    box.limits = replace(SHORT, most_step_seconds=0.5)
    assert "longer than the 0.3 seconds" in (await failure(box, "while True: pass")).message


@pytest.mark.parametrize("most", [0, 120])
async def test_nobody_is_asked_if_two_minutes_do_not_fit(box: Sandbox, most: float):
    box.policy = Policy(ask=(person := Person("always")))
    box.limits = replace(SHORT, most_step_seconds=most)
    assert (await failure(box, SLOW)).kind == "timeout"
    assert person.asked == []


async def test_nobody_to_ask(box: Sandbox):
    *events, done = await collect(box, SLOW)
    assert (events, done.error.kind) == ([], "timeout")


class Absent:
    """Never answers. cancelled: whether the question was withdrawn."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()

    async def __call__(self, request: PermissionRequest) -> Decision:
        try:
            await asyncio.sleep(60)
        finally:
            self.cancelled.set()
        return "always"


@pytest.mark.here
async def test_no_answer_is_a_no(box: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(step_time, "ANSWER_SECONDS", 0.3)
    box.policy = Policy(ask=(person := Absent()))
    *events, done = await collect(box, "while True: pass")
    assert done.error.kind == "timeout"
    assert [event.decision for event in events if isinstance(event, PermissionAnswered)] == ["deny"]
    assert 0.5 < done.seconds < 5
    assert person.cancelled.is_set()


async def test_the_question_is_withdrawn_if_the_step_ends_meanwhile(box: Sandbox):
    box.policy = Policy(ask=(person := Absent()))
    *events, done = await collect(box, SLOW)
    assert (done.value, done.error) == ("whole", None)
    assert [type(event) for event in events] == [PermissionAsked, PermissionAnswered]
    await asyncio.wait_for(person.cancelled.wait(), 5)
    assert box.grants == set()
    assert await value(box, "1 + 1") == "2"
