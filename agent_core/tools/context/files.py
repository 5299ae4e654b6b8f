"""Files of the chat: those that a tool is given by name, and those that it gives.

Outside of a call that an agent makes there is no chat: names are paths then, and a file that is given stays where it
is. Code in a sandbox without an agent cannot name files, because it would name those of the host.
"""

from pathlib import Path

from agent_core.errors import GlassboxError, ToolError
from agent_core.tools.context.run_context import run_context
from agent_core.tools.context.tool_context import current_call, in_call


async def take_file(name: str, folder: Path) -> Path:
    """Copy a file of the workspace into a folder.

    Args:
        name: Its name in the workspace.
        folder: An existing folder of the host.

    Returns:
        The path of the copy.

    Raises:
        ToolError: There is no such file, or no chat whose files could be given.
    """
    run = run_context.get()
    if run is None or run.files is None:
        if in_call():
            raise ToolError("There is no chat here whose files could be given. Go on without the file.")
        return Path(name)
    target = folder / (Path(name).name or "file")
    try:
        await run.files.copy_file(name, target)
    except GlassboxError as error:
        raise ToolError(str(error)) from None
    return target


async def give_file(path: Path) -> str:
    """Copy a file into the workspace.

    Args:
        path: A file of the host.

    Returns:
        Its name in the workspace, by which the agent's code opens it.

    Raises:
        ToolError: It does not fit.
    """
    run = run_context.get()
    if run is None or run.files is None:
        return str(path)
    try:
        note = await run.files.add_file(path)
    except GlassboxError as error:
        raise ToolError(str(error)) from None
    if call := current_call():
        call.files.append(note)
    return note.name
