"""Has a worker of its own look into files of a workspace, because the app must not parse what strangers send."""

import json
from collections.abc import Sequence
from dataclasses import replace

from agent_core.errors import SandboxError
from agent_core.execution import FileNote
from agent_core.sandbox.host.look_into import LookInto
from agent_core.text import truncate

SECONDS = 2.0  # for all files
_CHARACTERS = 1_000  # of all overviews together, some 300 tokens
_LEAST_CHARACTERS = 100  # of one
_NO_TIME = "looking into it took too long"


async def with_overviews(notes: Sequence[FileNote], look_into: LookInto) -> tuple[FileNote, ...]:
    """Return notes of files with what a person would look at first in each.

    The worker ends afterwards, whatever a file did to it; the chat's own has neither its imports nor its memory.

    Args:
        notes: Files of the workspace.
        look_into: Has a worker look into files of the workspace.
    """
    names = [note.name for note in sorted(notes, key=lambda note: note.size)]
    try:
        execution = await look_into({"overviews": names}, SECONDS)
    except SandboxError:  # the first step will report it
        return tuple(notes)
    found = _overviews(execution.stdout)
    if execution.error and execution.error.kind == "timeout":
        found = dict.fromkeys(names, _NO_TIME) | found
    room = max(_CHARACTERS // len(notes), _LEAST_CHARACTERS)
    return tuple(replace(note, overview=_plain(found.get(note.name, ""), room)) for note in notes)


def _overviews(output: str) -> dict[str, str]:
    """Return overviews by the files' names. The worker may have been taken over: it can print whatever it likes."""
    found = {}
    for line in output.splitlines():
        try:
            name, text = json.loads(line)
        except (ValueError, TypeError, RecursionError):
            continue
        if isinstance(name, str) and isinstance(text, str):
            found[name] = text
    return found


def _plain(text: str, room: int) -> str:
    lines = ("".join(sign if sign.isprintable() else " " for sign in line).strip() for line in text.splitlines())
    return truncate("\n".join(line for line in lines if line), room)
