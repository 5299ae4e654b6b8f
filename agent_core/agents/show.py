"""Shows a run while it happens, in the terminal or in a notebook, and returns its result."""

from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Any, overload

from agent_core.agents.result import RunResult, result_of
from agent_core.console.printer import Detail, Printer
from agent_core.errors import GlassboxError
from agent_core.events import CodeReady, Event, ModelWaiting, PlanReady, StepFinished, StepStarted, ThoughtDelta
from agent_core.memory.images import shown_images
from agent_core.memory.observation import observe
from agent_core.memory.turns import Step


@overload
def show(
    events: AsyncGenerator[Event, None], *, detail: Detail = "normal", pictures: Path | None = None
) -> Coroutine[Any, Any, RunResult]: ...
@overload
def show(events: Iterable[Event], *, detail: Detail = "normal", pictures: Path | None = None) -> RunResult: ...
def show(
    events: AsyncGenerator[Event, None] | Iterable[Event],
    *,
    detail: Detail = "normal",
    pictures: Path | None = None,
) -> Coroutine[Any, Any, RunResult] | RunResult:
    """Show the events of a run as they come, in the terminal or below the cell of a Jupyter notebook.

        result = await show(agent.stream("Which primes are below 100?"))

    Args:
        events: The events of a run, such as those of `agent.stream(question)`; the last one is RunFinished.
        detail: How much to show: "quiet" for the answer, "normal" for every step, "verbose" also for all of a model's
            reasoning, whole outputs, tracebacks and variables.
        pictures: The folder where pictures are written, as a terminal shows none; None for a temporary one.

    Returns:
        The result of the run; of asynchronous events, once it is awaited. Its steps are what the events tell of them.

    Raises:
        GlassboxError: These are no events of a run.
        ImportError: What the extra "console" needs is not installed.
    """
    printer = _new_printer(detail, pictures)
    if isinstance(events, AsyncGenerator):
        return _result(events, printer)
    if isinstance(events, str | bytes) or not isinstance(events, Iterable):
        kind = type(events).__name__
        raise GlassboxError(f"An object of {kind} is no events. Give show those of a run: agent.stream(question).")
    return _result_now(_result(_one_by_one(events), printer))


def _new_printer(detail: Detail, pictures: Path | None) -> Printer:
    try:
        from agent_core.console.replay import new_printer
    except ModuleNotFoundError as error:
        raise ImportError("show needs another package: pip install 'glassbox[console]'.") from error
    return new_printer(detail, pictures)


async def _result(events: AsyncGenerator[Event, None], printer: Printer) -> RunResult:
    steps = _StepsShown()
    return await result_of(_shown(events, printer, steps), lambda: steps.made)


async def _shown(
    events: AsyncGenerator[Event, None], printer: Printer, steps: "_StepsShown"
) -> AsyncGenerator[Event, None]:
    try:
        async with aclosing(events):
            async for event in events:
                printer.take(event)
                steps.take(event)
                yield event
    finally:
        printer.close()


async def _one_by_one(events: Iterable[Event]) -> AsyncGenerator[Event, None]:
    for event in events:
        yield event


def _result_now(result: Coroutine[Any, Any, RunResult]) -> RunResult:
    """Return the result of events that nothing is awaited for, without an event loop."""
    try:
        result.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("nothing is awaited")


class _StepsShown:
    """The steps of a run, as far as its events tell of them.

    Attributes:
        made: The steps.
    """

    def __init__(self) -> None:
        self.made: list[Step] = []
        self._plan: PlanReady | None = None
        self._is_open = False  # whether the last one goes on

    def take(self, event: Event) -> None:
        """Take the next event."""
        match event:
            case PlanReady():
                self._plan = event
            case StepStarted(number):
                self._is_open = True
                self.made.append(self._begin(number))
            case ThoughtDelta(text):
                self.made[-1].said += text
            case ModelWaiting() if self._is_open:  # else the next step's plan is asked for again
                self.made[-1].said = ""
            case CodeReady(code):
                self.made[-1].code = code
            case StepFinished():
                self._is_open = False
                self._finish(self.made[-1], event)

    def _begin(self, number: int) -> Step:
        step, plan, self._plan = Step(number), self._plan, None
        if plan:
            step.plan = plan.plan
            step.spend(plan.seconds, plan.usage)
        return step

    def _finish(self, step: Step, event: StepFinished) -> None:
        step.said = step.said.strip()
        step.spend(event.seconds, event.usage)
        if execution := event.execution:
            step.observation, step.images = observe(execution), shown_images(execution)
            step.variables, step.checkpoint = execution.variables, execution.checkpoint
            step.error = execution.error.message if execution.error else ""
