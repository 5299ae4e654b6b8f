"""What the step loop does beyond one step after the other: circles, limits, plans, checks, agents as tools, images."""

import asyncio
import base64
import inspect
from contextlib import aclosing
from itertools import pairwise

import pytest

from agent_core import Busy, CodeAgent, GlassboxError, Memory, ToolCallingAgent, python, tool
from agent_core.events import (
    AnswerRefused,
    CodeReady,
    FinalAnswer,
    PlanDelta,
    PlanReady,
    RunResumed,
    StepFinished,
    StepStarted,
)
from agent_core.models.base import Capabilities
from tests.agent_core.support import code, events_of, of_kind
from tests.doubles.openai_server import Reply
from tests.support import model_of

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def sent(server, request=-1):
    """The messages of a request."""
    return server.requests[request].body["messages"]


def assert_messages_only_grow(server):
    for earlier, later in pairwise(server.requests):
        before = earlier.body["messages"]
        assert later.body["messages"][: len(before)] == before


def last_words(server, request=-1):
    return sent(server, request)[-1]["content"]


async def test_a_reply_that_only_announces_an_action_gets_one_nudge(serve):
    announced = "Let me compute the sum of these numbers now."
    server = serve([announced, code("final_answer(3)"), announced, announced])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("1 + 2?")
        assert (str(result.answer), len(result.steps)) == ("3", 2)
        assert "there was no code to run" in last_words(server, 1)
        result = await agent.run("and 2 + 2?")
    assert (str(result.answer), result.reason) == (announced, "answer"), "one nudge, then it is taken as it is"
    assert len(server.requests) == 4


async def test_the_same_error_twice_brings_a_hint_and_three_times_the_best_answer(serve):
    steps = [code("1 / 0"), code("x = 5\nx / 0"), code("y = 6\n2 / 0")]
    server = serve([*steps, "I could not divide by zero."])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("divide")
    assert (str(result.answer), result.reason, len(result.steps)) == ("I could not divide by zero.", "repeated", 4)
    assert "Hint:" not in last_words(server, 1)
    assert "Hint: the same error came up 2 times" in last_words(server, 2)
    assert "the same error came up 3 times" in result.message


async def test_errors_of_syntax_in_other_lines_are_other_errors(serve):
    server = serve([code("x = = 1"), code("y y"), code("for in 3:"), code("final_answer(1)")])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("write")
    assert (result.reason, len(result.steps)) == ("answer", 4)
    assert all("Hint:" not in last_words(server, request) for request in range(4))


async def test_the_same_code_with_the_same_outcome_counts_as_a_repetition(serve):
    server = serve([code("print(1)")] * 3 + ["It is 1."])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("print one")
    assert (result.reason, len(server.requests)) == ("repeated", 4)
    assert "Hint: the same code came up 2 times" in last_words(server, 2)


async def test_the_same_code_with_something_new_each_time_is_no_repetition(serve):
    server = serve([code("pages = iter('abcdef')"), *[code("print(next(pages))")] * 4, "Read."])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("read")
    assert (result.reason, str(result.answer)) == ("answer", "Read.")
    assert not any("Hint:" in last_words(server, request) for request in range(6))


async def test_a_new_question_starts_counting_anew(serve):
    server = serve([code("1 / 0"), code("1 / 0"), "No.", code("1 / 0"), "No."])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("divide")
        result = await agent.run("divide again")
    assert result.reason == "answer" and "Hint:" not in last_words(server)


async def test_after_the_step_limit_the_run_can_go_on(serve):
    server = serve([code("x = 1"), "About 1.", code("x += 1"), code("final_answer(x)")])
    async with CodeAgent(model_of(server), max_steps=1) as agent:
        first = await agent.run("count")
        assert (first.reason, agent.can_resume) == ("max_steps", True)
        async with aclosing(agent.stream_resume(3)) as stream:
            events = [event async for event in stream]
    assert isinstance(events[0], RunResumed)
    assert str(next(event for event in events if isinstance(event, FinalAnswer)).answer) == "2"
    assert [event.step for event in events if isinstance(event, StepStarted)] == [3, 4]
    assert "you have 3 more steps" in last_words(server, 2)
    assert sent(server, 2)[: len(sent(server, 1))] == sent(server, 1)
    assert not agent.can_resume


