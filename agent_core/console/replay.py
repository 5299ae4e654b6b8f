"""Shows runs again that are over."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from agent_core import events
from agent_core.console.notebook import NotebookPrinter
from agent_core.console.pictures import PictureFolder
from agent_core.console.printer import Detail, Printer
from agent_core.console.terminal import TerminalPrinter, terminal_console
from agent_core.errors import GlassboxError
from agent_core.execution import Display
from agent_core.memory.memory import Memory
from agent_core.memory.turns import Step
from agent_core.record.events_json import merge_deltas
from agent_core.usage import Usage


def new_printer(detail: Detail = "normal", pictures: Path | None = None) -> Printer:
    """Return what shows events here: in a Jupyter notebook as its displays, and else in the terminal.

    Args:
        detail: How much to show; see Detail.
        pictures: The folder where pictures are written, as a terminal shows none; None for a temporary one.
    """
    console = terminal_console()
    if console.is_jupyter:
        return NotebookPrinter(detail)
    return TerminalPrinter(console, detail, PictureFolder(pictures))


def replay(run: Iterable[events.Event] | Memory, *, detail: Detail = "normal", pictures: Path | None = None) -> None:
    """Show runs again as they were, in the terminal or in the cell of a notebook.

    Args:
        run: Their events, such as `session.log`, or those that `event_from_json` reads; or the memory of an agent, in
            which is what its model was told.
        detail: How much to show: "quiet" for the answers, "normal", or "verbose".
        pictures: The folder where pictures are written, as a terminal shows none; None for a temporary one.

    Raises:
        GlassboxError: This is nothing that can be shown.
    """
    if isinstance(run, str | bytes) or not isinstance(run, Iterable | Memory):
        kind = type(run).__name__
        raise GlassboxError(f"An object of {kind} is no run. Give replay the events of one, or agent.memory.")
    printer = new_printer(detail, pictures)
    for event in merge_deltas(_events_of(run) if isinstance(run, Memory) else run):
        printer.take(event)
    printer.close()


def _events_of(memory: Memory) -> Iterator[events.Event]:
    for turn in memory.turns:
        yield events.RunStarted(turn.question, turn.files)
        for step in turn.steps:
            yield from _events_of_step(step)


def _events_of_step(step: Step) -> Iterator[events.Event]:
    if step.plan:
        yield events.PlanReady(step.plan, 0.0, Usage())
    yield events.StepStarted(step.number)
    if step.said:
        yield events.ThoughtDelta(step.said)
    if step.code:
        yield events.CodeReady(step.code)
    told = "\n".join(filter(None, (*(called.result for called in step.calls), step.observation)))
    if told:
        yield events.OutputDelta(told)
    yield from _shown_in(step)
    yield events.StepFinished(step.number, step.seconds, step.usage)


def _shown_in(step: Step) -> Iterator[events.Event]:
    for image in step.images:
        kind, _, content = image.removeprefix("data:").partition(";base64,")
        yield events.Displayed(Display({"text/plain": "", kind: content}))
