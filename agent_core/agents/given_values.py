"""Values that come with a question: variables in the chat's sandbox, or, where the model writes no code, told to it."""

import asyncio
import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, Protocol
from unicodedata import normalize

from agent_core.agents.event_stream import Emit, forward_events
from agent_core.errors import GlassboxError
from agent_core.execution import FileNote, ValueNote
from agent_core.memory.images import picture_as_data_url
from agent_core.memory.observation import result_text
from agent_core.memory.turns import Turn
from agent_core.prompts import fill, read_prompt
from agent_core.sandbox import MOST_GIVEN, EncodedValue, Sandbox, encode_value
from agent_core.text import truncate_middle
from agent_core.tools.base import Tool

_MOST_KEPT = 2 * 2**20  # characters of a question's values, encoded, that stay with the chat
_MOST_TOLD = 4_000  # characters of a question's values that are told as text
_LEAST_TOLD = 200  # of each
_LONGEST_NAME = 100  # characters
_OWN_NAMES = ("display", "final_answer", "get_ipython", "print", "ToolError", "python")


class CodeWriter(Protocol):
    """What is needed of an agent here."""

    @property
    def tools(self) -> Sequence[Tool]: ...

    @property
    def sandbox(self) -> Sandbox: ...

    @property
    def writes_code(self) -> bool: ...


@dataclass(frozen=True)
class GivenValues:
    """Values that were checked.

    Attributes:
        notes: What the model is told of each; paths have none yet.
        paths: Files among them, by name.
        images: Pictures among them, as data: URLs.
        objects: The values themselves.
    """

    notes: tuple[ValueNote, ...] = ()
    paths: Mapping[str, Path] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    objects: Mapping[str, Any] = field(default_factory=dict)

    def note_in(self, turn: Turn, copies: Sequence[FileNote]) -> None:
        """Add them to a turn.

        Args:
            turn: The turn.
            copies: The copies of the files in the workspace, in their order.
        """
        files = [
            ValueNote(name, f"path of the file {note.name}", encode_value(name, PurePosixPath(note.name)).text)
            for name, note in zip(self.paths, copies, strict=True)
        ]
        turn.values = (*self.notes, *files)
        turn.images += self.images


async def check_values(agent: CodeWriter, values: Mapping[str, Any] | None, *, vision: bool) -> GivenValues:
    """Return values that a program gives, encoded if the agent writes code.

    Args:
        agent: Whose model is told of them.
        values: The values by their names.
        vision: Whether the model sees pictures among them.

    Raises:
        GlassboxError: A name or a value cannot be used; the text says which, and what can.
    """
    if not values:
        return GivenValues()
    if not isinstance(values, Mapping):
        raise GlassboxError('Values are given as a dict of their names, such as values={"df": frame}.')
    _check_names(agent.tools, values)
    paths = {name: _existing(name, value) for name, value in values.items() if isinstance(value, PurePath)}
    others = {name: value for name, value in values.items() if name not in paths}
    describe = _as_variables if agent.writes_code else _as_text
    notes = await asyncio.to_thread(describe, others)
    images = tuple(await asyncio.to_thread(_pictures_in, others)) if vision else ()
    if not agent.writes_code and paths:
        raise GlassboxError(f"The value {next(iter(paths))!r} is a file, and this agent writes no code. Use files=[…].")
    return GivenValues(notes, paths, images, others)


async def set_variables(agent: CodeWriter, turn: Turn, emit: Emit) -> int:
    """Set the variables that came with a question in the sandbox. Large ones are not kept beside that.

    Returns:
        The sandbox's checkpoint right after that; 0 if there are none to set.

    Raises:
        GlassboxError: The sandbox fails, or has no room for them.
    """
    given = {note.name: EncodedValue(note.content) for note in turn.values if note.is_variable and note.content}
    if not given:
        return 0
    execution = await forward_events(agent.sandbox.stream("", values=given), emit)
    if execution.error:
        names = ", ".join(given)
        raise GlassboxError(f"The values {names} could not be given to the code: {execution.error.message}")
    if sum(len(note.content) for note in turn.values) > _MOST_KEPT:
        turn.values = tuple(replace(note, content="") if note.is_variable else note for note in turn.values)
    return execution.checkpoint


def not_kept(turn: Turn) -> str:
    """Return the names of a turn's variables that are not kept, so that nothing brings them back; "" for none."""
    return ", ".join(note.name for note in turn.values if note.is_variable and not note.content)


def take_again(turn: Turn, new: Turn) -> None:
    """Take the values of an earlier turn into a new one with the same question, as far as they are kept."""
    if names := not_kept(turn):
        new.note = f"{new.note}\n{fill(read_prompt('values_lost'), names=names)}".strip()
    new.values = tuple(note for note in turn.values if note.content or not note.is_variable)


def _check_names(tools: Sequence[Tool], values: Mapping[str, Any]) -> None:
    taken = {*_OWN_NAMES, *(tool.name for tool in tools)}
    for name in values:
        if not _is_variable(name):
            shown = repr(name)[:_LONGEST_NAME]
            raise GlassboxError(f"A value cannot be named {shown}. Use a Python name, such as {'df'!r}.")
        if name in taken:
            raise GlassboxError(
                f"A value cannot be named {name!r}: a tool, or a function of the sandbox, has the name."
            )


def _is_variable(name: object) -> bool:
    """Return whether code can have a variable of this name: Python writes some letters in another way."""
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        return False
    return len(name) <= _LONGEST_NAME and not name.startswith("__") and normalize("NFKC", name) == name


def _existing(name: str, path: PurePath) -> Path:
    if not Path(path).is_file():
        raise GlassboxError(
            f"The value {name!r} is the path {str(path)!r}, where there is no file. Give a file's path."
        )
    return Path(path)


def _as_variables(values: Mapping[str, Any]) -> tuple[ValueNote, ...]:
    notes, left = list[ValueNote](), MOST_GIVEN
    for name, value in values.items():
        encoded = encode_value(name, value, left)
        left = max(0, left - len(encoded.text))
        notes.append(ValueNote(name, encoded.look, encoded.text))
    return tuple(notes)


def _as_text(values: Mapping[str, Any]) -> tuple[ValueNote, ...]:
    share = max(_MOST_TOLD // max(len(values), 1), _LEAST_TOLD)
    for name, value in values.items():
        encode_value(name, value)  # what could not be a variable is none here either
    return tuple(
        ValueNote(name, truncate_middle(result_text(value), share), is_variable=False) for name, value in values.items()
    )


def _pictures_in(values: Mapping[str, Any]) -> list[str]:
    return [url for value in values.values() if (url := picture_as_data_url(value))]