async def test_a_resumed_run_has_limits_of_its_own_and_can_go_on_again(serve):
    steps = [code(f"x = {number}") for number in range(1, 5)]
    server = serve([steps[0], "1.", steps[1], steps[2], "3.", steps[3], code("final_answer(x)")])
    async with CodeAgent(model_of(server), max_steps=1) as agent:
        await agent.run("count")
        assert (await agent.resume(2)).reason == "max_steps"
        result = await agent.resume()
    assert (str(result.answer), result.reason, len(result.steps)) == ("4", "answer", 2)


async def test_the_budget_begins_anew_when_a_run_goes_on(serve):
    dear = Reply(code("x = 1"), usage=(900, 200))
    server = serve([dear, "About 1.", code("final_answer(x)")])
    async with CodeAgent(model_of(server), token_budget=1_000) as agent:
        assert (await agent.run("count")).reason == "budget"
        assert str((await agent.resume()).answer) == "1"
        assert agent.usage.requests == 3 and agent.usage.input_tokens == 914


@pytest.mark.parametrize("before", ["nothing", "an answer", "a rewind", "another question"])
async def test_only_a_run_that_ended_at_a_limit_can_go_on(serve, before):
    server = serve([code("x = 1"), "About 1.", "Hello."])
    async with CodeAgent(model_of(server), max_steps=1) as agent:
        if before != "nothing":
            await agent.run("count")
        if before == "a rewind":
            await agent.rewind(1)
        elif before != "nothing":
            await agent.run("hello")
        with pytest.raises(GlassboxError, match="nothing to continue"):
            await agent.resume()


async def test_a_plan_comes_first_and_is_renewed(serve):
    steps = [code(f"x = {number}") for number in range(4)]
    server = serve(["1. Count.\n2. Answer.", steps[0], steps[1], "1. Only answer.", steps[2], "It is 2."])
    async with CodeAgent(model_of(server), plan_every=2) as agent, aclosing(agent.stream("count")) as stream:
        events = [event async for event in stream]
    plans = [event for event in events if isinstance(event, PlanReady)]
    assert [event.plan for event in plans] == ["1. Count.\n2. Answer.", "1. Only answer."]
    assert all(event.usage.requests == 1 for event in plans)
    assert "".join(event.text for event in events if isinstance(event, PlanDelta)).startswith("1. Count.")
    told = [type(event) for event in events if isinstance(event, PlanReady | StepFinished)]
    assert told == [PlanReady, StepFinished, StepFinished, PlanReady, StepFinished, StepFinished]
    assert "write a plan" in last_words(server, 0) and "renew the plan" in last_words(server, 3)
    assert sent(server, 1)[-2]["content"] == "1. Count.\n2. Answer."
    assert_messages_only_grow(server)


async def test_code_in_place_of_a_plan_is_taken_as_the_plan_and_not_run(serve):
    server = serve([code("print(1)", thought=""), code("final_answer(2)")])
    async with CodeAgent(model_of(server), plan_every=5) as agent, aclosing(agent.stream("count")) as stream:
        events = [event async for event in stream]
    assert [event.plan for event in events if isinstance(event, PlanReady)] == ["```python\nprint(1)\n```"]
    assert len([event for event in events if isinstance(event, CodeReady)]) == 1
    assert_messages_only_grow(server)


async def test_what_is_said_before_a_plan_stays_where_it_was_said(serve):
    announced = "Let me compute it now."
    server = serve(["1. Count.", announced, "1. Only count.", code("x = 1"), "About 1.", "1. Answer.", "It is 1."])
    async with CodeAgent(model_of(server), plan_every=1, max_steps=2) as agent:
        assert (await agent.run("count")).reason == "max_steps"
        assert (await agent.resume()).reason == "answer"
    assert "there was no code to run" in last_words(server, 2) and "renew the plan" in last_words(server, 2)
    assert "wants you to go on" in last_words(server, 5) and "write a plan" in last_words(server, 5)
    assert_messages_only_grow(server)


