"""A chat's run goes on by itself; viewers come and go."""

import asyncio
import time
from contextlib import aclosing

import pytest

from agent_core import Busy, CodeAgent, GlassboxError, Session
from agent_core.events import FinalAnswer, OutputDelta, RunFinished, RunResumed, RunStarted, ThoughtDelta
from agent_core.permissions import PermissionRequest
from agent_core.questions import Question
from demo import demo_model
from tests.agent_core.support import code
from tests.doubles.openai_server import Reply
from tests.support import model_of

STUBBORN = (
    "import time\nprint('on')\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass"
)


async def watch(session: Session, start: int = 0) -> list:
    return [event async for events in session.follow(start) for event in events]


def reason(session: Session) -> str:
    end = session.log[-1]
    assert isinstance(end, RunFinished)
    return end.reason


async def test_a_stopped_run_tells_all_that_it_used_also_in_the_step_that_was_cut(serve):
    server = serve([code("x = 1"), Reply("A long answer. " * 9, fault="hang_midway")])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent)
        session.start("go")
        async with aclosing(session.follow()) as viewer:
            async for events in viewer:
                if any(isinstance(event, ThoughtDelta) and "long" in event.text for event in events):
                    break
        await session.stop()
    end = session.log[-1]
    assert isinstance(end, RunFinished) and end.reason == "stopped"
    assert end.usage.requests == 2 and end.usage == agent.usage


async def test_two_viewers_see_the_same_and_a_late_one_sees_all(serve):
    server = serve([Reply("Hello there, how are you?", delay=0.02)])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent)
        session.start("hello")
        first, second = await asyncio.gather(watch(session), watch(session))
        late = await watch(session)
    assert first == second == late == session.log
    assert isinstance(first[0], RunStarted) and isinstance(first[-1], RunFinished)


async def test_what_is_asked_while_a_shown_end_is_written_waits_for_it(serve, monkeypatch):
    server = serve(["One.", "Two."])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent)
        written, save = asyncio.Event(), session._save

        async def slow_save() -> None:
            await written.wait()
            await save()

        monkeypatch.setattr(session, "_save", slow_save)
        session.start("one")
        while not (session.log and isinstance(session.log[-1], RunFinished)):
            await asyncio.sleep(0.01)
        with pytest.raises(Busy):
            session.start("two")
        asyncio.get_running_loop().call_later(0.1, written.set)
        await session.settle()
        session.start("two")
        assert isinstance((await watch(session))[-1], RunFinished)
    assert [event.answer.data["text/plain"] for event in session.log if isinstance(event, FinalAnswer)] == [
        "One.",
        "Two.",
    ]


async def test_a_viewer_that_leaves_does_not_end_the_run(serve):
    server = serve([Reply("Hello there, how are you?", delay=0.02)])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent)
        session.start("hello")
        async with aclosing(session.follow()) as lists:
            seen = len(await anext(lists))
        rest = await watch(session, seen)
    assert any(isinstance(event, FinalAnswer) for event in rest)


async def test_stop_ends_the_run_and_says_so(serve):
    server = serve([Reply("Hello", fault="hang"), "Here again."])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent)
        session.start("hello")
        assert await asyncio.to_thread(server.wait_for_requests)
        with pytest.raises(Busy):
            session.start("another")
        await session.stop()
        assert not session.running and reason(session) == "stopped"
        session.start("once more")
        await watch(session)
    assert reason(session) == "answer"


async def test_stop_pressed_again_and_again_leaves_a_usable_chat(serve):
    server = serve([f"Next.\n```python\n{STUBBORN}\n```", "Here again."])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent)
        session.start("loop")
        async with aclosing(session.follow()) as lists:
            async for events in lists:
                if any(isinstance(event, OutputDelta) for event in events):
                    break
        stops = [asyncio.create_task(session.stop()) for _ in range(2)]
        await asyncio.sleep(0.05)
        await asyncio.gather(session.stop(), *stops)
        assert sum(isinstance(event, RunFinished) for event in session.log) == 1
        session.start("once more")
        await watch(session)
    assert reason(session) == "answer"


async def test_a_run_that_nobody_views_is_interrupted_and_can_go_on(serve):
    server = serve([Reply("Hello", fault="hang"), "Hello again."])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent, unviewed_seconds=0.2)
        session.start("hello")
        async with asyncio.timeout(10):
            while session.running:
                await asyncio.sleep(0.05)
        ended = session.log[-1]
        assert isinstance(ended, RunFinished) and ended.reason == "interrupted" and ended.can_resume
        assert ended.message == "No page showed this chat any more, so it was interrupted."
        session.resume(3)
        await watch(session)
    assert reason(session) == "answer"


async def test_a_program_that_is_too_busy_to_look_takes_nobody_for_gone(serve):
    server = serve([Reply("Hello. " * 20, delay=0.05)])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent, unviewed_seconds=0.6)
        session.start("hello")
        asyncio.get_running_loop().call_later(0.1, time.sleep, 1.5)  # nothing else gets its turn
        await asyncio.sleep(0.3)
        await watch(session)
    assert reason(session) == "answer"


