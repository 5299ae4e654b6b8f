"""An agent's memory as JSON: as a whole, or each turn and each step on its own, as they are written one by one."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from agent_core.errors import GlassboxError
from agent_core.memory.memory import Memory
from agent_core.memory.turns import Step, Turn
from agent_core.record.events_json import NEWER, RECORD_VERSION


class MemoryRecord(TypedDict):
    """What is kept of a memory."""

    version: int
    turns: list[Turn]
    last_step: int
    note: str


_TURN, _STEP, _MEMORY = TypeAdapter(Turn), TypeAdapter(Step), TypeAdapter(MemoryRecord)
_NO_MEMORY = "This is no memory of a chat: memory_to_json makes one, as an object with a version."


def memory_to_json(memory: Memory) -> dict[str, Any]:
    """Return a memory as JSON holds it: all that the model is told of a chat, with pictures and the notes on files.

    Args:
        memory: The memory, such as `agent.memory`.
    """
    kept = MemoryRecord(version=RECORD_VERSION, turns=memory.turns, last_step=memory.last_step, note=memory.note)
    return _MEMORY.dump_python(kept, mode="json")


def memory_from_json(data: Mapping[str, Any]) -> Memory:
    """Return the memory that `memory_to_json` wrote; `agent.chat.go_on_with` has a chat go on from it.

    Args:
        data: The memory as JSON.

    Raises:
        GlassboxError: It is none, a newer Glassbox wrote it, or it is damaged.
    """
    version = data.get("version") if isinstance(data, Mapping) else None
    if not isinstance(version, int):
        raise GlassboxError(_NO_MEMORY)
    if version > RECORD_VERSION:
        raise GlassboxError(NEWER)
    kept: MemoryRecord = _read(_MEMORY, data)
    memory = Memory()
    memory.turns, memory.note = kept["turns"], kept["note"]
    memory.last_step = max([kept["last_step"], *(step.number for step in memory.steps)])
    return memory


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
