"""Files of the chat that a tool works for: those it is given by name, and those it gives.

Outside a call that an agent makes, as in a program that calls the tool's function itself, there is no chat: names are
paths then, and what is given stays where it is. Code in a sandbox without an agent can name no files: it would name
those of the host.
"""

from pathlib import Path
from typing import Protocol

from agent_core.errors import GlassboxError, ToolError
from agent_core.execution import FileNote
from agent_core.tools.context import call


class ChatFiles(Protocol):
    """The workspace of a chat."""

    async def copy_file(self, name: str, target: Path) -> None:
        """Copy a file out of the workspace. Raises GlassboxError where it is gone, or is no plain file."""
        ...

    async def add_file(self, path: Path) -> FileNote:
        """Copy a file into the workspace, under a name that is free. Raises GlassboxError where it does not fit."""
        ...


async def take_file(name: str, folder: Path) -> Path:
    """Copy a file of the workspace into a folder. Returns its path there. Raises ToolError where it is not there."""
    current = call.chat.get()
    if current is None or current.files is None:
        if call.in_call():
            raise ToolError("There is no chat here whose files could be given. Go on without the file.")
        return Path(name)
    target = folder / (Path(name).name or "file")
    try:
        await current.files.copy_file(name, target)
    except GlassboxError as error:
        raise ToolError(str(error)) from None
    return target


async def give_file(path: Path) -> str:
    """Copy a file into the workspace. Returns its name there, by which the code opens it. Raises ToolError."""
    current = call.chat.get()
    if current is None or current.files is None:
        return str(path)
    try:
        note = await current.files.add_file(path)
    except GlassboxError as error:
        raise ToolError(str(error)) from None
    call.note_file(note)
    return note.name
