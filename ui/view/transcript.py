"""Turns the events of runs into what a chat shows: questions, steps and answers."""

from collections.abc import Iterable, Sequence

from agent_core.events import (
    AnswerRefused,
    ChatRewound,
    ChatSuspended,
    CodeDelta,
    CodeReady,
    Compacted,
    Displayed,
    Event,
    FinalAnswer,
    ModelSilent,
    ModelWaiting,
    OutputDelta,
    PermissionAnswered,
    PermissionAsked,
    PlanDelta,
    PlanReady,
    QuestionAnswered,
    QuestionAsked,
    ReasoningDelta,
    ReplyCut,
    RunAgainFinished,
    RunFinished,
    RunQueued,
    RunResumed,
    RunStarted,
    SandboxStarting,
    SavingFailed,
    SavingResumed,
    SourceRead,
    StepFinished,
    StepRanAgain,
    StepsRunAgain,
    StepStarted,
    ThoughtDelta,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from agent_core.prompts import fill
from agent_core.text import truncate_middle
from ui.texts import read_text, words
from ui.view.escaping import first_sentence
from ui.view.turn_view import AgainView, BegunView, NoteView, PlanView, RefusedView, StepView, TurnView, id_of

_SHOWN_NAMES = 300  # characters of variables that were lost


class Transcript:
    """The chat so far. Apply every event of the log once, in order.

    Attributes:
        turns: The turns of the chat.
        problem: Why the chat is not kept at the moment; "" if it is.
        length: How many events were applied.
        rewinds: How often the chat went back to an earlier question.
        ends: How often something ended that ran in it.
        losses: What could not be brought back when it did; "" for nothing, and once there is a new question.
    """

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.turns: list[TurnView] = []
        self.problem = self.losses = ""
        self.length = self.rewinds = self.ends = 0
        self._suspended = ""  # what was lost since the last run
        self.apply(events)

    def apply(self, events: Iterable[Event]) -> None:
        for event in events:
            self.length += 1
            self.ends += isinstance(event, RunFinished | RunAgainFinished)
            self._apply_one(event)

    def _apply_one(self, event: Event) -> None:
        match event:
            case ChatSuspended(lost):
                self._suspended = _suspension_note(lost)
            case ChatRewound(turns, losses):
                del self.turns[turns:]
                self.rewinds += 1
                self.losses = losses
            case SavingFailed(message):
                self.problem = message
            case SavingResumed():
                self.problem = ""
            case _:
                self._apply_to_last(event)

    def _apply_to_last(self, event: Event) -> None:
        if isinstance(event, RunQueued | RunStarted) and self._begins_turn(event):
            self.losses = ""
            before = self.turns[-1] if self.turns else None
            known = before.known_sources | before.sources if before else {}
            self.turns.append(TurnView(event.question, known_sources=known))
        turn = self.turns[-1]
        if self._suspended:
            _add_note(turn, self._suspended)
            self._suspended = ""
        if not isinstance(event, ModelWaiting | ModelSilent):
            turn.waiting = None
        _apply_to_turn(turn, event)

    def _begins_turn(self, event: RunQueued | RunStarted) -> bool:
        """Return False if a queued run begins, or the last turn continues."""
        is_queued = bool(self.turns) and self.turns[-1].queued > 0
        return not is_queued and (isinstance(event, RunStarted) or event.question != "")


def _apply_to_turn(turn: TurnView, event: Event) -> None:
    match event:
        case RunQueued():
            _reopen(turn)
            turn.queued, turn.queued_seconds = event.before, event.seconds
        case RunStarted():
            turn.files, turn.queued = event.files, 0
        case StepStarted():
            turn.items.append(StepView(event.step))
        case PlanDelta() | PlanReady():
            _apply_to_plan(turn, event)
        case ModelWaiting():
            _wait(turn, event)
        case ModelSilent():
            turn.waiting = event
        case Compacted():
            _add_note(turn, read_text("compacted"))
        case AnswerRefused(answer, reason):
            turn.steps[-1].answered = True
            turn.items.append(RefusedView(words("turn.sent_back"), answer, reason))
        case FinalAnswer():
            turn.steps[-1].answered = True
            turn.items = [item for item in turn.items if not isinstance(item, BegunView)]  # the answer has it
            turn.answer = event.answer
        case RunFinished():
            turn.finished, turn.queued = event, 0
            _cut_off(turn)
        case RunResumed():
            _reopen(turn)
            turn.queued = 0
        case StepsRunAgain(steps):
            turn.items.append(AgainView(steps))
        case _:
            _apply_to_part(turn, event)


def _apply_to_part(turn: TurnView, event: Event) -> None:
    """Apply an event to the steps that run again, or else to the last step."""
    again = turn.again
    match event:
        case StepRanAgain():
            assert again, "steps run again"
            again.done += 1
        case RunAgainFinished():
            assert again, "steps run again"
            again.finished = event
        case PermissionAsked() | QuestionAsked() if again:
            again.asked.append(event)
        case PermissionAnswered(asked_id, reply) | QuestionAnswered(asked_id, reply) if again:
            again.replies[asked_id] = reply
        case _:
            _apply_to_step(turn.steps[-1], event)


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


def _suspension_note(lost: Sequence[str]) -> str:
    """Return what was lost when the chat's processes were ended: some variables, or all."""
    if not lost:
        return read_text("chat_suspended")
    return fill(read_text("chat_suspended_in_part"), names=truncate_middle(", ".join(lost), _SHOWN_NAMES))


def _add_note(turn: TurnView, text: str) -> None:
    """Add a note before what is being written, once in a turn."""
    if NoteView(text) not in turn.items:
        turn.items.insert(len(turn.items) - (_open_item(turn) is not None), NoteView(text))


def _reopen(turn: TurnView) -> None:
    """Continue a run: its answer so far becomes an item, and its end moves to the earlier ones."""
    if turn.finished:
        turn.earlier.append(turn.finished)
    if turn.answer and turn.finished and turn.finished.reason == "cut_off":
        turn.items.append(BegunView(turn.answer))
    elif turn.answer:
        turn.items.append(RefusedView(words("turn.so_far"), turn.answer, read_text("best_answer_so_far")))
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
        case ReplyCut(message, code):
            step.cut, step.code = message, code
        case CodeReady(code):
            step.code, step.running = code, True
        case SandboxStarting(ready):
            step.starting = not ready
        case OutputDelta(text, erased):
            step.output = step.output[: len(step.output) - erased] + text
        case Displayed(display):
            step.displays.append(display)
        case ToolStarted():
            step.tools.append(event)
        case ToolProgress():
            step.progress[event.call_id] = event
        case SourceRead(source=source):
            step.sources.append(source)
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
    step.tools_ended.add(event.call_id)
    if event.error:
        step.tool_errors.append(event)
