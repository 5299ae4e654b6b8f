"""What happens now in a turn, in one line."""

from agent_core.events import ModelSilent, ModelWaiting, PermissionAsked, QuestionAsked
from agent_core.prompts import fill
from ui.texts import read_text
from ui.view.escaping import first_sentence
from ui.view.titles import doing_title, progress_text
from ui.view.turn_view import PlanView, StepView, TurnView

_REPORTS = 3  # of tools that work at the same time


def doing(turn: TurnView) -> str:
    """Return what happens now, as text; "" if nothing does."""
    if turn.is_over:
        return ""
    if turn.queued:
        return fill(read_text("queued"), before=str(turn.queued))
    match turn.open_question:
        case PermissionAsked(kind=kind) if kind != "more_time":  # for which the code does not wait
            return "Waiting for your decision"
        case QuestionAsked():
            return "Waiting for your answer"
    if turn.again:
        return "Running the steps again"
    return (turn.waiting and _waiting(turn.waiting)) or _working(turn)


def _working(turn: TurnView) -> str:
    match turn.items[-1] if turn.items else None:
        case StepView(running=True) as step:
            return _running(step)
        case StepView(finished=None, code=code) if code:
            return "Writing code"
        case StepView(finished=None, prose=prose) if prose.strip():
            return "Writing"
        case PlanView(finished=None):
            return "Making a plan"
    return "Thinking"


def _running(step: StepView) -> str:
    """Return what running code does: what its tools report, or else what they are for."""
    calls = [doing_title(call) for call in step.open_tools if call.call_id not in step.progress]
    reports = [*calls, *map(progress_text, step.progress.values())]
    return " · ".join(reports[-_REPORTS:]) or "Running code"


def _waiting(waiting: ModelWaiting | ModelSilent) -> str:
    if isinstance(waiting, ModelSilent):
        return _about_silence(waiting)
    if not waiting.seconds:
        return ""
    seconds = f"{waiting.seconds:.0f}" if waiting.seconds >= 1 else "less than 1"
    return fill(read_text("waiting"), message=first_sentence(waiting.message), model=waiting.model, seconds=seconds)


def _about_silence(silent: ModelSilent) -> str:
    name = f"silent_{silent.state}" if silent.state else "silent"
    name += "_counted" if silent.tokens else ""
    return fill(read_text(name), model=silent.model, read=f"{silent.tokens_read:,}", tokens=f"{silent.tokens:,}")