async def test_plans_and_steps_add_up_to_what_the_run_used(serve):
    server = serve(["1. Count.", code("x = 1"), code("y = 2", thought=""), code("final_answer(x)")])
    async with CodeAgent(model_of(server), plan_every=1) as agent, aclosing(agent.stream("count")) as stream:
        events = [event async for event in stream]
    told = [event.usage.requests for event in events if isinstance(event, PlanReady | StepFinished)]
    assert (told, agent.usage.requests) == ([1, 1, 1, 1], 4)


async def test_a_check_sends_an_answer_back_with_its_reason(serve):
    async def long_enough(answer):
        return None if len(str(answer)) > 3 else "The answer must have more than three characters."

    server = serve([code("final_answer(42)"), "42", code("final_answer(4200)")])
    checks = [lambda answer: None, long_enough]
    async with CodeAgent(model_of(server), answer_checks=checks) as agent, aclosing(agent.stream("how?")) as stream:
        events = [event async for event in stream]
    assert [str(event.answer) for event in events if isinstance(event, AnswerRefused)] == ["42", "42"]
    assert [str(event.answer) for event in events if isinstance(event, FinalAnswer)] == ["4200"]
    for request in (1, 2):
        assert "sent back: The answer must have more than three characters." in last_words(server, request)


async def refused_by(serve, check):
    """Why a check refuses an answer; "" if it does not."""
    server = serve([code("final_answer(42)"), "Another."])
    decisions = iter([check])
    once = lambda *given, **named: next(decisions, lambda *_, **__: None)(*given, **named)  # noqa: E731
    once.__signature__ = inspect.signature(check)
    once.__name__ = check.__name__
    async with CodeAgent(model_of(server), answer_checks=[once]) as agent:
        events = await events_of(agent)
    return "".join(event.reason for event in of_kind(events, AnswerRefused))


def with_memory(answer, memory):
    return isinstance(memory, Memory) and memory.turns[-1].steps[-1].code == "final_answer(42)"


def as_in_smolagents(final_answer, memory, agent=None):
    assert isinstance(agent, CodeAgent) and agent.memory is memory and str(final_answer) == "42"
    return True


def with_a_setting(answer, least=2):
    return len(str(answer)) >= least


def asserts(answer):
    assert len(str(answer)) > 3, "Too short."


def has_a_mistake(answer):
    return answer["x"]


@pytest.mark.parametrize("check", [lambda answer: True, lambda a: None, with_memory, as_in_smolagents, with_a_setting])
async def test_a_check_accepts_by_true_and_by_nothing(serve, check):
    assert await refused_by(serve, check) == ""


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (lambda answer: False, "It did not pass the check 'lambda'."),
        (lambda answer, memory: "No.", "No."),
        (asserts, "The check 'asserts' failed: Too short."),
        (has_a_mistake, "The check 'has_a_mistake' failed: TypeError: 'Display' object is not subscriptable"),
    ],
)
async def test_a_check_refuses_by_false_by_a_reason_and_by_an_exception(serve, check, reason):
    assert await refused_by(serve, check) == reason


async def test_no_secret_that_is_in_the_error_of_a_check_reaches_the_model(serve, monkeypatch):
    monkeypatch.setenv("SERVICE_TOKEN", "canary-of-the-host")

    def check(answer):
        raise RuntimeError("No access with canary-of-the-host.")

    assert await refused_by(serve, check) == "The check 'check' failed: RuntimeError: No access with …."


async def test_a_check_may_end_the_run_with_a_sentence_and_the_step_stays_known(serve):
    def broken(answer):
        raise GlassboxError("The check has no access to its list.")

    server = serve([code("print('precious')\nfinal_answer(42)"), "Hello."])
    async with CodeAgent(model_of(server), answer_checks=[broken]) as agent:
        result = await agent.run("how?")
        assert (result.reason, result.message) == ("error", "The check has no access to its list.")
        agent.answer_checks = []
        await agent.run("hello")
    assert "precious" in last_words(server)


async def test_what_a_step_showed_is_kept_where_its_answers_check_is_stopped(serve):
    async def slow(answer):
        await asyncio.sleep(60)

    server = serve([code("print('precious')\nfinal_answer(42)"), "Hello."])
    async with CodeAgent(model_of(server), answer_checks=[slow]) as agent:
        async with aclosing(agent.stream("how?")) as stream:
            async for event in stream:
                if isinstance(event, StepFinished):
                    break
        agent.answer_checks = []
        await agent.run("hello")
    assert "precious" in last_words(server) and "This step was stopped before its end." in last_words(server)


