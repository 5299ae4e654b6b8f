"""The demo where no code runs shows what its code does where it runs."""

import pytest

from agent_core import CodeAgent
from agent_core.events import FinalAnswer, RunFinished, StepFinished
from demo import demo_model
from demo.recorded_steps import RECORDED, RecordedCodeAgent
from demo.recorded_tools import recorded_tools

MODEL = demo_model(delay=0)


async def events_of(agent: CodeAgent, question: str):
    async with agent:
        return [event async for event in agent.stream(question)]


@pytest.mark.parametrize("question", MODEL.questions)
async def test_what_was_recorded_is_what_the_code_does(question):
    """If this fails because a reply or a recording was changed: `python -m demo.recorded_steps` records anew."""
    really = await events_of(CodeAgent(MODEL, tools=recorded_tools()), question)
    replayed = await events_of(RecordedCodeAgent(MODEL), question)
    (answer,) = (event.answer for event in really if isinstance(event, FinalAnswer))
    assert answer in [event.answer for event in replayed if isinstance(event, FinalAnswer)]
    ran, shown = ([step.execution for step in run if isinstance(step, StepFinished)] for run in (really, replayed))
    assert len(ran) == len(shown) > 0
    for real, recorded in zip(ran, shown, strict=True):
        assert real and recorded and recorded.checkpoint == 0
        assert recorded.stdout == RECORDED + real.stdout, "it says that it is a recording"
        assert [display.kind for display in recorded.displays] == [display.kind for display in real.displays]
        assert (recorded.value, recorded.variables, recorded.error) == (real.value, real.variables, None)


async def test_nothing_is_made_up_for_code_that_was_not_recorded():
    async with RecordedCodeAgent(MODEL) as agent:
        await agent.add_question("Is this recorded?")
        ended = [event async for event in agent.stream_from("print(1)")][-1]
        assert isinstance(ended, RunFinished) and ended.reason == "error"
        assert ended.message == "Code does not run on this machine, and what this code would do was not recorded."
        assert agent.chat.sandbox is None
