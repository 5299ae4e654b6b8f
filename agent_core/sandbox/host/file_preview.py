"""Previews of files, for a person who wants to see what is in them."""

from agent_core.errors import SandboxError
from agent_core.execution import CSV, FilePreview
from agent_core.sandbox.guest.files.preview_types import TEXT
from agent_core.sandbox.host.look_into import LookInto

SECONDS = 8.0  # large workbooks take some
_NO_TIME = "There is no preview of it: reading it takes too long, or too much memory."


async def preview_of(name: str, look_into: LookInto) -> FilePreview:
    """Return a preview of a file of the workspace.

    The worker that makes it can have been taken over by the file: what it says is checked as what code displays.
    """
    try:
        execution = await look_into({"preview": name}, SECONDS)
    except SandboxError as error:
        return FilePreview(str(error))
    if not execution.displays:
        return FilePreview(_NO_TIME)
    data = execution.displays[0].data
    return FilePreview(data["text/plain"], data.get(CSV), data.get(TEXT))