async def test_an_agent_that_calls_itself_as_a_tool_is_told_so_at_once(serve):
    inner_server = serve([code("calculate('the same')"), "I cannot."])
    outer_server = serve([code("print(calculate('6 * 7'))"), "It did not work."])
    async with CodeAgent(model_of(inner_server)) as inner:
        inner.tools = [inner.as_tool("calculate", "Works out a sum that is put in words.")]
        async with CodeAgent(model_of(outer_server), tools=inner.tools) as agent, asyncio.timeout(30):
            await agent.run("what is it?")
    assert "calculate cannot be called from within its own work" in last_words(inner_server)
    assert "I cannot." in last_words(outer_server)


async def test_an_agent_is_a_tool_of_another(serve):
    inner_server = serve([code("final_answer(6 * 7)"), code("final_answer('again')")])
    outer_server = serve([code("a = calculate('6 * 7')\nb = calculate('more')\nfinal_answer([a, b])")])
    async with CodeAgent(model_of(inner_server)) as inner:
        helper = inner.as_tool("calculate", "Works out a sum that is put in words.")
        async with CodeAgent(model_of(outer_server), tools=[helper]) as agent:
            result = await agent.run("what is it?")
    assert str(result.answer) == "['42', 'again']"
    assert "def calculate(task: str) -> str:" in outer_server.requests[0].body["messages"][0]["content"]
    assert [message["content"] for message in sent(inner_server)][1:] == ["more"], "each task is a chat of its own"
    assert result.usage.requests == 3, "what the inner agent spends counts"


async def test_an_agent_that_fails_as_a_tool_is_an_error_of_the_code(serve):
    inner_server = serve([Reply(status=401, error="no")])
    outer_server = serve([code("calculate('6 * 7')"), "It did not work."])
    async with CodeAgent(model_of(inner_server)) as inner:
        helper = inner.as_tool("calculate", "Works out a sum that is put in words.")
        async with CodeAgent(model_of(outer_server), tools=[helper]) as agent:
            await agent.run("what is it?")
    assert "calculate found no answer. The service refused the key" in last_words(outer_server)


def seeing(server):
    model = model_of(server)
    model.capabilities = Capabilities(vision=True)
    return model


async def test_a_model_that_sees_is_shown_the_questions_images_and_the_figures(serve, tmp_path):
    picture = tmp_path / "pixel.png"
    picture.write_bytes(PIXEL)
    figure = "import matplotlib.pyplot as plt\nplt.plot([1, 2])"
    server = serve([code(figure), "A line."])
    async with CodeAgent(seeing(server)) as agent:
        await agent.run("What is this?", files=[picture])
    question = sent(server, 0)[-1]["content"]
    assert question[0]["text"].startswith("What is this?\n\nThese files came with this message.")
    assert base64.b64decode(question[1]["image_url"]["url"].removeprefix("data:image/png;base64,")) == PIXEL
    assert [part["type"] for part in last_words(server)] == ["text", "text", "image_url"]
    assert last_words(server)[-1]["image_url"]["url"].startswith("data:image/png;base64,")


async def test_a_model_that_cannot_see_is_told_of_images_and_sent_none(serve, tmp_path):
    picture = tmp_path / "pixel.png"
    picture.write_bytes(PIXEL)
    server = serve(["I cannot see it."])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("What is this?", files=[picture])
    assert "1 images came with this message, but you cannot see images" in last_words(server)


async def test_going_on_during_a_run_is_refused(serve):
    server = serve([Reply("Hello.", fault="hang")])
    async with CodeAgent(model_of(server)) as agent, aclosing(agent.stream("first")) as stream:
        await anext(stream)
        with pytest.raises(Busy):
            await agent.resume()


