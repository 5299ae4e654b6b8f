"""The demo where no code runs: what the code of its replies did on another machine, as recordings/steps.json has it.

`python -m demo.recorded_steps` records it anew, which is due when a reply or a recording changes.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import cache
from typing import Any

from agent_core.agents.code import CodeAgent
from agent_core.errors import GlassboxError
from agent_core.events import CodeReady, Event, OutputDelta, SandboxEvent, StepFinished
from agent_core.execution import Execution
from agent_core.memory.observation import observe
from agent_core.memory.turns import Step
from agent_core.record.events_json import event_from_json, event_to_json, merge_deltas
from demo import demo_model
from demo.recorded_tools import RECORDINGS, recorded_tools

RECORDED = "(Recorded on another machine: code does not run here.)\n"
_NOT_RECORDED = "Code does not run on this machine, and what this code would do was not recorded."
_FILE = RECORDINGS / "steps.json"


class RecordedCodeAgent(CodeAgent):
    """A CodeAgent for the demo that runs no code: a step does what it did when it was recorded, and says so.

    A step whose code was not recorded ends the run with an error.
    """

    async def act(self, step: Step, emit: Callable[[SandboxEvent], None]) -> Execution:
        if (recorded := _recordings().get(step.code)) is None:
            raise GlassboxError(_NOT_RECORDED)
        *events, end = map(event_from_json, recorded)
        emit(OutputDelta(RECORDED))
        for event in events:
            assert isinstance(event, SandboxEvent), "nothing else was recorded"
            emit(event)
        assert isinstance(end, StepFinished) and end.execution, "it was recorded last"
        execution = replace(end.execution, stdout=RECORDED + end.execution.stdout)
        step.observation = observe(execution)
        return execution

    @property
    def may_run_code(self) -> bool:
        return False


@cache
def _recordings() -> dict[str, list[Mapping[str, Any]]]:
    """Return what each piece of code did: its events, the last of which is the StepFinished."""
    return {step["code"]: step["events"] for step in json.loads(_FILE.read_text(encoding="utf-8"))}


async def record() -> list[dict[str, Any]]:
    """Run the demo's code in the sandbox, and return what each step did."""
    model, steps = demo_model(delay=0), []
    for question in model.questions:
        async with CodeAgent(model, tools=recorded_tools()) as agent, aclosing(agent.stream(question)) as events:
            steps += _steps_of([event async for event in events])
    return steps


def _steps_of(events: list[Event]) -> list[dict[str, Any]]:
    steps = []
    while begins := [place for place, event in enumerate(events) if isinstance(event, CodeReady)]:
        begin = begins[0]
        end = next(place for place in range(begin, len(events)) if isinstance(events[place], StepFinished))
        code, finished = events[begin], events[end]
        assert isinstance(code, CodeReady) and isinstance(finished, StepFinished) and finished.execution
        done = replace(finished, execution=replace(finished.execution, checkpoint=0))  # which no sandbox has
        recorded = [*merge_deltas(events[begin + 1 : end]), done]
        steps.append({"code": code.code, "events": [event_to_json(event) for event in recorded]})
        events = events[end + 1 :]
    return steps


if __name__ == "__main__":
    _FILE.write_text(json.dumps(asyncio.run(record()), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
