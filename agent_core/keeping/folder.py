"""An agent as the files of a folder: what people edit has a file of its own, agent.json has the rest.

agent.json              the agent; its kind, models, limits and so on
prompts/*.md            its instructions, and its system prompt if it has one of its own
tools/<name>.py         the code of a tool
agents/<name>/          an agent that is its tool, in the same form
requirements.txt        the packages that its tools need
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.keeping.records import AgentRecord, CodeRecord, SubAgentRecord, read_record
from agent_core.tools.names import check_name

Read = Callable[[str], str]
"""Returns the text of a file by its path in the folder. Raises GlassboxError."""

AGENT_FILE = "agent.json"
_PROMPTS = ("instructions", "system_prompt")
_NO_FILE = "There is no file {name} in {folder}, so that it holds no kept agent; agent.save() makes such a folder."
_MOST_DEPTH = 8  # of agents in agents


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
            return data
    raise GlassboxError(f"The file {AGENT_FILE} is no JSON object. Correct it, or keep the agent again.")


def reader_of(folder: Path) -> Read:
    """Return what reads the files of a folder."""

    def read(name: str) -> str:
        try:
            return (folder / name).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise GlassboxError(_NO_FILE.format(name=name, folder=folder)) from None
        except (OSError, UnicodeDecodeError):
            raise GlassboxError(f"The file {folder / name} cannot be read as text.") from None

    return read


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write the files of a kept agent. Those of an agent that was kept there before and are none of these go.

    Raises:
        GlassboxError: The folder cannot be written.
    """
    with suppress(GlassboxError):
        read = reader_of(folder)
        for name in {*files_of(record_of_files(parsed(read(AGENT_FILE)), read))} - {*files}:
            (folder / name).unlink(missing_ok=True)
    try:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise GlassboxError(f"The agent cannot be kept in {folder}: {error.strerror}.") from None