async def test_usage_of_a_step_holds_what_its_tools_spent(serve):
    @tool
    def double(x: int) -> int:
        """Double it."""
        return 2 * x

    server = serve([Reply(code("double(2)"), usage=(100, 10)), Reply("4", usage=(130, 3))])
    async with CodeAgent(model_of(server), tools=[double]) as agent, aclosing(agent.stream("go")) as stream:
        events = [event async for event in stream]
    steps = [event.usage for event in events if isinstance(event, StepFinished)]
    assert [(usage.input_tokens, usage.output_tokens) for usage in steps] == [(100, 10), (130, 3)]
    assert agent.usage.total_tokens == 243


def calling(server):
    model = model_of(server)
    model.capabilities = Capabilities(tools=True, code_calls=True)
    return model


def call(text):
    return Reply("I compute.", call=("python", {"code": text}))


async def test_code_may_come_as_a_native_call_and_is_answered_as_one(serve):
    server = serve([call("x = 6 * 7\nprint(x)"), call("final_answer(x)")])
    async with CodeAgent(calling(server)) as agent:
        result = await agent.run("six times seven?")
    assert str(result.answer) == "42"
    assert [tool["function"]["name"] for tool in server.requests[0].body["tools"]] == ["python"]
    assert "one call of `python(code)`" in sent(server)[0]["content"]
    assert "Example" not in sent(server)[0]["content"]
    said, observed = sent(server)[-2:]
    assert said["content"] == "I compute." and "6 * 7" in said["tool_calls"][0]["function"]["arguments"]
    assert (observed["role"], observed["tool_call_id"]) == ("tool", said["tool_calls"][0]["id"])
    assert observed["content"] == "Output:\n42\nVariables: x = 42"


async def test_a_fall_back_without_native_calls_reads_the_same_chat_as_text(serve):
    first = serve([call("x = 1"), Reply(status=402, error="no credit")])
    second = serve([code("final_answer(x)")])
    async with CodeAgent(calling(first), fallbacks=[model_of(second)]) as agent:
        result = await agent.run("one?")
    assert str(result.answer) == "1"
    assert "tools" not in second.requests[0].body
    assert [message["role"] for message in sent(second)] == ["system", "user", "assistant", "user"]
    assert sent(second)[2]["content"] == "I compute.\n```python\nx = 1\n```"


@pytest.mark.parametrize(("wanted", "called"), [(None, True), (True, True), (False, False)])
async def test_how_code_comes_is_a_setting(serve, wanted, called):
    server = serve(["Hello."])
    async with CodeAgent(calling(server), native_calls=wanted) as agent:
        await agent.run("hello")
    assert ("tools" in server.requests[0].body) == called


async def test_a_stop_while_an_answer_is_checked_keeps_what_the_step_did(serve):
    reached = asyncio.Event()

    async def slow(answer):
        reached.set()
        await asyncio.sleep(60)

    server = serve([code("print('seen')\nfinal_answer(1)"), "Yes."])
    async with CodeAgent(model_of(server), answer_checks=[slow]) as agent:
        async with aclosing(agent.stream("go")) as stream:
            async for event in stream:
                if isinstance(event, StepFinished):
                    await asyncio.wait_for(reached.wait(), 10)
                    break
        agent.answer_checks = []
        await agent.run("still there?")
    assert "Output:\nseen" in last_words(server) and "This step was stopped before its end." in last_words(server)


@pytest.mark.parametrize(
    ("last", "answer"),
    [
        ("final_answer('It is 42.')", "It is 42."),
        ("final_answer(42)", "42"),
        ("final_answer(x)", "42"),
        ("y = x + 1\nfinal_answer(f'It is {y}')", "It is 43"),
        ("final_answer(unknown)", "No answer was found."),
        ("final_answer(look_up(x))", "No answer was found."),
        ("print(x)", "No answer was found."),
    ],
)
@pytest.mark.parametrize("thought", ["", "Let me do it."])
async def test_a_last_answer_that_comes_as_code_is_worked_out_but_calls_no_tool(serve, last, answer, thought):
    @tool
    def look_up(x: int) -> str:
        """Look it up."""
        raise AssertionError("there was no room for another step")

    server = serve([code("x = 42"), code(last, thought=thought)])
    async with CodeAgent(model_of(server), max_steps=1, tools=[look_up]) as agent:
        result = await agent.run("what is x?")
    assert (str(result.answer), result.reason) == (answer, "max_steps")


