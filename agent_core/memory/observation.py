"""Makes the observations that the model reads after code or a tool call: short, useful, without paths of the host."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from agent_core.execution import Display, Execution, ExecutionError, FileNote
from agent_core.memory.library_texts import library_text
from agent_core.sources import Source
from agent_core.text import truncate, truncate_middle, whole_characters

OBSERVATION_CHARACTERS = 8_000
VARIABLES_CHARACTERS = 400
_NAMED_FILES = 10
_NAMED_SOURCES = 40
_REFER = "In the answer, refer to what you take from these by number, as in [{number}]."
_NOTHING_PRINTED = "Output: nothing was printed. Print what you need to see, or give the result with final_answer(…)."
ANSWER_GIVEN = "The answer was given to the user."
_KIND_NAMES = {"interactive": "interactive view"}
REST = "…"  # the key under which further variables are counted


def observe(execution: Execution) -> str:
    """Return the observation after a step; at most about OBSERVATION_CHARACTERS long."""
    parts = [execution.note] if execution.note else []
    output, value, *displayed = _excerpts(
        [execution.stdout.rstrip(), execution.value or "", *_texts(execution.displays, execution.value)]
    )
    if output.strip():
        parts.append(f"Output:\n{output}")
    if displayed:
        parts.append("Displayed:\n" + "\n\n".join(displayed))
    if execution.value is not None:
        parts.append(f"Value:\n{value}" if "\n" in value else f"Value: {value}")
    if execution.displays:
        parts.append(f"Shown to the user: {_count(execution.displays)}.")
    if execution.files:
        parts.append(f"Files written: {_list(execution.files)}. The user can download them.")
    if execution.error:
        parts.append(_explain(execution.error))
    if execution.answer:
        parts.append(ANSWER_GIVEN)
    if not parts:
        parts.append(_NOTHING_PRINTED)
    if execution.variables:
        parts.append(_describe(execution.variables))
    return "\n".join(parts)


def name_sources(sources: Iterable[Source]) -> str:
    """Return what the model is told of the pages that a step has read; "" for none."""
    named = list(sources)[:_NAMED_SOURCES]
    if not named:
        return ""
    return "\n".join(["Sources read:", *map(str, named), _REFER.format(number=named[0].number)])


def code_with_output(code: str, execution: Execution) -> str:
    """Return code and what it printed as Markdown, as an answer."""
    output, value = _excerpts([execution.stdout.rstrip(), execution.value or ""])
    came_out = "\n".join(filter(None, (output, value)))
    shown = f"```python\n{code.strip()}\n```"
    return f"{shown}\n\nOutput:\n```text\n{came_out}\n```" if came_out else shown


def without_observation(text: str, observations: Iterable[str]) -> str:
    """Return a reply without the words of an observation, if it only repeats one instead of answering.

    Args:
        text: The reply. It is returned as it is unless it repeats an observation, or calls itself one.
        observations: What the model was told of its steps.
    """
    words = _squeezed(text)
    repeats = _FRAME.match(text) and words and any(words in _squeezed(observation) for observation in observations)
    if not repeats and not text.lstrip("* ").startswith("Observation"):
        return text
    return _FRAME.sub("", text).strip() if repeats else _OWN_LABEL.sub("", text).strip()


_OWN_LABEL = re.compile(r"^[* ]*Observations?[* ]*:?[* ]*", re.IGNORECASE)
_FRAME = re.compile(
    rf"^[ \t]*(?:{re.escape(_NOTHING_PRINTED)}|{re.escape(ANSWER_GIVEN)}|Output:|Value:|Displayed:"
    r"|Error(?: in\b|:)(?:.|\n)*"
    r"|(?:Sources read|In the answer, refer|Variables|Shown to the user|Files written|Advice|Result \d+, of)"
    r"\b[^\n]*)[ \t]*\n?",
    re.MULTILINE,
)


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def result_text(value: Any) -> str:
    """Return a tool's result as text: its str() if its class defines one, else JSON."""
    if value is None:
        return "Done. There is no result."
    if isinstance(value, (bytes, bytearray)):
        return f"{len(value):,} bytes of data"
    if isinstance(value, str) or _prints_itself(value):
        return whole_characters(str(value))
    if isinstance(value, (list, tuple)) and value and all(map(_prints_itself, value)):
        return whole_characters("\n\n".join(f"{number}. {item}" for number, item in enumerate(value, 1)))
    if text := library_text(value):
        return whole_characters(text)
    return to_json(value, fallback=_text, bytes_mode="base64", inf_nan_mode="strings").decode()


def _text(value: Any) -> str:
    return library_text(value) or str(value)


def _prints_itself(value: Any) -> bool:
    """Whether a record's class defines its str()."""
    is_record = isinstance(value, BaseModel) or (is_dataclass(value) and not isinstance(value, type))
    return is_record and type(value).__str__ not in (object.__str__, BaseModel.__str__)


def _texts(displays: tuple[Display, ...], value: str | None) -> list[str]:
    """Return what the displays say in words, without those that the value says too, or that say nothing."""
    texts = [str(display) for display in displays if not _only_shows(display)]
    return [text for text in texts if text.strip() and text != value]


def _only_shows(display: Display) -> bool:
    """Whether a display says nothing in words, as a figure does, whose text is only "<Figure size …>"."""
    text = str(display)
    return display.kind == "image" and text.startswith("<") and text.endswith(">")


def _excerpts(texts: list[str]) -> list[str]:
    """Return the texts; the longest ones are cut so that all together have OBSERVATION_CHARACTERS at most."""
    share, room = OBSERVATION_CHARACTERS, OBSERVATION_CHARACTERS
    for rank, length in enumerate(sorted(map(len, texts))):
        share = room // (len(texts) - rank)
        if length > share:
            break
        room -= length
    return [_excerpt(text, share) for text in texts]


def _excerpt(text: str, limit: int) -> str:
    excerpt = truncate_middle(text, limit)
    return excerpt if excerpt is text else f"{excerpt}\n(It was cut. To see the rest, print a part of it.)"


def _explain(error: ExecutionError) -> str:
    """Return the failing lines, the error and the advice."""
    message = truncate_middle(error.message, 2_000)
    lines = [f"Error in {error.place}", message] if error.place else [f"Error: {message}"]
    return "\n".join([*lines, f"Advice: {error.advice}"] if error.advice else lines)


def _describe(variables: dict[str, str]) -> str:
    """Return the variables that changed, as many as fit on one short line."""
    shown = [f"{name} = {look}" for name, look in variables.items() if look and name != REST]
    deleted = [name for name, look in variables.items() if not look]
    line = "; ".join([*shown, *([f"deleted: {', '.join(deleted)}"] if deleted else [])])
    line = truncate(line, VARIABLES_CHARACTERS)
    return f"Variables: {line}" + (f"; {REST} {variables[REST]}" if REST in variables else "")


def _list(files: tuple[FileNote, ...]) -> str:
    more = f" and {len(files) - _NAMED_FILES} more" if len(files) > _NAMED_FILES else ""
    return ", ".join(file.name for file in files[:_NAMED_FILES]) + more


def _count(displays: tuple[Display, ...]) -> str:
    kinds = Counter(display.kind for display in displays)
    names = ((number, _KIND_NAMES.get(kind, kind)) for kind, number in kinds.items())
    return ", ".join(f"{number} {name}{'s' if number > 1 else ''}" for number, name in names)
