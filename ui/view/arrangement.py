"""Where the parts of a turn stand: in the line of its steps, open below it, or at the place of the answer."""

from agent_core.execution import Display
from ui.view.turn_view import PlanView, RefusedView, StepView, TurnView

Work = StepView | PlanView | RefusedView
"""What the line of a turn opens to."""


def is_writing(turn: TurnView, step: StepView) -> bool:
    """Return whether the prose of a step stands where the answer does: it may become that, or is all there is."""
    is_last = bool(turn.items) and turn.items[-1] is step
    return is_last and not (step.code or step.cut or step.answered or turn.answer) and bool(step.prose.strip())


def writing(turn: TurnView) -> str:
    """Return the prose that stands where the answer does; "" for none."""
    last = turn.items[-1] if turn.items else None
    return last.prose.strip() if isinstance(last, StepView) and is_writing(turn, last) else ""


def current(turn: TurnView) -> StepView | PlanView | None:
    """Return what stands open while a turn is in progress: what was written last. None once there is an answer."""
    if turn.finished or turn.answer or writing(turn):
        return None
    parts = (item for item in reversed(turn.items) if isinstance(item, StepView | PlanView))
    last = next((part for part in parts if part.written), None)
    return last if isinstance(last, PlanView) or (last and turn.shows(last)) else None


def folded(turn: TurnView) -> list[Work]:
    """Return the steps, plans and refused answers that are over, in their order."""
    goes_on = current(turn)
    parts = [item for item in turn.items if isinstance(item, Work) and item is not goes_on]
    return [part for part in parts if not isinstance(part, StepView) or _has_more_than_answer(turn, part)]


def _has_more_than_answer(turn: TurnView, step: StepView) -> bool:
    """Return whether there is anything to show of a step beside what stands where the answer does."""
    if is_writing(turn, step):
        return bool(step.reasoning)
    return turn.shows(step) and bool(step.written or step.cut)


def tables_beside(turn: TurnView, step: StepView) -> list[Display]:
    """Return the tables of a step that stand with the answer: of the last step that has any, but not the answer."""
    tables = _tables(step)
    if not tables or step is not next(step for step in reversed(turn.steps) if _tables(step)):
        return []
    return [table for table in tables if turn.answer is None or table.data != turn.answer.data]


def _tables(step: StepView) -> list[Display]:
    return [display for display in step.displays if display.kind == "table"]