async def test_a_last_answer_that_comes_as_code_works_with_python_as_a_tool(serve):
    server = serve([code("x = 42"), code("final_answer(f'It is {x}')")])
    async with ToolCallingAgent(model_of(server), max_steps=1, tools=[python]) as agent:
        result = await agent.run("what is x?")
    assert (str(result.answer), result.reason) == ("It is 42", "max_steps")


async def test_a_last_answer_in_words_counts_more_than_code_that_fails(serve):
    server = serve([code("x = 42"), code("final_answer(unknown)", thought="It is about 42.")])
    async with CodeAgent(model_of(server), max_steps=1) as agent:
        assert str((await agent.run("what is x?")).answer) == "It is about 42."


NOTHING = "Output: nothing was printed. Print what you need to see, or give the result with final_answer(…)."


@pytest.mark.parametrize(
    ("first", "echo", "answer"),
    [
        ("x = 42", f"{NOTHING}\nVariables: x = 42", "No answer was found."),
        ("print(6 * 7)", "Output:\n42", "42"),
        ("x = 1 / 0", "Error in line 1: x = 1 / 0\nZeroDivisionError: division by zero", "No answer was found."),
        ("x = 42", "Observation: 42", "42"),
    ],
)
async def test_an_observation_is_never_given_as_an_answer(serve, first, echo, answer):
    server = serve([code(first), echo, "It is 42.", code(first), echo, echo])
    async with CodeAgent(model_of(server)) as agent:
        assert str((await agent.run("what is x?")).answer) == "It is 42."
        assert "only repeats what you were shown" in last_words(server)
        result = await agent.run("what is x?")
    assert str(result.answer).startswith(answer) and "Output" not in str(result.answer)


async def test_an_answer_about_output_stays_an_answer(serve):
    server = serve([code("print(42)"), "Output: the word, and after it 42."])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("what does it print?")
    assert (str(result.answer), len(result.steps)) == ("Output: the word, and after it 42.", 2)


async def test_an_answer_that_shows_code_is_given_at_once(serve):
    shown = "You can reverse it with a slice:\n\n```python\nprint(text[::-1])\n```\n\nA slice makes a new string."
    server = serve([shown])
    async with CodeAgent(model_of(server)) as agent:
        events = await events_of(agent, "How do I reverse a string in Python?")
    [answer] = of_kind(events, FinalAnswer)
    assert str(answer.answer) == shown and not of_kind(events, CodeReady) and len(server.requests) == 1


async def test_code_that_may_be_meant_as_an_answer_runs_once_and_is_the_answer_then(serve):
    block = "```python\ndef double(x):\n    return 2 * x\n\nprint(double(4))\n```"
    server = serve([block, block])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("Write a function that doubles a number.")
    assert (str(result.answer), result.reason, len(result.steps)) == (block, "answer", 2)
    assert "Output:\n8" in last_words(server)


async def test_a_program_in_several_blocks_runs_in_one_step(serve):
    first, second = code("x = [1, 2]", thought="I add them."), "```python\nfinal_answer(sum(x))\n```"
    server = serve([f"{first}\n\nThen I answer:\n\n{second}\nObservation: 3"])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("What is 1 + 2?")
    assert (str(result.answer), len(result.steps)) == ("3", 1)


async def test_code_that_was_asked_for_and_comes_again_is_the_answer_with_its_output(serve):
    block = "```python\nprint('hello world')\n```"
    server = serve([block, block, "You are welcome."])
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("can u write hello world")
        assert str(result.answer) == f"{block}\n\nOutput:\n```text\nhello world\n```"
        assert (result.reason, len(result.steps), len(server.requests)) == ("answer", 2, 2)
        await agent.run("thanks")
    assert "The answer was given to the user." in server.requests[-1].body["messages"][-1]["content"]
    assert "came up" not in str(server.requests[-1].body)


async def test_code_that_comes_again_where_a_result_is_asked_for_is_no_answer(serve):
    block = "```python\nprint(6 * 7)\n```"
    async with CodeAgent(model_of(serve([block, block, "It is 42."]))) as agent:
        assert str((await agent.run("What is 6 times 7?")).answer) == "It is 42."
