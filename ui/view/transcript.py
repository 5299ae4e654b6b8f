"""Turns the events of runs into what a chat shows: questions, steps and answers."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from agent_core.events import (
    AnswerRefused,
    CodeDelta,
    CodeReady,
    Compacted,
    Displayed,
    Event,
    FinalAnswer,
    ModelWaiting,
    OutputDelta,
    PermissionAnswered,
    PermissionAsked,
    PlanDelta,
    PlanReady,
    PutToRest,
    QuestionAnswered,
    QuestionAsked,
    ReasoningDelta,
    RunFinished,
    RunQueued,
    RunResumed,
    RunStarted,
    StepFinished,
    StepStarted,
    ThoughtDelta,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from agent_core.execution import Display, FileNote
from agent_core.prompts import fill
from agent_core.usage import Usage
from ui.texts import read_text
from ui.view.escaping import first_sentence

Asked = PermissionAsked | QuestionAsked


def id_of(asked: Asked) -> str:
    """Return the id of a question or request, which its reply has too."""
    return asked.request_id if isinstance(asked, PermissionAsked) else asked.question_id


@dataclass
class StepView:
    """One step so far.

    Attributes:
        number: The number of the step in the chat.
        reasoning: The reasoning of the reply.
        prose: The prose of the reply.
        code: The code of the reply.
        running: Whether the code is running.
        output: What the code has printed.
        tools: The tool calls.
        tool_errors: The tool calls that failed.
        progress: The latest report of each tool call in progress, by its id.
        displays: What the code has displayed.
        asked: What the person was asked.
        replies: Their decisions and answers by id; None for no answer.
        finished: The end of the step; None while it is in progress, or if it was cut off.
        answered: Whether it led to an answer, which is shown outside the step.
    """

    number: int
    reasoning: str = ""
    prose: str = ""
    code: str = ""
    running: bool = False
    output: str = ""
    tools: list[ToolStarted] = field(default_factory=list)
    tool_errors: list[ToolFinished] = field(default_factory=list)
    progress: dict[str, ToolProgress] = field(default_factory=dict)
    displays: list[Display] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    replies: dict[str, str | None] = field(default_factory=dict)
    finished: StepFinished | None = None
    answered: bool = False

    @property
    def open_question(self) -> Asked | None:
        """What the person is asked now; the first one if there are several."""
        waiting = (asked for asked in self.asked if id_of(asked) not in self.replies)
        return next(waiting, None) if self.running else None


@dataclass
class PlanView:
    """A plan so far.

    Attributes:
        renewed: Whether there was a plan before it.
        text: Its text, as Markdown.
        finished: The end of the plan; None while it is being written.
    """

    renewed: bool = False
    text: str = ""
    finished: PlanReady | None = None


@dataclass
class NoteView:
    """Something that happened between the steps, in one sentence."""

    text: str


@dataclass
class RefusedView:
    """An answer that is not final: a check refused it, or the run continued after it."""

    title: str
    answer: Display
    reason: str


Item = StepView | PlanView | NoteView | RefusedView


@dataclass
class TurnView:
    """A question, its steps, its answer and its end, as far as they are known.

    Attributes:
        question: The question.
        items: Steps, plans, notes and refused answers, in their order.
        answer: The answer; None until there is one.
        finished: The end of the run; None while it is in progress.
        waiting: The wait for the model; None for none.
        earlier: The ends of earlier runs for this question, which its last run continues.
        files: The files that came with the question.
        queued: How many runs have to end before this one begins; 0 if it has begun.
    """

    question: str
    items: list[Item] = field(default_factory=list)
    answer: Display | None = None
    finished: RunFinished | None = None
    waiting: ModelWaiting | None = None
    earlier: list[RunFinished] = field(default_factory=list)
    files: tuple[FileNote, ...] = ()
    queued: int = 0

    @property
    def open_question(self) -> Asked | None:
        """What the person is asked now, by the running step; None for nothing."""
        return self.steps[-1].open_question if self.steps else None

    @property
    def steps(self) -> list[StepView]:
        return [item for item in self.items if isinstance(item, StepView)]

    @property
    def changed_files(self) -> list[FileNote]:
        """The files that the code created or changed, each once, in their last state."""
        ends = (step.finished.execution for step in self.steps if step.finished and step.finished.execution)
        return list({note.name: note for end in ends for note in end.files}.values())

    @property
    def usage(self) -> Usage:
        """What all runs for this question cost."""
        ends = [*self.earlier, *([self.finished] if self.finished else [])]
        return sum((end.usage for end in ends), Usage())

    @property
    def seconds(self) -> float:
        """How long all runs for this question took."""
        return sum(end.seconds for end in [*self.earlier, *([self.finished] if self.finished else [])])


class Transcript:
    """The chat so far. Apply every event of the log once, in order.

    Attributes:
        turns: The turns of the chat.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.turns: list[TurnView] = []
        self._rested = False  # since the last run
        self.apply(events)

    def apply(self, events: Iterable[Event]) -> None:
        for event in events:
            self._apply_one(event)

    def _apply_one(self, event: Event) -> None:
        if isinstance(event, PutToRest):
            self._rested = True
            return
        if isinstance(event, RunQueued | RunStarted) and self._begins_turn(event):
            self.turns.append(TurnView(event.question))
        turn = self.turns[-1]
        if self._rested:
            _add_note(turn, read_text("rested"))
            self._rested = False
        if not isinstance(event, ModelWaiting):
            turn.waiting = None
        match event:
            case RunQueued():
                _reopen(turn)
                turn.queued = event.before
            case RunStarted():
                turn.files, turn.queued = event.files, 0
            case StepStarted():
                turn.items.append(StepView(event.step))
            case PlanDelta() | PlanReady():
                _apply_to_plan(turn, event)
            case ModelWaiting():
                _wait(turn, event)
            case Compacted():
                _add_note(turn, read_text("compacted"))
            case AnswerRefused(answer, reason):
                turn.steps[-1].answered = True
                turn.items.append(RefusedView("An answer that was sent back", answer, reason))
            case FinalAnswer():
                turn.steps[-1].answered = True
                turn.answer = event.answer
            case RunFinished():
                turn.finished, turn.queued = event, 0
                _cut_off(turn)
            case RunResumed():
                _reopen(turn)
                turn.queued = 0
            case _:
                _apply_to_step(turn.steps[-1], event)

    def _begins_turn(self, event: RunQueued | RunStarted) -> bool:
        """Return False if a queued run begins, or the last turn continues."""
        is_queued = bool(self.turns) and self.turns[-1].queued > 0
        return not is_queued and (isinstance(event, RunStarted) or event.question != "")


