"""The step loop of a code agent, with a real client, a real sandbox and scripted replies."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import asdict
from random import Random

import pytest

from agent_core import Busy, CodeAgent, GlassboxError, Limits, Policy, tool
from agent_core.events import (
    CodeDelta,
    CodeReady,
    FinalAnswer,
    OutputDelta,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    ThoughtDelta,
    ToolStarted,
)
from agent_core.models.retry import RetryPolicy
from tests.agent_core.support import code
from tests.doubles.openai_server import Reply
from tests.support import model_of


async def test_hello_costs_one_request(serve):
    server = serve(["Hello! How can I help?"])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("hello")
    assert (str(result.answer), result.reason, len(result.steps)) == ("Hello! How can I help?", "answer", 1)
    assert len(server.requests) == 1
    assert (result.usage.input_tokens, result.usage.output_tokens, result.usage.requests) == (7, 5, 1)


async def test_a_step_runs_and_its_outcome_is_what_the_model_reads_next(serve):
    server = serve([code("x = 6 * 7\nprint('x is', x)\nx + 1"), "It is 42."])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("six times seven?")
    assert str(result.answer) == "It is 42."
    told = server.requests[1].body["messages"]
    assert [message["role"] for message in told] == ["system", "user", "assistant", "user"]
    assert told[-1]["content"] == "Output:\nx is 42\nValue: 43\nVariables: x = 42"


async def test_the_events_of_a_run_in_order(serve):
    server = serve([code("print('hi')\nfinal_answer(27 ** (1 / 3))", thought="I compute it.")])
    async with CodeAgent(model_of(server)) as agent, aclosing(agent.stream("cube root of 27?")) as stream:
        events = [event async for event in stream]
    kinds = list(dict.fromkeys(type(event) for event in events))
    assert kinds == [
        *(RunStarted, StepStarted, ThoughtDelta, CodeDelta, CodeReady, OutputDelta),
        *(StepFinished, FinalAnswer, RunFinished),
    ]
    assert "".join(e.text for e in events if isinstance(e, ThoughtDelta)).strip() == "I compute it."
    assert str(next(e for e in events if isinstance(e, FinalAnswer)).answer) == "3.0"
    json.dumps([asdict(event) for event in events])


async def test_what_is_imagined_after_the_action_is_dropped(serve):
    imagined = code("1 + 1") + "\nObservation: 3\nSo the answer is 3." + "!" * 500
    server = serve([Reply(imagined, delay=0.01), "It is 2."])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("1 + 1?")
    assert str(result.answer) == "It is 2."
    assert "Observation" not in server.requests[1].body["messages"][2]["content"]
    assert result.usage.estimated, "the stream was cut before it could tell its usage"
    assert server.wait_for_disconnects()


async def test_variables_and_memory_last_through_the_chat(serve):
    server = serve([code("x = 5\nfinal_answer(x)"), code("final_answer(x * 2)")])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("remember five")
        result = await agent.run("double it")
    assert str(result.answer) == "10"
    told = server.requests[1].body["messages"]
    assert "remember five" in told[1]["content"] and told[-1]["content"].endswith("double it")


def test_run_sync_keeps_them_too(serve):
    server = serve([code("x = 5\nfinal_answer(x)"), code("final_answer(x * 2)")])
    agent = CodeAgent(model_of(server))
    try:
        agent.run_sync("remember five")
        assert str(agent.run_sync("double it").answer) == "10"
    finally:
        asyncio.run(agent.close())


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("x = (", "SyntaxError"),
        ("import subprocess", "subprocess"),
        ("import numpy_of_mars", "numpy_of_mars"),
    ],
)
async def test_an_error_is_told_to_the_model_and_the_run_goes_on(serve, text, hint):
    server = serve([code(text), "I see."])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("try")
    observation = server.requests[1].body["messages"][-1]["content"]
    assert "Error in line 1: " in observation and hint in observation
    assert "agent_core" not in observation and len(observation) < 2_000
    assert str(result.answer) == "I see."


async def test_an_endless_loop_ends_and_the_model_is_told(serve):
    server = serve([code("kept = 1"), code("while True: pass"), code("final_answer(kept)")])
    async with CodeAgent(model_of(server), limits=Limits(step_seconds=0.5)) as agent:
        result = await agent.run("loop")
    assert "0.5 seconds" in server.requests[2].body["messages"][-1]["content"]
    assert str(result.answer) == "1"


async def test_the_limits_of_the_agent_are_those_of_its_sandbox(serve):
    server = serve([code("open('large', 'wb').truncate(9 * 2**20)"), "Too large."])
    async with CodeAgent(model_of(server), limits=Limits(disk_mb=7)) as agent:
        await agent.run("write")
    assert "File too large" in server.requests[1].body["messages"][-1]["content"]


async def test_tools_are_called_from_code_and_shown_as_events(serve):
    @tool
    def add(a: int, b: int = 1) -> int:
        """Add two numbers."""
        return a + b

    server = serve([code("final_answer(add(40, b=2))")])
    async with CodeAgent(model_of(server), tools=[add]) as agent, aclosing(agent.stream("add")) as stream:
        events = [event async for event in stream]
    started = next(event for event in events if isinstance(event, ToolStarted))
    assert (started.tool, started.arguments) == ("add", {"a": "40", "b": "2"})
    assert str(next(event for event in events if isinstance(event, FinalAnswer)).answer) == "42"
    assert "def add(a: int, b: int = 1) -> int:" in server.requests[0].body["messages"][0]["content"]


async def test_at_the_step_limit_the_best_answer_is_asked_for(serve):
    server = serve([code("x = 1"), code("x = 2"), "About 2."])
    async with CodeAgent(model_of(server), max_steps=2) as agent:
        result = await agent.run("count")
    assert (str(result.answer), result.reason) == ("About 2.", "max_steps")
    assert "limit of 2 steps" in server.requests[2].body["messages"][-1]["content"]
    assert "limit of 2 steps" in result.message


async def test_a_stop_at_the_step_limit_leaves_nothing_of_the_last_request(serve):
    server = serve([code("x = 1"), Reply("About 1.", fault="hang"), "Yes."])
    async with CodeAgent(model_of(server), max_steps=1) as agent:
        async with aclosing(agent.stream("count")) as stream:
            async for event in stream:
                if isinstance(event, StepStarted) and event.step == 2:
                    break
            assert await asyncio.to_thread(server.wait_for_requests, 2)
        await agent.run("Still there?")
    assert server.requests[2].body["messages"][-1]["content"].endswith("The user's next message:\nStill there?")


async def test_the_token_budget_ends_a_run(serve):
    server = serve([Reply(code("x = 1"), usage=(900, 200)), "About 1."])
    async with CodeAgent(model_of(server), token_budget=1_000) as agent:
        result = await agent.run("count")
    assert (str(result.answer), result.reason) == ("About 1.", "budget")


async def test_whatever_the_limits_a_question_gets_one_reply(serve):
    server = serve(["Hello.", "Hello again."])
    async with CodeAgent(model_of(server), max_steps=0, token_budget=0) as agent:
        assert [str((await agent.run("hello")).answer) for _ in range(2)] == ["Hello.", "Hello again."]


async def test_half_a_surrogate_pair_does_not_spoil_the_chat(serve):
    server = serve(["Smile \ud83d!", "Fine."])
    async with CodeAgent(model_of(server)) as agent:
        first = await agent.run("a question \ude00")
        second = await agent.run("and now?")
    assert (str(first.answer), str(second.answer)) == ("Smile �!", "Fine.")
    assert server.requests[1].body["messages"][1]["content"] == "a question �"


async def test_code_and_answers_nested_too_deeply_to_be_read(serve):
    deep = "".join(Random(1).choices("-~", k=20_000)) + "1"
    server = serve([code(deep), f"It is:\n```\n{deep}\n```"])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("how deep?")
    assert result.reason == "answer" and deep in str(result.answer)
    assert "MemoryError" in server.requests[1].body["messages"][-1]["content"]


async def test_a_failing_model_ends_the_run_with_a_sentence_and_the_chat_goes_on(serve):
    server = serve([code("x = 5"), *[Reply(status=500, error="boom")] * 4, code("final_answer(x)")])
    async with CodeAgent(model_of(server), retry=RetryPolicy(first_wait=0.01)) as agent:
        failed = await agent.run("first")
        result = await agent.run("second")
    assert failed.reason == "error" and failed.answer is None and "Try again" in failed.message
    assert str(result.answer) == "5"


async def test_instructions_and_an_own_system_prompt(serve):
    server = serve(["a", "b"])
    async with CodeAgent(model_of(server), instructions="Answer in French.", policy=Policy(imports=["math"])) as agent:
        await agent.run("hello")
        agent.system_prompt = "You may use {{imports}}. {{unknown}} {x}"
        await agent.run("hello")
    first, second = (request.body["messages"][0]["content"] for request in server.requests)
    assert first.endswith("Answer in French.") and "{{" not in first
    assert second == "You may use math. {{unknown}} {x}"


async def test_a_second_run_at_the_same_time_is_refused(serve):
    server = serve([Reply("Hello.", fault="hang")])
    async with CodeAgent(model_of(server)) as agent, aclosing(agent.stream("first")) as stream:
        await anext(stream)
        with pytest.raises(Busy):
            await agent.run("second")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(fault="hang"),
        Reply(code("x = 1"), fault="hang_midway"),
        code("while True: pass"),
        code("slow()"),
    ],
    ids=["a model that hangs", "a model that streams", "a loop", "a slow tool"],
)
async def test_closing_the_stream_stops_at_once_and_the_chat_goes_on(serve, reply):
    @tool
    async def slow() -> None:
        """Take a minute."""
        await asyncio.sleep(60)

    server = serve([code("kept = 7"), reply, code("final_answer(kept)")])
    async with CodeAgent(model_of(server), tools=[slow]) as agent:
        async with aclosing(agent.stream("go")) as stream:
            async for event in stream:
                if isinstance(event, StepStarted) and event.step == 2:
                    break
            await asyncio.sleep(0.3)
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 1
        assert str((await agent.run("go on")).answer) == "7"


async def test_after_a_stop_the_model_is_told_that_variables_are_as_before(serve):
    stubborn = "x = 2\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass"
    server = serve([code("x = 1"), code(stubborn), code("final_answer(x)")])
    async with CodeAgent(model_of(server)) as agent:
        async with aclosing(agent.stream("go")) as stream:
            async for event in stream:
                if isinstance(event, CodeReady) and "while" in event.code:
                    break
            await asyncio.sleep(0.5)
        result = await agent.run("what happened?")
    told = server.requests[2].body["messages"][-1]["content"]
    assert told.startswith(
        "This step was stopped before its end. Variables and files are as they were before this step."
    )
    assert str(result.answer) == "1"


@pytest.mark.parametrize("fault", ["break_off", "hang_midway"])
async def test_an_action_that_is_complete_runs_though_the_stream_has_no_end(serve, fault):
    # Half of the text is sent: the whole action, and nothing of the blank lines after it.
    action = code("x = 6 * 7")
    server = serve([Reply(action + "\n" * (len(action) + 2), fault=fault), code("final_answer(x)")])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("go")
    assert str(result.answer) == "42"


COUNT = "x = globals().get('x', 0) + 1\nopen('log.txt', 'a').write(str(x))"
LOOK = code("final_answer(f\"{globals().get('x', 'none')} {open('log.txt').read()}\")")


async def test_a_rewind_brings_memory_variables_and_files_back_to_a_step(serve):
    server = serve([*[code(COUNT)] * 3, "Counted.", LOOK, LOOK])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("count")
        for question in ("look", "look again"):
            await agent.rewind(2)
            assert str((await agent.run(question)).answer) == "2 12"
    told = [message["content"] for message in server.requests[-1].body["messages"]]
    assert len(told) == 6 and told[-1].endswith("look again")


async def test_a_rewind_to_the_start_and_to_an_answer_without_code(serve):
    server = serve([code("x = 1"), "Done.", code("x = 2"), "Changed.", code("final_answer(x)"), "Hello."])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("set it")
        await agent.run("change it")
        await agent.rewind(2)
        assert str((await agent.run("what is it?")).answer) == "1"
        await agent.rewind(0)
        await agent.run("hello")
    assert [message["content"] for message in server.requests[-1].body["messages"]][1:] == ["hello"]


async def test_a_step_that_never_was_cannot_be_gone_back_to(serve):
    server = serve(["Hello."])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("hello")
        for step in (-1, 2):
            with pytest.raises(GlassboxError, match=f"no step {step}"):
                await agent.rewind(step)


async def test_a_rewind_during_a_run_is_refused(serve):
    server = serve([Reply("Hello.", fault="hang")])
    async with CodeAgent(model_of(server)) as agent, aclosing(agent.stream("first")) as stream:
        await anext(stream)
        with pytest.raises(Busy):
            await agent.rewind(0)


async def test_where_variables_cannot_come_back_the_model_is_told(serve):
    server = serve([*[code(COUNT)] * 3, "Counted.", code("y = 1"), "Thanks.", LOOK])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("count")
        await agent.run("go on")
        await agent.rewind(1)  # an older turn keeps its last checkpoint only
        result = await agent.run("look")
    told = server.requests[-1].body["messages"][-1]["content"]
    assert told.endswith("All variables are gone; define again what you need.\n\nThe user's next message:\nlook")
    assert str(result.answer) == "none 1", "files are as they were, all the same"


async def test_of_files_that_cannot_come_back_the_model_is_told(serve):
    large = "with open('large.bin', 'wb') as file:\n    file.truncate(100_000_000)"
    server = serve([code(large), code("import os\nos.remove('large.bin')"), "Done.", "I see."])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("go")
        await agent.rewind(1)
        await agent.run("and now?")
    told = server.requests[-1].body["messages"][-1]["content"]
    assert "These files are not as they were at this point of the chat: large.bin." in told
    assert "variables" not in told
