"""What happens now in a turn, in one line."""

from agent_core.events import ModelSilent, ModelWaiting, PermissionAsked, QuestionAsked
from agent_core.prompts import fill
from ui.texts import read_text, words
from ui.texts.numbers import number
from ui.view.escaping import first_sentence
from ui.view.titles import doing_title, progress_text
from ui.view.turn_view import PlanView, StepView, TurnView

_REPORTS = 3  # of tools that work at the same time


def doing(turn: TurnView) -> str:
    """Return what happens now, as text; "" if nothing does.

    If it has been going on for some time, its seconds so far follow after a tab; status.js counts on from there.
    """
    if turn.is_over:
        return ""
    if turn.queued:
        return _place(turn.queued, turn.queued_seconds)
    match turn.open_question:
        case PermissionAsked(kind=kind) if kind != "more_time":  # for which the code does not wait
            return words("doing.decision")
        case QuestionAsked():
            return words("doing.answer")
    if turn.again:
        return words("doing.again")
    return (turn.waiting and _waiting(turn.waiting)) or _working(turn)


def _place(place: int, seconds: int | None) -> str:
    if seconds is None:
        return words("doing.queued", place=place)
    return words("doing.queued_about", place=place, time=_time(seconds))


def _time(seconds: int) -> str:
    """Return a time in words; from two minutes on in minutes, as exactly as that."""
    if seconds < 120 and seconds != 60:
        return words("doing.seconds", count=seconds)
    return words("doing.minutes", count=round(seconds / 60))


def _working(turn: TurnView) -> str:
    match turn.items[-1] if turn.items else None:
        case StepView(running=True) as step:
            return _running(step)
        case StepView(finished=None, code=code) if code:
            return words("doing.writing_code")
        case StepView(finished=None, prose=prose) if prose.strip():
            return words("doing.writing")
        case PlanView(finished=None):
            return words("doing.planning")
    return words("doing.thinking")


def _running(step: StepView) -> str:
    """Return what running code does: what its tools report, or else what they are for."""
    if step.starting:
        return words("doing.starting")
    calls = [doing_title(call) for call in step.open_tools if call.call_id not in step.progress]
    reports = [*calls, *map(progress_text, step.progress.values())]
    return " · ".join(reports[-_REPORTS:]) or words("doing.running")


def _waiting(waiting: ModelWaiting | ModelSilent) -> str:
    if isinstance(waiting, ModelSilent):
        return _about_silence(waiting)
    if not waiting.seconds:
        return ""
    seconds = number(waiting.seconds) if waiting.seconds >= 1 else words("doing.less_than_one")
    return fill(read_text("waiting"), message=first_sentence(waiting.message), model=waiting.model, seconds=seconds)


def _about_silence(silent: ModelSilent) -> str:
    name = "silent_begun" if silent.begun else f"silent_{silent.state}" if silent.state else "silent"
    name += "_counted" if silent.tokens else ""
    text = fill(read_text(name), model=silent.model, read=number(silent.tokens_read), tokens=number(silent.tokens))
    if silent.limit:
        text += " " + words("doing.given_up", time=_time(silent.limit))
    return f"{text}\t{silent.seconds}" if silent.seconds else text
