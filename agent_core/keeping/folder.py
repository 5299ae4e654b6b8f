"""An agent as the files of a folder: what people edit has a file of its own, agent.json has the rest.

agent.json              the agent; its kind, models, limits and so on
prompts/*.md            its instructions, and its system prompt if it has one of its own
tools/<name>.py         the code of a tool
agents/<name>/          an agent that is its tool, in the same form
requirements.txt        the packages that its tools need
"""

import json
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.keeping.records import AgentRecord, CodeRecord, SubAgentRecord, check_depth, read_record
from agent_core.tools.names import check_name

Read = Callable[[str], str]
"""Returns the text of a file by its path in the folder. Raises GlassboxError."""

AGENT_FILE = "agent.json"
_PROMPTS = ("instructions", "system_prompt")
_NO_FILE = "There is no file {name} in {folder}, so that it holds no kept agent; agent.save() makes such a folder."
_MOST_DEPTH = 8  # of agents in agents
_MOST_FILES, _MOST_BYTES = 500, 20 * 2**20  # that are read of a folder
_LEADS_ELSEWHERE = "{path} is a link out of the folder of the agent, and is not followed. Put what it leads to there."
_TOO_MUCH = "The folder {folder} holds more than {files} files or {mb} MB of an agent. Keep less in it."


def files_of(record: AgentRecord) -> dict[str, str]:
    """Return the files of a kept agent, their texts by their paths."""
    return dict(_files(record, "")) | {"requirements.txt": "".join(f"{name}\n" for name in requirements_of(record))}


def requirements_of(record: AgentRecord) -> list[str]:
    """Return the packages that the tools of an agent and of its sub-agents need."""
    code = (tool for tool in record.all_tools() if isinstance(tool, CodeRecord))
    return sorted({name for tool in code for name in tool.requirements}, key=str.lower)


def _files(record: AgentRecord, folder: str) -> Iterator[tuple[str, str]]:
    data = record.as_json()
    for name in _PROMPTS:
        if text := data.pop(name, ""):
            data[name] = {"file": f"prompts/{name}.md"}
            yield f"{folder}prompts/{name}.md", text
    for tool, entry in zip(record.tools, data["tools"], strict=True):
        if isinstance(tool, CodeRecord):
            del entry["code"]
            yield f"{folder}tools/{tool.name}.py", tool.code
        elif isinstance(tool, SubAgentRecord):
            del entry["agent"]
            yield from _files(tool.agent, f"{folder}agents/{tool.name}/")
    yield f"{folder}{AGENT_FILE}", json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def record_of_files(data: Mapping[str, Any], read: Read) -> AgentRecord:
    """Return the agent that `files_of` wrote.

    Args:
        data: What agent.json holds.
        read: Reads the other files.

    Raises:
        GlassboxError: A file is missing, or something in one is wrong.
    """
    return read_record(_whole(data, read, "", 0))


def _whole(data: Mapping[str, Any], read: Read, folder: str, depth: int) -> dict[str, Any]:
    """Return the dict of an agent with what stands in files of its own."""
    if depth > _MOST_DEPTH:
        raise GlassboxError("This kept agent has agents in agents too deep. Keep fewer levels.")
    whole = dict(data)
    for name in _PROMPTS:
        if isinstance(whole.get(name), dict):
            whole[name] = read(f"{folder}prompts/{name}.md")
    tools = whole.get("tools")
    whole["tools"] = [_whole_tool(tool, read, folder, depth) for tool in tools] if isinstance(tools, list) else tools
    return whole


def _whole_tool(tool: Any, read: Read, folder: str, depth: int) -> Any:
    kind = tool.get("kind") if isinstance(tool, dict) else None
    if kind not in ("code", "agent") or {"code", "agent"} & {*tool}:
        return tool
    name = str(tool.get("name"))
    check_name(name)  # it is a part of a path
    if kind == "code":
        return {**tool, "code": read(f"{folder}tools/{name}.py")}
    below = f"{folder}agents/{name}/"
    return {**tool, "agent": _whole(parsed(read(f"{below}{AGENT_FILE}")), read, below, depth + 1)}


def parsed(text: str) -> dict[str, Any]:
    """Return what an agent.json holds. Raises GlassboxError if it is no JSON object."""
    with suppress(ValueError, RecursionError):
        if isinstance(data := json.loads(text), dict):
            check_depth(data)
            return data
    raise GlassboxError(f"The file {AGENT_FILE} is no JSON object. Correct it, or keep the agent again.")


def reader_of(folder: Path) -> Read:
    """Return what reads the files of a folder: only so much, and none that a link brings there from elsewhere."""
    left_files, left_bytes = _MOST_FILES, _MOST_BYTES

    def read(name: str) -> str:
        nonlocal left_files, left_bytes
        try:
            data = _read(folder / name, folder, left_bytes + 1)
            left_files, left_bytes = left_files - 1, left_bytes - len(data)
            text = data.decode("utf-8-sig") if min(left_files, left_bytes) >= 0 else ""
        except FileNotFoundError:
            raise GlassboxError(_NO_FILE.format(name=name, folder=folder)) from None
        except (OSError, RuntimeError, UnicodeDecodeError):  # the second for links in a circle
            raise GlassboxError(f"The file {folder / name} cannot be read as text.") from None
        if min(left_files, left_bytes) < 0:
            raise GlassboxError(_TOO_MUCH.format(folder=folder, files=_MOST_FILES, mb=_MOST_BYTES // 2**20))
        return text

    return read


def _read(path: Path, folder: Path, most: int) -> bytes:
    """Return the beginning of a file of a folder. Raises GlassboxError, OSError or RuntimeError."""
    if not _is_inside(path, folder):
        raise GlassboxError(_LEADS_ELSEWHERE.format(path=path))
    if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
        raise IsADirectoryError
    with path.open("rb") as file:
        return file.read(most)


def _is_inside(path: Path, folder: Path) -> bool:
    """Return whether a path leads into the folder, or of a download of the Hub, whose files are links, to its blobs."""
    root, real = folder.resolve(), path.resolve()
    blobs = [above.parent / "blobs" for above in root.parents if above.name == "snapshots"]
    return any(real.is_relative_to(place) for place in (root, *blobs))


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write the files of a kept agent. Those of an agent that was kept there before and are none of these go.

    Raises:
        GlassboxError: The folder cannot be written, or has links to elsewhere.
    """
    before: set[str] = set()
    with suppress(GlassboxError):
        read = reader_of(folder)
        before = {*files_of(record_of_files(parsed(read(AGENT_FILE)), read))}
    try:
        _check_places({*before, *files}, folder)
        for name in before - {*files}:
            (folder / name).unlink(missing_ok=True)
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink():  # what it leads to is not the agent's
                path.unlink()
            path.write_text(text, encoding="utf-8")
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it has links in a circle"
        raise GlassboxError(f"The agent cannot be kept in {folder}: {reason}.") from None


def _check_places(names: Iterable[str], folder: Path) -> None:
    """Raise GlassboxError if a file in the folder would stand outside of it, because of a link."""
    for name in names:
        if not _is_inside((folder / name).parent, folder):
            raise GlassboxError(_LEADS_ELSEWHERE.format(path=(folder / name).parent))
