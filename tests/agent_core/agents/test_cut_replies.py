"""Replies that are not whole: nothing of them is run, and the person and the model are told."""

import json

import pytest

from agent_core import CodeAgent, RetryPolicy, ToolCallingAgent, tool
from agent_core.agents.cut_replies import go_on_with
from agent_core.events import CodeReady, FinalAnswer, ReplyCut, RunFinished, StepFinished, ToolStarted
from tests.agent_core.models.support import make
from tests.agent_core.support import calling, code, events_of, of_kind, sent
from tests.doubles.openai_server import Reply
from tests.support import model_of

NOTES: list[str] = []


@tool
def note(text: str) -> str:
    """Note something."""
    NOTES.append(text)
    return "noted"


@pytest.fixture(autouse=True)
def no_notes():
    NOTES.clear()


STORY = "The story begins in a small town."
HALF = "Next.\n```python\nfor name in ['a.txt', 'b.txt']:\n    print('deleted', name)\n"


@pytest.mark.parametrize("client", ["hub", "litellm"])
@pytest.mark.parametrize(("reason", "why"), [("length", "after 4,096 tokens"), ("content_filter", "rules on content")])
async def test_code_that_was_cut_off_is_not_run(serve, client: str, reason: str, why: str):
    server = serve([Reply(HALF, finish=reason, usage=None), code("final_answer(3)")])
    async with CodeAgent(make(client, server.url)) as agent:
        events = await events_of(agent)
    [cut] = of_kind(events, ReplyCut)
    assert why in cut.message
    assert "Its code was not run." in cut.message
    assert "deleted" in cut.code
    assert [event.code for event in of_kind(events, CodeReady)] == ["final_answer(3)"]
    assert of_kind(events, StepFinished)[0].execution is None
    assert why in sent(server)[-1]["content"]
    assert "Nothing of it was run." in sent(server)[-1]["content"]
    assert of_kind(events, RunFinished)[0].reason == "answer"


async def test_the_model_is_told_how_much_room_a_service_of_less_gave(serve):
    server = serve([Reply(HALF, finish="length", usage=(900, 512)), "It is 3."])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("How many?")
    assert "after 512 tokens" in sent(server)[-1]["content"]


async def test_code_that_was_complete_before_the_cut_is_run(serve):
    server = serve([Reply(code("final_answer(3)") + "\nObservation: and so", finish="length")])
    async with CodeAgent(model_of(server)) as agent:
        assert str((await agent.run("How many?")).answer) == "3"


@pytest.mark.parametrize("client", ["hub", "litellm"])
async def test_a_call_that_was_cut_off_is_not_made(serve, client: str):
    calls = [("note", {"text": "whole"}), ("note", '{"text": "half of th')]
    server = serve([Reply(calls=calls, finish="length"), Reply(call=("note", {"text": "whole"})), "Done."])
    model = make(client, server.url)
    model.capabilities = calling(server).capabilities
    async with ToolCallingAgent(model, tools=[note]) as agent:
        events = await events_of(agent)
    assert NOTES == ["whole"]
    assert len(of_kind(events, ToolStarted)) == 1
    assert "Nothing of it was run." in server.requests[1].body["messages"][-1]["content"]


async def test_calls_that_were_closed_before_the_cut_are_made(serve):
    server = serve([Reply(call=("note", {"text": "whole"}), finish="length"), "Done."])
    async with ToolCallingAgent(calling(server), tools=[note]) as agent:
        await agent.run("Note it.")
    assert NOTES == ["whole"]


async def test_a_call_in_the_text_that_was_cut_off_is_not_made(serve):
    half = 'I note it.\n```json\n[{"tool": "note", "arguments": {"text": "half of th'
    server = serve([Reply(half, finish="length"), "Done."])
    async with ToolCallingAgent(model_of(server), tools=[note], native_calls=False) as agent:
        result = await agent.run("Note it.")
    assert (NOTES, str(result.answer)) == ([], "Done.")


async def test_native_code_that_was_cut_off_is_not_run(serve):
    server = serve([Reply(call=("python", '{"code": "print(1)\\nprint('), finish="length"), "It is 3."])
    async with CodeAgent(calling(server), native_calls=True) as agent:
        events = await events_of(agent)
    assert of_kind(events, CodeReady) == []
    assert of_kind(events, ReplyCut)[0].code == "print(1)\nprint("
    json.dumps(sent(server))


async def test_an_answer_that_was_cut_off_is_shown_as_such_and_can_go_on(serve):
    server = serve([Reply("The story begins in a", finish="length", usage=None), "in a small town.", "Fine."])
    async with CodeAgent(model_of(server)) as agent:
        first = await agent.run("Tell a story.")
        assert (str(first.answer), first.reason, agent.can_resume) == ("The story begins in a", "cut_off", True)
        assert first.message == "The answer was cut off after 4,096 tokens, the most that one reply may have."
        second = await agent.resume()
        assert (str(second.answer), second.reason, agent.can_resume) == (STORY, "answer", False)
        *_, said, told = sent(server)
        assert said["content"] == "The story begins in a"
        assert "Begin with the sentence or the line that was cut off" in told["content"]
        await agent.run("Go on.")
    assert [message["content"] for message in sent(server)[1:]] == ["Tell a story.", STORY, "Go on."]


