"""The agent that acts by calls of tools, with a real client, real tools and scripted replies."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import asdict, dataclass

import pytest

from agent_core import CodeAgent, Policy, ToolCallingAgent, ToolError, python, tool
from agent_core.events import CodeDelta, CodeReady, RunFinished, ThoughtDelta, ToolFinished, ToolStarted
from tests.agent_core.support import calling, code, events_of, execution_of, of_kind, sent
from tests.doubles.openai_server import Reply
from tests.support import model_of


@dataclass(frozen=True)
class City:
    name: str
    people: int


@tool
def find_city(name: str) -> City:
    """Find a city."""
    if name == "Atlantis":
        raise ToolError("There is no such city.")
    return City(name, 700_000)


async def test_native_calls_are_made_and_their_results_sent_back(serve):
    calls = [("find_city", {"name": "Oslo"}), ("find_city", {"name": "Bergen"})]
    server = serve([Reply("I look.", calls=calls), "Both are large."])
    async with ToolCallingAgent(calling(server), tools=[find_city]) as agent:
        events = await events_of(agent)
    [offered] = server.requests[0].body["tools"]
    assert offered["function"]["name"] == "find_city"
    assert offered["function"]["parameters"]["required"] == ["name"]
    *_, said, first, second = sent(server)
    assert [json.loads(call["function"]["arguments"]) for call in said["tool_calls"]] == [call[1] for call in calls]
    assert [message["tool_call_id"] for message in (first, second)] == [call["id"] for call in said["tool_calls"]]
    assert json.loads(first["content"]) == {"name": "Oslo", "people": 700_000}
    assert "Bergen" in second["content"]
    assert [event.tool for event in of_kind(events, ToolStarted)] == ["find_city"] * 2
    assert of_kind(events, CodeReady) == [CodeReady("find_city(name='Oslo')\nfind_city(name='Bergen')")]
    assert "".join(event.text for event in of_kind(events, CodeDelta)) == of_kind(events, CodeReady)[0].code
    assert "".join(event.text for event in of_kind(events, ThoughtDelta)) == "I look.Both are large."
    assert events[-1].reason == "answer"
    json.dumps([asdict(event) for event in events])


async def test_calls_of_one_reply_are_made_at_the_same_time(serve):
    both = asyncio.Barrier(2)

    @tool
    async def meet(name: str) -> str:
        """Wait for the other one."""
        await both.wait()
        return name

    server = serve([Reply(calls=[("meet", {"name": "a"}), ("meet", {"name": "b"})]), "They met."])
    async with asyncio.timeout(20), ToolCallingAgent(calling(server), tools=[meet]) as agent:
        assert str((await agent.run("Go.")).answer) == "They met."


TEXT_CALLS = [
    '```json\n[{"tool": "find_city", "arguments": {"name": "Oslo"}}]\n```',
    '```json\n{"tool": "find_city", "arguments": {"name": "Oslo"}}\n```\nObservation: Oslo has 3 people.',
    '<tool_call>\n{"name": "find_city", "arguments": {"name": "Oslo"}}\n</tool_call>',
    "```python\nprint(find_city('Oslo'))\n```",
    'Action: find_city\nAction Input: {"name": "Oslo"}\n',
]


@pytest.mark.parametrize("reply", TEXT_CALLS)
async def test_a_model_without_native_calls_writes_them(serve, reply):
    server = serve([f"I look.\n{reply}", "Oslo has 700,000 people."])
    async with ToolCallingAgent(model_of(server), tools=[find_city]) as agent:
        events = await events_of(agent)
    assert "tools" not in server.requests[0].body
    assert "def find_city(name: str) -> City:" in sent(server, 0)[0]["content"]
    said, observed = sent(server)[-2:]
    assert said["content"] == 'I look.\n```json\n{"tool": "find_city", "arguments": {"name": "Oslo"}}\n```'
    assert json.loads(observed["content"]) == {"name": "Oslo", "people": 700_000}
    assert "".join(event.text for event in of_kind(events, CodeDelta)) == "find_city(name='Oslo')"
    assert len(server.requests) == 2


async def test_several_written_calls_come_back_with_their_numbers(serve):
    calls = [{"tool": "find_city", "arguments": {"name": name}} for name in ("Oslo", "Atlantis")]
    server = serve([f"```json\n{json.dumps(calls)}\n```", "Done."])
    async with ToolCallingAgent(model_of(server), tools=[find_city]) as agent:
        events = await events_of(agent)
    observed = sent(server)[-1]["content"]
    assert observed.startswith('Result 1, of find_city:\n{"name":"Oslo"')
    assert observed.endswith("Result 2, of find_city:\nError: There is no such city.")
    assert execution_of(events).error is None
    assert [event.error for event in of_kind(events, ToolFinished)].count("There is no such city.") == 1


ANSWERS = [
    'Write it so:\n```python\nprint("hello")\n```\nand run it.',
    'The data:\n```json\n[{"name": "Oslo", "people": 700000}]\n```\nThat is all.',
    "<think>find_city('Oslo') would do\n```python\nfind_city('x')\n```\n</think>It is Oslo.",
]


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("answer", ANSWERS)
async def test_an_answer_may_hold_code_and_data(serve, answer, native):
    server = serve([answer])
    async with ToolCallingAgent(calling(server) if native else model_of(server), tools=[find_city]) as agent:
        result = await agent.run("How?")
    assert str(result.answer).strip() == answer.split("</think>")[-1].strip()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (("find_town", {"name": "Oslo"}), "There is no tool 'find_town'. The tools are: find_city."),
        (("find_city", '{"name": "Os'), None),
        (("find_city", "Oslo!"), "The arguments are no JSON object: Oslo!"),
        (("find_city", {"town": "Oslo"}), "find_city(name: str) -> City was called with wrong arguments"),
        (("find_city", {"name": "Atlantis"}), "There is no such city."),
        (("python", {"code": "1"}), "There is no tool 'python'."),
    ],
)
async def test_a_call_that_cannot_be_made_is_explained(serve, call, sentence):
    server = serve([Reply(call=call), "I give up."])
    async with ToolCallingAgent(calling(server), tools=[find_city]) as agent:
        events = await events_of(agent)
    observed = sent(server)[-1]
    assert observed["role"] == "tool"
    if sentence:
        assert observed["content"].startswith("Error: ")
        assert sentence.removesuffix(" -> City was called with wrong arguments") in observed["content"]
        error = execution_of(events).error
        assert error and error.message in observed["content"]
    assert events[-1].reason == "answer"


async def test_without_python_no_sandbox_is_started(serve):
    server = serve([Reply(call=("find_city", {"name": "Oslo"})), "Yes.", "Again."])
    agent = ToolCallingAgent(calling(server), tools=[find_city])
    await agent.run("Is Oslo there?")
    await agent.rewind(0)
    await agent.run("And now?")
    assert agent.chat.sandbox is None
    assert [message["content"] for message in sent(server)[1:]] == ["And now?"]
    await agent.close()


@pytest.mark.parametrize("native", [True, False])
async def test_python_may_be_among_the_tools(serve, native):
    first, second = "city = find_city('Oslo')\nx = city.people // 7", "print(x + 1)"
    replies = (
        [Reply(calls=[("python", {"code": first}), ("python", {"code": second})])]
        if native
        else [code(first), f"```json\n{json.dumps({'tool': 'python', 'arguments': {'code': second}})}\n```"]
    )
    server = serve([*replies, "It is 100,001."])
    model = calling(server) if native else model_of(server)
    async with ToolCallingAgent(model, tools=[find_city, python]) as agent:
        events = await events_of(agent)
        assert "Output:\n100001" in sent(server)[-1]["content"]
        await agent.rewind(0)
        assert (await agent.sandbox.run("'x' in globals()")).value == "False"
    assert [event.tool for event in of_kind(events, ToolStarted)] == ["find_city"]


async def test_the_answer_may_come_from_python(serve):
    server = serve([Reply(call=("python", {"code": "final_answer(6 * 7)"}))])
    async with ToolCallingAgent(calling(server), tools=[python]) as agent:
        assert str((await agent.run("six times seven?")).answer) == "42"


async def test_the_answer_may_be_called(serve):
    server = serve([Reply(call=("final_answer", {"answer": "It is Oslo."}))])
    async with ToolCallingAgent(calling(server), tools=[find_city]) as agent:
        assert str((await agent.run("Which?")).answer) == "It is Oslo."


async def test_a_stop_cancels_the_calls_and_the_chat_goes_on(serve):
    started, cancelled = asyncio.Event(), asyncio.Event()

    @tool
    async def hang() -> str:
        """Never end."""
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()
        return ""

    server = serve([Reply(call=("hang", {})), "Never mind."])
    async with ToolCallingAgent(calling(server), tools=[hang]) as agent:
        async with aclosing(agent.stream("Go.")) as stream:
            async for event in stream:
                if isinstance(event, ToolStarted):
                    await started.wait()
                    break
        assert cancelled.is_set()
        assert str((await agent.run("And now?")).answer) == "Never mind."
    assert [message["role"] for message in sent(server)] == ["system", "user", "assistant", "tool", "user"]
    assert "This step was stopped before its end." in sent(server)[3]["content"]


async def test_an_error_that_comes_again_and_again_ends_the_run(serve):
    server = serve(lambda body: Reply(call=("find_city", {"name": "Atlantis"})) if body.get("tools") else "None.")
    async with ToolCallingAgent(calling(server), tools=[find_city]) as agent:
        events = await events_of(agent)
    [finished] = of_kind(events, RunFinished)
    assert (finished.reason, finished.steps) == ("repeated", 3)


async def test_a_long_result_is_cut_for_the_model(serve):
    @tool
    def read() -> str:
        """Read it."""
        return "word " * 40_000

    server = serve([Reply(calls=[("read", {})] * 4), "Long."])
    async with ToolCallingAgent(calling(server), tools=[read]) as agent:
        await agent.run("Read it.")
    results = [message["content"] for message in sent(server) if message["role"] == "tool"]
    assert all(len(result) < 4_200 and "characters left out" in result for result in results)


async def test_more_calls_than_fit_into_a_step_are_refused(serve):
    server = serve([Reply(calls=[("find_city", {"name": "Oslo"})] * 20), "Enough."])
    async with ToolCallingAgent(calling(server), tools=[find_city]) as agent:
        await agent.run("All of them.")
    results = [message["content"] for message in sent(server) if message["role"] == "tool"]
    assert [result.startswith("Error: At most 16 calls") for result in results] == [False] * 16 + [True] * 4


async def test_a_chat_goes_over_to_the_other_kind_and_back(serve):
    server = serve([code("x = 41"), "Kept.", Reply(call=("python", {"code": "x + 1"})), "It is 42.", "Still 42."])
    first = CodeAgent(model_of(server), tools=[find_city])
    await first.run("Keep 41.")
    second = ToolCallingAgent(calling(server), tools=[find_city, python], policy=Policy())
    second.take_over(first)
    assert str((await second.run("One more?")).answer) == "It is 42."
    assert "Value: 42" in sent(server)[-1]["content"]
    assert sent(server)[2]["content"] == "Next.\n```python\nx = 41\n```"
    third = CodeAgent(model_of(server))
    third.take_over(second)
    await third.run("And now?")
    told = sent(server)
    assert all("tool_calls" not in message for message in told)
    assert "```python\nx + 1\n```" in told[-4]["content"]
    await third.rewind(2)
    assert (await third.sandbox.run("x")).value == "41"
    await third.close()


@pytest.mark.parametrize("arguments", [{"answer": "Oslo."}, {"value": "Oslo."}])
async def test_an_answer_may_come_as_a_call(serve, arguments):
    server = serve([Reply(call=("final_answer", arguments))])
    async with ToolCallingAgent(calling(server), tools=[find_city]) as agent:
        assert str((await agent.run("Where?")).answer) == "Oslo."


@pytest.mark.parametrize("arguments", [{}, {"answer": "Oslo.", "sure": True}])
async def test_a_call_of_final_answer_without_one_answer_is_told_so(serve, arguments):
    server = serve([Reply("I know it.", call=("final_answer", arguments)), "Oslo."])
    async with ToolCallingAgent(calling(server), tools=[find_city]) as agent:
        assert str((await agent.run("Where?")).answer) == "Oslo."
    assert sent(server)[-1]["content"].startswith("Error: final_answer takes one value, the answer")


@pytest.mark.parametrize("text", ["final_answer()", "final_answer('Oslo', 'Norway')", 'final_answer(answer="a", b=1)'])
async def test_such_a_call_in_the_text_is_told_so_too(serve, text):
    server = serve([f"```python\n{text}\n```", "Oslo."])
    async with ToolCallingAgent(model_of(server), tools=[find_city]) as agent:
        assert str((await agent.run("Where?")).answer) == "Oslo."
    assert "final_answer takes one value" in sent(server)[-1]["content"]


@pytest.mark.parametrize("first", [True, False])
async def test_other_calls_are_made_before_an_answer_beside_them_counts(serve, first):
    both = [("final_answer", {"answer": "It is small."}), ("find_city", {"name": "Oslo"})]
    server = serve([Reply(calls=both if first else both[::-1]), "It is large."])
    async with ToolCallingAgent(calling(server), tools=[find_city]) as agent:
        events = await events_of(agent)
    assert [event.tool for event in of_kind(events, ToolFinished) if not event.error] == ["find_city"]
    told = [message["content"] for message in sent(server)[-2:]]
    assert "700000" in told[first] and "was not given" in told[not first]
    assert "There is no tool" not in str(told)
