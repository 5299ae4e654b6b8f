"""An agent's memory as JSON: each turn and each step on its own, as they are written one by one."""

from typing import Any

from pydantic import TypeAdapter, ValidationError

from agent_core.errors import GlassboxError
from agent_core.memory.turns import Step, Turn

_TURN, _STEP = TypeAdapter(Turn), TypeAdapter(Step)


def turn_to_json(turn: Turn) -> dict[str, Any]:
    """Return a turn without its steps, as JSON holds it."""
    return _TURN.dump_python(turn, mode="json", exclude={"steps"})


def step_to_json(step: Step) -> dict[str, Any]:
    """Return a step as JSON holds it."""
    return _STEP.dump_python(step, mode="json")


def turn_from_json(data: Any, steps: list[Step]) -> Turn:
    """Return the turn that `turn_to_json` wrote, with these steps. Raises GlassboxError if it is damaged."""
    turn = _read(_TURN, data)
    turn.steps = steps
    return turn


def step_from_json(data: Any) -> Step:
    """Return the step that `step_to_json` wrote. Raises GlassboxError if it is damaged."""
    return _read(_STEP, data)


def _read(kind: TypeAdapter[Any], data: Any) -> Any:
    try:
        return kind.validate_python(data)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise GlassboxError(f"A part of this chat's record is damaged, at {place}: {problem['msg']}.") from None
