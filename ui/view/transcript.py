"""A run's events, folded into what a chat shows: the question, its steps, the answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from agent_core.events import (
    AnswerRefused,
    ChatSuspended,
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
    """The id that the reply to it bears, too."""
    return asked.request_id if isinstance(asked, PermissionAsked) else asked.question_id


@dataclass
class StepView:
    """One step as far as it has come.

    finished: None while it goes on, or where it was cut off. progress: the latest report of each tool that works, by
    the ids of the calls. asked, replies: what the person was asked, and by its id what became of it: a decision, an
    answer, or None for no answer. answered: it led to an answer, which is shown outside the step, be it the last word
    or not.
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
        """What the person is asked now; the first one, where threads or tools ask for several."""
        waiting = (asked for asked in self.asked if id_of(asked) not in self.replies)
        return next(waiting, None) if self.running else None


@dataclass
class PlanView:
    """A plan as far as it is written. renewed: there was one before it. finished: None while it is written."""

    renewed: bool = False
    text: str = ""
    finished: PlanReady | None = None


@dataclass
class NoteView:
    """Something that happened between the steps, in one sentence."""

    text: str


@dataclass
class RefusedView:
    """An answer that was not the last word: a check sent it back, or the run went on after it."""

    title: str
    answer: Display
    reason: str


Item = StepView | PlanView | NoteView | RefusedView


@dataclass
class TurnView:
    """A question, what was done for it, its answer and its end, as far as they are known.

    items: in the order in which they came. waiting: why and how long the model is waited for; None while it is not.
    earlier: the ends of the runs that this question's last run goes on from. files: those that came with the question.
    queued: how many runs have to end before this one begins; 0 where it has begun.
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
        """What the person is asked now; only the step that is running asks."""
        return self.steps[-1].open_question if self.steps else None

    @property
    def steps(self) -> list[StepView]:
        return [item for item in self.items if isinstance(item, StepView)]

    @property
    def written(self) -> list[FileNote]:
        """The files that the code wrote, each once, as it was left."""
        ends = (step.finished.execution for step in self.steps if step.finished and step.finished.execution)
        return list({note.name: note for end in ends for note in end.files}.values())

    @property
    def usage(self) -> Usage:
        """Of all the runs for this question."""
        ends = [*self.earlier, *([self.finished] if self.finished else [])]
        return sum((end.usage for end in ends), Usage())

    @property
    def seconds(self) -> float:
        """Of all the runs for this question."""
        return sum(end.seconds for end in [*self.earlier, *([self.finished] if self.finished else [])])


class Transcript:
    """The chat so far. Feed it every event of the log once, in order."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.turns: list[TurnView] = []
        self._suspended = False  # since the last run
        self.apply(events)

    def apply(self, events: Iterable[Event]) -> None:
        for event in events:
            self._apply_one(event)

    def _apply_one(self, event: Event) -> None:
        if isinstance(event, ChatSuspended):
            self._suspended = True
            return
        if isinstance(event, RunQueued | RunStarted) and self._begins_turn(event):
            self.turns.append(TurnView(event.question))
        turn = self.turns[-1]
        if self._suspended:
            _add_note(turn, read_text("chat_suspended"))
            self._suspended = False
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
        """Not where a run begins that was queued, or where the last turn goes on."""
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
    """What was written of the reply is void; another model than before leaves a note."""
    turn.waiting = event
    match _open_item(turn):
        case StepView() as step:
            step.reasoning = step.prose = step.code = ""
        case PlanView() as plan:
            plan.text = ""
    if event.seconds == 0:
        _add_note(turn, fill(read_text("other_model"), message=first_sentence(event.message), model=event.model))


def _open_item(turn: TurnView) -> StepView | PlanView | None:
    """The step or the plan that is being written; it is always the last item."""
    last = turn.items[-1] if turn.items else None
    return last if isinstance(last, StepView | PlanView) and not last.finished else None


def _add_note(turn: TurnView, text: str) -> None:
    """A note stands before what is being written, and is made once in a turn."""
    if NoteView(text) not in turn.items:
        turn.items.insert(len(turn.items) - (_open_item(turn) is not None), NoteView(text))


def _reopen(turn: TurnView) -> None:
    """The run goes on: its answer so far becomes one of the steps' results, and its end is no end any more."""
    if turn.finished:
        turn.earlier.append(turn.finished)
    if turn.answer:
        turn.items.append(RefusedView("The answer so far", turn.answer, read_text("best_answer_so_far")))
    turn.answer = turn.finished = None


def _cut_off(turn: TurnView) -> None:
    """A run may end in mid-step; what was asked then is not allowed, or has no answer."""
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
