"""Exchanges files between a tool and the chat's workspace.

Outside of a call that an agent makes there is no chat. Names are paths of the host then, and a file that a tool gives
stays where it is. Code in a sandbox without an agent cannot pass files to tools, because it would name the host's.
"""

from pathlib import Path

from agent_core.errors import GlassboxError, ToolError
from agent_core.tools.context.run_context import run_context
from agent_core.tools.context.tool_context import current_call, in_call


async def take_file(name: str, folder: Path) -> Path:
    """Copy a file of the workspace into a folder, so that the tool can read it.

    Args:
        name: The file's name in the workspace. Outside of an agent's call, the path of a file of the host.
        folder: An existing folder of the host.

    Returns:
        The path of the copy. Outside of an agent's call, the path that `name` is.

    Raises:
        ToolError: The workspace has no such file, or there is no workspace.
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
    """Copy a file of the host into the workspace, so that the agent's code can open it.

    Args:
        path: A file of the host.

    Returns:
        The file's name in the workspace. Outside of an agent's call, its path.

    Raises:
        ToolError: The file does not fit into the workspace.
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