@pytest.fixture
async def asking():
    """A session and two requests that wait for a decision, as tasks by their ids."""
    async with CodeAgent(demo_model()) as agent:
        session = Session(agent)
        requests = [PermissionRequest(name, "import", "socket", "It opens connections.") for name in ("a", "b")]
        tasks = {request.id: asyncio.create_task(session.ask(request)) for request in requests}
        await asyncio.sleep(0)
        yield session, tasks
        for task in tasks.values():
            task.cancel()


async def test_a_request_waits_for_its_own_decision(asking):
    session, tasks = asking
    assert not session.decide("elsewhere", "always")
    assert session.decide("b", "always")
    assert await tasks["b"] == "always" and not tasks["a"].done()
    assert session.decide("a", "deny")
    assert await tasks["a"] == "deny"


async def test_only_the_first_decision_counts(asking):
    session, tasks = asking
    assert session.decide("a", "once")
    assert not session.decide("a", "deny"), "it is decided, though the code has not gone on yet"
    assert await tasks["a"] == "once"
    assert not session.decide("a", "deny")


async def test_nobody_decides_about_a_request_that_was_given_up(asking):
    session, tasks = asking
    tasks["a"].cancel()
    await asyncio.wait([tasks["a"]])
    assert not session.decide("a", "always")


async def test_a_run_that_ended_at_a_limit_goes_on_in_the_same_log(serve):
    server = serve([code("x = 1"), "About 1.", code("final_answer(x + 1)")])
    async with CodeAgent(model_of(server), max_steps=1) as agent:
        session = Session(agent)
        session.start("count")
        await watch(session, len(session.log))
        session.resume(2)
        await watch(session, len(session.log))
    kinds = [type(event) for event in session.log]
    assert kinds.count(RunFinished) == 2 and kinds.count(RunResumed) == 1
    assert [str(event.answer) for event in session.log if isinstance(event, FinalAnswer)] == ["About 1.", "2"]


async def test_what_cannot_go_on_is_refused(serve):
    async with CodeAgent(model_of(serve(["Hello."]))) as agent:
        session = Session(agent)
        with pytest.raises(GlassboxError, match="nothing to continue"):
            session.resume(2)
        session.start("hello")
        with pytest.raises(Busy):
            session.resume(2)
        await watch(session, len(session.log))


async def test_what_a_person_is_asked_waits_in_order_and_each_takes_only_its_own_kind_of_reply():
    session = Session(CodeAgent(demo_model()))
    permission, city = PermissionRequest("p", "import", "socket", "It opens connections."), Question("c", "Which city?")
    asking, answering = asyncio.create_task(session.ask(permission)), asyncio.create_task(session.ask_user(city))
    await asyncio.sleep(0)
    assert session.open_question is None, "the permission was asked for before"
    assert not session.answer("p", "Bern") and not session.decide("c", "deny") and not session.answer("x", "Bern")
    assert session.decide("p", "once") and await asking == "once"
    assert session.open_question == city
    assert session.answer("c", "Bern") and not session.answer("c", "Bonn")
    assert session.open_question is None and await answering == "Bern"
    assert not session.answer("c", "Bonn")
    await session.close()


async def test_a_question_that_is_given_up_is_not_open_any_more():
    session = Session(CodeAgent(demo_model()))
    answering = asyncio.create_task(session.ask_user(Question("c", "Which city?")))
    await asyncio.sleep(0)
    answering.cancel()
    await asyncio.wait([answering])
    assert session.open_question is None and not session.answer("c", "Bern")
    await session.close()


async def test_a_file_that_cannot_be_read_ends_the_run_with_a_sentence_and_the_next_question_is_answered(
    tmp_path, serve
):
    async with CodeAgent(model_of(serve(["Hello."]))) as agent:
        session = Session(agent)
        session.start("What is in it?", [tmp_path / "gone.csv"])
        started, finished = await watch(session)
        assert started == RunStarted("What is in it?")
        assert finished.reason == "error" and "gone.csv cannot be read" in finished.message
        (tmp_path / "here.csv").write_text("1\n")
        session.start("And in this?", [tmp_path / "here.csv"])
        second, *_, last = await watch(session, 2)
        assert [note.name for note in second.files] == ["here.csv"] and last.reason == "answer"


async def test_an_observer_takes_each_event_of_runs_once_and_ends_none_by_failing(serve, caplog):
    server = serve([code("x = 1"), "One.", "Two."])
    observed: list = []
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent)
        session.observe = observed.append
        session.start("go")
        assert await watch(session) == observed
        before = len(observed)
        await session.go_on_from(1)  # which shows the question and the step again
        await watch(session)
        assert not any(isinstance(event, RunStarted) for event in observed[before:])

        def fail(_: object) -> None:
            raise ValueError

        session.observe = fail
        session.start("once more")
        await watch(session)
    assert reason(session) in ("answer", "error") and "could not be observed" in caplog.text


async def test_a_chat_that_cannot_sleep_is_closed_all_the_same(serve, monkeypatch: pytest.MonkeyPatch):
    async def fail(**_: object) -> None:
        raise RuntimeError

    session = Session(CodeAgent(model_of(serve([code("x = 1"), "One."]))))
    session.start("go")
    await watch(session)
    monkeypatch.setattr(session.agent, "suspend", fail)
    with pytest.raises(RuntimeError):
        await session.close(suspend_seconds=1.0)
    box = session.agent.chat.sandbox
    assert box
    with pytest.raises(GlassboxError, match="closed"):
        await box.start()