def _apply_to_plan(turn: TurnView, event: PlanDelta | PlanReady) -> None:
    plan = _open_item(turn)
    if not isinstance(plan, PlanView):
        plan = PlanView(renewed=any(isinstance(item, PlanView) for item in turn.items))
        turn.items.append(plan)
    if isinstance(event, PlanReady):
        plan.text, plan.finished = event.plan, event
    else:
        plan.text += event.text


def _wait(turn: TurnView, event: ModelWaiting) -> None:
    """Discard the reply so far. A change of the model leaves a note."""
    turn.waiting = event
    match _open_item(turn):
        case StepView() as step:
            step.reasoning = step.prose = step.code = ""
        case PlanView() as plan:
            plan.text = ""
    if event.seconds == 0:
        _add_note(turn, fill(read_text("other_model"), message=first_sentence(event.message), model=event.model))


def _open_item(turn: TurnView) -> StepView | PlanView | None:
    """Return the step or plan that is being written, which is always the last item; None for none."""
    last = turn.items[-1] if turn.items else None
    return last if isinstance(last, StepView | PlanView) and not last.finished else None


def _add_note(turn: TurnView, text: str) -> None:
    """Add a note before what is being written, once in a turn."""
    if NoteView(text) not in turn.items:
        turn.items.insert(len(turn.items) - (_open_item(turn) is not None), NoteView(text))


def _reopen(turn: TurnView) -> None:
    """Continue a run: its answer so far becomes an item, and its end moves to the earlier ones."""
    if turn.finished:
        turn.earlier.append(turn.finished)
    if turn.answer:
        turn.items.append(RefusedView("The answer so far", turn.answer, read_text("so_far")))
    turn.answer = turn.finished = None


def _cut_off(turn: TurnView) -> None:
    """End the steps of a run that ended in mid-step. Open requests are denied, open questions have no answer."""
    for step in turn.steps:
        step.running = False
        for asked in step.asked:
            step.replies.setdefault(id_of(asked), "deny" if isinstance(asked, PermissionAsked) else None)


def _apply_to_step(step: StepView, event: Event) -> None:
    match event:
        case ReasoningDelta(text):
            step.reasoning += text
        case ThoughtDelta(text):
            step.prose += text
        case CodeDelta(text):
            step.code += text
        case CodeReady(code):
            step.code, step.running = code, True
        case OutputDelta(text):
            step.output += text
        case Displayed(display):
            step.displays.append(display)
        case ToolStarted():
            step.tools.append(event)
        case ToolProgress():
            step.progress[event.call_id] = event
        case ToolFinished():
            _finish_tool(step, event)
        case PermissionAsked() | QuestionAsked():
            step.asked.append(event)
        case PermissionAnswered(asked_id, reply) | QuestionAnswered(asked_id, reply):
            step.replies[asked_id] = reply
        case StepFinished():
            step.finished, step.running = event, False


def _finish_tool(step: StepView, event: ToolFinished) -> None:
    step.progress.pop(event.call_id, None)
    if event.error:
        step.tool_errors.append(event)
