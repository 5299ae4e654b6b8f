"""Turns what an MCP server answers to a call into a result that the agent's code can use."""

import base64
import mimetypes
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from mcp import types

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import ToolError
from agent_core.temporary import own_folder
from agent_core.text import truncate
from agent_core.tools.context import give_file

_LONGEST_TEXT = 1_000_000  # characters
_LONGEST_ERROR = 500  # characters
_MOST_FILES = 20  # of one result
_MOST_BYTES = 20 * 2**20  # of all files of one result
_WRAPPED = "result"  # the key under which servers put a result that is not an object

_File = tuple[str, str, str]
"""A file's kind (such as "image"), its media type, and its content in base64."""


async def result_of(
    answer: types.CallToolResult, output: Mapping[str, Any] | None, redacted: Callable[[str], str]
) -> Any:
    """Return the result of a call, and put its files into the workspace.

    Args:
        answer: The server's answer.
        output: The JSON Schema of the data; None if the server gives none.
        redacted: Removes secrets from what the server says about a failure.

    Returns:
        The data, if the server gives data. Otherwise the text, whose last lines name the files; or, if there is no
        text, the name of the only file or a list of the files' names.

    Raises:
        ToolError: The call failed.
    """
    text = "\n\n".join(part for part in map(_text, answer.content) if part)
    if answer.isError:
        raise ToolError(truncate(redacted(text), _LONGEST_ERROR) or "The tool failed and did not say why.")
    names, left_out = await _given([file for file in map(_file, answer.content) if file])
    if (data := answer.structuredContent) is not None:
        return data[_WRAPPED] if _is_wrapped(data, output) else data
    if names and not text and not left_out:
        return names[0] if len(names) == 1 else names
    parts = [truncate(text, _LONGEST_TEXT, "\n(The rest was cut off: the text is too long.)")]
    parts += [f"Files: {', '.join(names)}"] if names else []
    parts += [f"{left_out} of its files were left out: they are too many or too large."] if left_out else []
    return "\n\n".join(part for part in parts if part)


def _is_wrapped(data: Mapping[str, Any], output: Mapping[str, Any] | None) -> bool:
    return list(data) == [_WRAPPED] and is_wrapper(output)


def is_wrapper(output: Mapping[str, Any] | None) -> bool:
    """Return whether the schema of a result describes an object that only wraps the real result."""
    properties = output.get("properties") if output else None
    return isinstance(properties, Mapping) and list(properties) == [_WRAPPED]


def _text(part: types.ContentBlock) -> str:
    match part:
        case types.TextContent():
            return part.text
        case types.EmbeddedResource(resource=types.TextResourceContents() as resource):
            return resource.text
        case types.ResourceLink():
            return f"{part.title or part.name}: {part.uri}"
    return ""


def _file(part: types.ContentBlock) -> _File | None:
    match part:
        case types.ImageContent() | types.AudioContent():
            return part.type, part.mimeType, part.data
        case types.EmbeddedResource(resource=types.BlobResourceContents() as resource):
            return "file", resource.mimeType or "", resource.blob
    return None


async def _given(files: Sequence[_File]) -> tuple[list[str], int]:
    """Put files into the workspace. Return their names there, and how many were too many or too large for it."""
    if not files:
        return [], 0
    folder, names = Path(mkdtemp(prefix="mcp-", dir=own_folder())), []
    try:
        written = await run_in_own_thread(lambda: _write(files, folder))
        for path in written:
            names.append(await give_file(path))
    finally:
        if not any(name.startswith(str(folder)) for name in names):  # no chat took them
            shutil.rmtree(folder, ignore_errors=True)
    return names, len(files) - len(written)


def _write(files: Sequence[_File], folder: Path) -> list[Path]:
    """Write the files that fit and return their paths. Raises ToolError if a file cannot be decoded."""
    paths, room = [], _MOST_BYTES
    for number, (kind, media_type, content) in enumerate(files):
        if len(paths) == _MOST_FILES or len(content) * 3 // 4 > room:
            continue
        try:
            data = base64.b64decode(content)
        except ValueError:
            raise ToolError("The tool gave a file that cannot be read.") from None
        room -= len(data)
        paths.append(folder / f"{kind}{f'_{number + 1}' if number else ''}{_ending(media_type)}")
        paths[-1].write_bytes(data)
    return paths


def _ending(media_type: str) -> str:
    """Return the file name extension for a media type."""
    plain = media_type.partition(";")[0].strip().lower()
    short = plain.rpartition("/")[2].removeprefix("x-")
    return mimetypes.guess_extension(plain) or (f".{short}" if re.fullmatch(r"[a-z0-9]{1,8}", short) else ".bin")
