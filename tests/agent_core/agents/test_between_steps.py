"""What a program does between the steps of a run: look at them, change memory, edit the plan, end the run."""

from functools import partial

import pytest

from agent_core import CodeAgent, GlassboxError, Step, ToolCallingAgent, python
from agent_core.events import FinalAnswer, PlanReady, RunFinished
from tests.agent_core.support import calling, code, events_of, of_kind, sent
from tests.doubles.openai_server import Reply
from tests.support import model_of

TWO_STEPS = [code("print(1)"), code("1 / 0"), "It is 1."]
SHOW_IMAGE = "from PIL import Image\nImage.new('RGB', (2, 2))"


def last_words(server, number):
    return sent(server, number)[-1]["content"]


async def test_a_callback_gets_each_step_when_it_is_over(serve):
    seen = []

    def look(step, agent):
        seen.append((step.number, step.code, step.said, step.observation, step.error, agent.memory.last_step))
        assert step.seconds > 0 and step.usage.requests == 1

    server = serve(TWO_STEPS)
    async with CodeAgent(model_of(server), step_callbacks=[look]) as agent:
        await agent.run("one?")
    assert [(number, ran, last) for number, ran, _, _, _, last in seen] == [
        (1, "print(1)", 1),
        (2, "1 / 0", 2),
        (3, "", 3),
    ]
    assert seen[0][3] == "Output:\n1" and seen[0][4] == ""
    assert "division by zero" in seen[1][3] and "division by zero" in seen[1][4]
    assert seen[2][2] == "It is 1."


async def test_callbacks_may_take_the_step_alone_or_be_async_and_are_called_in_their_order(serve):
    seen = []

    class Counter:
        def __call__(self, step):
            seen.append("object")

    async def waiting(step, *, agent):
        seen.append(f"async {agent.max_steps}")

    def with_setting(step, prefix="set"):
        seen.append(prefix)

    def positional(step, agent, /):
        seen.append(f"positional {agent.max_steps}")

    def anything(*args, **named):
        seen.append(f"{len(args)} {list(named)}")

    callbacks = [Counter(), waiting, with_setting, positional, anything, partial(with_setting, prefix="partial")]
    async with CodeAgent(model_of(serve(["Hello."])), step_callbacks=callbacks) as agent:
        await agent.run("hello")
    assert seen == ["object", "async 12", "set", "positional 12", "1 ['agent']", "partial"]


async def test_a_callback_gets_the_step_in_memory_where_a_cut_off_answer_went_on(serve):
    seen = []

    def look(step, agent):
        seen.append((step.said, step in agent.memory.steps))

    server = serve([Reply("The story begins in a", finish="length"), "in a small town."])
    async with CodeAgent(model_of(server), step_callbacks=[look]) as agent:
        await agent.run("Tell a story.")
        await agent.resume()
    assert seen == [("The story begins in a", True), ("The story begins in a small town.", True)]


async def test_a_change_of_callbacks_and_checks_applies_from_the_next_run_on(serve):
    seen = []

    def more(step, agent):
        agent.step_callbacks.append(seen.append)
        agent.answer_checks.append(lambda answer: seen.append(str(answer)))

    server = serve([code("print(1)"), "One.", "Two."])
    async with CodeAgent(model_of(server), step_callbacks=[more]) as agent:
        await agent.run("one?")
        assert seen == []
        agent.step_callbacks = print  # pyright: ignore[reportAttributeAccessIssue]
        with pytest.raises(GlassboxError, match="step_callbacks cannot be a builtin_function_or_method"):
            await agent.run("two?")


async def test_a_note_of_a_callback_reaches_the_next_request_of_the_run(serve):
    def remind(step, agent):
        if step.number == 1:
            agent.memory.add_note("Only three steps are left.")

    server = serve([code("print(1)"), code("print(2)"), "Done.", "Again."])
    async with CodeAgent(model_of(server), step_callbacks=[remind]) as agent:
        await agent.run("count")
        assert last_words(server, 1).endswith("Only three steps are left.")
        await agent.run("more")
    for earlier, later in zip(server.requests, server.requests[1:], strict=False):
        before = earlier.body["messages"]
        assert later.body["messages"][: len(before)] == before, "memory is append-only, for prompt caches"


async def test_a_note_after_the_last_step_reaches_the_next_question(serve):
    server = serve(["One.", "Two."])
    async with CodeAgent(
        model_of(server), step_callbacks=[lambda step, agent: agent.memory.add_note(f"That was {step.number}.")]
    ) as agent:
        await agent.run("1?")
        await agent.run("2?")
    assert "That was 1." in last_words(server, 1)


async def test_a_note_is_not_lost_with_a_request_that_fails(serve):
    server = serve([code("print(1)"), Reply("", status=401), "Here I am."])
    agent = CodeAgent(model_of(server), step_callbacks=[lambda step, agent: agent.memory.add_note("Mind the gap.")])
    async with agent:
        assert (await agent.run("one?")).reason == "error"
        await agent.run("And now?")
    assert "Mind the gap." in last_words(server, 2)