async def test_an_answer_can_be_cut_off_again_and_again(serve):
    parts = ["The story begins", "The story begins in a", "in a small"]
    server = serve([*(Reply(part, finish="length") for part in parts), "a small town.", "Fine."])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("Tell a story.")
        results = [await agent.resume() for _ in range(3)]
        assert [str(result.answer) for result in results] == [
            "The story begins in a",
            "The story begins in a small",
            STORY,
        ]
        await agent.run("Go on.")
    assert [message["content"] for message in sent(server)[1:]] == ["Tell a story.", STORY, "Go on."]


async def test_an_answer_after_a_step_is_one_of_its_own(serve):
    server = serve([Reply("The sum is", finish="length"), code("print(3 + 4)"), "It is 7."])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("3 + 4?")
        assert str((await agent.resume()).answer) == "It is 7."


LONG = "Amber is the hardened resin of old trees. It is light and warm to the touch."


@pytest.mark.parametrize(
    ("begun", "more", "whole"),
    [
        ("It begins in a", "small town.", "It begins in a small town."),
        ("It begins in a sm", "It begins in a small town.", "It begins in a small town."),
        ("Once. It begins in a sm", "It begins in a small town.", "Once. It begins in a small town."),
        ("I saw the", "the sea.", "I saw the sea."),
        ("I saw the", "there", "I saw the there"),
        ("The sea", ", they say.", "The sea, they say."),
        ("海は", "青い。", "海は青い。"),
        ("- one\n- two", "- three", "- one\n- two\n- three"),
        ("- one\n- tw", "- two\n- three", "- one\n- two\n- three"),
        ("Like so:\n```python\nx = 1\ny =", "```python\ny = 2\n```", "Like so:\n```python\nx = 1\ny = 2\n```"),
        ("```python\nx = 1", "y = 2\n```", "```python\nx = 1\ny = 2\n```"),
        (LONG + " It fl", LONG + " It floats.", LONG + " It floats."),
        (LONG + " It burns well, an", LONG + " It floats.", LONG + " It floats."),
        (LONG + " It is old, an", "It is light and warm to the touch. And old.", LONG + " And old."),
    ],
)
def test_what_follows_a_cut_answer_is_joined_to_it(begun: str, more: str, whole: str):
    assert go_on_with(begun, more) == whole


@pytest.mark.parametrize(
    "reply",
    [Reply(reasoning="Hm. " * 9, finish="length"), Reply("<think>Hm, so", finish="length"), Reply(finish="length")],
)
async def test_thoughts_that_used_up_the_room_are_no_answer(serve, reply: Reply):
    server = serve([reply, "It is 3."])
    async with CodeAgent(model_of(server)) as agent:
        events = await events_of(agent)
    assert str(of_kind(events, FinalAnswer)[0].answer) == "It is 3."
    assert "Think less" in sent(server)[-1]["content"]
    assert "Hm" not in json.dumps(sent(server)[1:])


async def test_a_run_ends_after_three_cut_replies_in_a_row(serve):
    server = serve([Reply(HALF, finish="length")] * 3 + ["I could not do it."])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("How many?")
    assert (str(result.answer), result.reason) == ("I could not do it.", "repeated")


async def test_a_stream_that_just_ends_is_asked_again_through_litellm_too(serve):
    server = serve([Reply(code("final_answer('half')"), fault="cut_short"), code("final_answer('whole')")])
    async with CodeAgent(make("litellm", server.url), retry=RetryPolicy(first_wait=0.01)) as agent:
        assert str((await agent.run("How many?")).answer) == "whole"


async def test_an_answer_that_circles_is_cut_and_one_period_is_kept(serve):
    server = serve([Reply("Hello. " + "I'm a friendly AI. " * 900, delay=0.001), "Fine."])
    async with CodeAgent(model_of(server)) as agent:
        first = await agent.run("Hello!")
        assert (str(first.answer), first.reason) == ("Hello. I'm a friendly AI.", "cut_off")
        assert first.usage.output_tokens < 500
        assert "the same again and again" in first.message
        await agent.run("How are you?")
    assert json.dumps(sent(server)).count("friendly") == 1


async def test_repetition_that_the_question_asks_for_is_whole(serve):
    line = "I will not talk in class again.\n"
    server = serve([Reply(line * 100), Reply("Here:\n" + line * 100)])
    question = "write 'I will not talk in class again.' 100 times"
    for agent in (CodeAgent(model_of(server)), ToolCallingAgent(model_of(server))):
        async with agent:
            result = await agent.run(question)
        assert (str(result.answer).count("class"), result.reason) == (100, "answer")


@pytest.mark.parametrize(
    "circling",
    [
        Reply(reasoning="Let me check that again, from the beginning. " * 400),
        Reply("```python\n" + "result = compute(values)\n" * 400),
        Reply(call=("python", json.dumps({"code": "result = compute(values)\n" * 400}))),
    ],
)
async def test_thoughts_and_code_that_circle_are_cut_and_not_run(serve, circling: Reply):
    server = serve([circling, "It is 3."])
    async with CodeAgent(model_of(server)) as agent:
        events = await events_of(agent)
    assert of_kind(events, CodeReady) == []
    assert "the same again and again" in of_kind(events, ReplyCut)[0].message
    assert json.dumps(sent(server)[1:]).count("compute") <= 1
    assert of_kind(events, RunFinished)[0].reason == "answer"
