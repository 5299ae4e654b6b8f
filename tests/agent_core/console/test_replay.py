import pytest

from agent_core import CodeAgent, RetryPolicy, RunResult, Session, Store, replay, show
from agent_core.record import event_from_json, event_to_json
from demo import demo_model
from tests.agent_core.support import code, events_of
from tests.doubles.openai_server import Reply
from tests.support import model_of

QUESTION = "What is the cube root of 27?"


@pytest.fixture(autouse=True)
def no_real_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")


async def test_a_run_is_shown_while_it_happens_and_its_result_is_returned(capsys):
    async with CodeAgent(demo_model(delay=0)) as agent:
        result = await show(agent.stream(QUESTION))
    assert isinstance(result, RunResult) and result.reason == "answer" and "**3**" in str(result.answer)
    [step] = result.steps
    made = (await _result_of_run()).steps[0]
    for name in ("number", "said", "code", "observation", "variables", "error"):
        assert getattr(step, name) == getattr(made, name), name
    shown = capsys.readouterr().out
    assert f"❯ {QUESTION}" in shown and "root = math.cbrt(27)" in shown and "│ 3 × 3 × 3 = 27" in shown


async def test_events_that_are_there_are_shown_at_once_and_replayed_the_same(capsys):
    async with CodeAgent(demo_model(delay=0)) as agent:
        events = await events_of(agent, QUESTION)
    result = show(events)
    assert result.reason == "answer" and "**3**" in str(result.answer)
    first = capsys.readouterr().out
    replay([event_from_json(event_to_json(event)) for event in events])
    assert capsys.readouterr().out == first
    replay(events, detail="quiet")
    assert capsys.readouterr().out == f"{result.answer}\n"


async def test_a_stored_chat_is_replayed(capsys, tmp_path):
    store = await Store.open(tmp_path / "chats")
    session = await Session.create(store, CodeAgent(demo_model(delay=0)))
    session.start(QUESTION)
    async for _ in session.follow():
        pass
    await session.close()
    again = await Session.load(store, session.chat_id, CodeAgent(demo_model(delay=0)))
    replay(again.log)
    await again.close()
    await store.close()
    assert "│ 3 × 3 × 3 = 27" in capsys.readouterr().out


async def test_an_agent_replays_what_is_in_its_memory(capsys):
    async with CodeAgent(demo_model(delay=0)) as agent:
        await agent.run(QUESTION)
        agent.replay()
    shown = capsys.readouterr().out
    assert f"❯ {QUESTION}" in shown and "root = math.cbrt(27)" in shown and "3 × 3 × 3 = 27" in shown


async def test_what_was_said_stays_when_the_plan_after_it_is_asked_for_again(serve):
    busy = Reply(status=503)
    server = serve(["A plan.", code("print(1)", "First."), busy, "Another plan.", "Done."])
    retry = RetryPolicy(first_wait=0.01)
    async with CodeAgent(model_of(server), plan_every=1, retry=retry) as agent:
        result = await show(agent.stream(QUESTION))
    assert [(step.plan, step.said) for step in result.steps] == [("A plan.", "First."), ("Another plan.", "Done.")]


async def test_a_run_that_is_left_ends():
    async with CodeAgent(demo_model(delay=0)) as agent:
        stream = agent.stream(QUESTION)
        await anext(stream)
        with pytest.raises(RuntimeError):
            await show(_failing(stream))
        assert (await agent.run(QUESTION)).reason == "answer", "nothing of the first run is left"


async def _result_of_run() -> RunResult:
    async with CodeAgent(demo_model(delay=0)) as agent:
        return await agent.run(QUESTION)


async def _failing(stream):
    try:
        async for event in stream:
            yield event
            raise RuntimeError
    finally:
        await stream.aclose()