async def test_a_callback_may_drop_what_earlier_steps_showed(serve):
    def forget(step, agent):
        for earlier in agent.memory.steps[:-1]:
            earlier.images, earlier.observation = [], "(an old screenshot)"

    server = serve([code(SHOW_IMAGE), code(SHOW_IMAGE), "Done."])
    model = model_of(server)
    model.capabilities = type(model.capabilities)(vision=True)
    async with CodeAgent(model, step_callbacks=[forget]) as agent:
        await agent.run("look")
    shown = [str(server.requests[number].body).count("data:image/png") for number in (1, 2)]
    assert shown == [1, 1], "the second request has the first image, the third one only the second"
    assert "(an old screenshot)" in str(server.requests[2].body)


async def test_a_callback_may_end_the_run_which_can_go_on(serve):
    def stop(step, agent):
        if step.number == 1:
            agent.interrupt_after_step("That is enough for now.")

    server = serve([code("print(1)"), "The answer."])
    async with CodeAgent(model_of(server), step_callbacks=[stop]) as agent:
        result = await agent.run("count")
        assert (result.reason, result.message, result.answer) == ("interrupted", "That is enough for now.", None)
        assert str((await agent.resume()).answer) == "The answer."


async def test_what_a_callback_raises_ends_the_run(serve, caplog):
    def broken(step):
        raise ValueError("no such column")

    def refuse(step):
        raise GlassboxError("The budget of the day is used up.")

    server = serve([code("print(1)"), code("print(2)")])
    async with CodeAgent(model_of(server), step_callbacks=[broken]) as agent:
        result = await agent.run("one?")
        assert (result.reason, len(result.steps)) == ("error", 1)
        assert result.message == "The step callback 'broken' failed: ValueError: no such column"
        assert "no such column" in caplog.text
        agent.step_callbacks = [refuse]
        assert (await agent.run("two?")).message == "The budget of the day is used up."


async def test_the_steps_of_a_tool_calling_agent_and_of_an_answer_at_a_limit_are_told_too(serve):
    seen: list[Step] = []
    server = serve([Reply(calls=[("python", {"code": "print(1)"})]), "Only this."])
    agent = ToolCallingAgent(calling(server), tools=[python], max_steps=1, step_callbacks=[seen.append])
    async with agent:
        result = await agent.run("one?")
    assert [step.said for step in seen] == ["", "Only this."]
    assert tuple(seen) == result.steps and [called.result for called in seen[0].calls] == ["Output:\n1"]


async def test_a_result_has_the_steps_of_its_run_with_what_they_took(serve):
    server = serve(["1. Divide.", code("1 / 0"), "No.", "Hello."])
    async with CodeAgent(model_of(server), plan_every=9) as agent:
        result = await agent.run("divide")
        first, last = result.steps
        assert (first.plan, first.code, last.said) == ("1. Divide.", "1 / 0", "No.")
        assert first.error == "ZeroDivisionError: division by zero" and last.error == ""
        assert first.usage.requests == 2 and first.usage + last.usage == result.usage, "a plan is part of its step"
        assert 0 < first.seconds + last.seconds <= result.seconds
        assert len((await agent.run("and?")).steps) == 1


PLANNED = ["1. Guess.", code("print(42)"), "It is 42."]


@pytest.mark.parametrize(
    ("reviewed", "carried_out"),
    [
        (lambda plan: plan.replace("Guess", "Compute"), "1. Compute."),
        (lambda plan: None, "1. Guess."),
        (lambda plan: True, "1. Guess."),
    ],
)
async def test_a_plan_may_be_edited_before_it_is_carried_out(serve, reviewed, carried_out):
    server = serve(PLANNED)

    async def review(plan):
        return reviewed(plan)

    async with CodeAgent(model_of(server), plan_every=5, review_plan=review) as agent:
        events = await events_of(agent, "what?")
    (ready,) = of_kind(events, PlanReady)
    assert (ready.plan, ready.edited) == (carried_out, carried_out != "1. Guess.")
    told = sent(server, 1)
    assert told[-2] == {"role": "assistant", "content": carried_out} and "carry out the plan" in told[-1]["content"]
    assert of_kind(events, FinalAnswer)


async def test_an_emptied_plan_is_none(serve):
    server = serve(PLANNED)
    async with CodeAgent(model_of(server), plan_every=5, review_plan=lambda plan: " ") as agent:
        result = await agent.run("what?")
    assert str(result.answer) == "It is 42."
    assert "plan" not in last_words(server, 1) and [message["role"] for message in sent(server, 1)] == [
        "system",
        "user",
    ]


async def test_a_plan_that_is_not_accepted_ends_the_run(serve):
    server = serve(PLANNED)
    async with CodeAgent(model_of(server), plan_every=5, review_plan=lambda plan: False) as agent:
        events = await events_of(agent, "what?")
        finished = of_kind(events, RunFinished)[0]
        assert (finished.reason, finished.message, finished.can_resume) == (
            "interrupted",
            "The plan was not accepted.",
            True,
        )
        assert not of_kind(events, PlanReady) and agent.memory.steps == []


async def test_a_review_that_fails_ends_the_run_with_what_it_says(serve):
    def fail(plan):
        raise KeyError("plan")

    server = serve([PLANNED[0]] * 3)
    async with CodeAgent(model_of(server), plan_every=5, review_plan=fail) as agent:
        assert (await agent.run("what?")).message == "The review of the plan 'fail' failed: KeyError: 'plan'"
        agent.review_plan = lambda plan: 42  # pyright: ignore[reportAttributeAccessIssue]
        result = await agent.run("what?")
        assert result.reason == "error" and "returned int. Return the text of the plan" in result.message
