"""What every export shows of a turn and of its steps, beside prose and code."""

from agent_core.execution import Display
from agent_core.prompts import fill
from ui.texts import read_text, words
from ui.view.person_questions import outcome_text
from ui.view.turn_view import PlanView, StepView, TurnView, id_of


def step_heading(step: int, title: str) -> str:
    """Return what stands above a step."""
    return words("exports.step", step=step, title=title)


def plan_heading(plan: PlanView) -> str:
    """Return what stands above a plan."""
    return words("exports.plan_renewed" if plan.renewed else "exports.plan")


def displays_of(step: StepView) -> list[Display]:
    """Return what the code showed, without what is blank."""
    return [display for display in step.displays if display.kind != "value" or str(display).strip()]


def result_of(step: StepView) -> str:
    """Return the value of the code's last expression; "" if it has none, or is among the displays."""
    value = step.execution.value if step.execution else None
    shown = {str(display) for display in step.displays}
    return "" if value is None or value in shown else value


def failures_of(step: StepView) -> list[str]:
    """Return, as plain text, why the reply was cut off and which tools failed."""
    return [*([step.cut] if step.cut else []), *(f"{call.tool}: {call.error}" for call in step.tool_errors)]


def asked_in(step: StepView) -> list[str]:
    """Return what the person was asked and what they replied, as Markdown."""
    return [
        outcome_text(asked, step.replies[id_of(asked)]).strip() for asked in step.asked if id_of(asked) in step.replies
    ]


def ending_of(turn: TurnView) -> str:
    """Return which files there were, and why the run ended, if that was no ordinary answer; "" for neither."""
    came, written = (", ".join(map(str, notes)) for notes in (turn.files, turn.changed_files))
    lines = [words("exports.files_came", files=came)] if came else []
    lines += [words("exports.files_written", files=written)] if written else []
    return " ".join([*lines, turn.finished.message if turn.finished else ""]).strip()


def chart_text(display: Display) -> str:
    """Return a line of plain text that stands for a chart that needs scripts."""
    return fill(read_text("chart_in_chat"), chart=str(display))
