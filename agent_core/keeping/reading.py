"""Finds a kept agent in a dict, a folder or a Space of the Hub, and reads it. None of its code runs."""

import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_core.agents.base import Agent
from agent_core.errors import GlassboxError
from agent_core.integrations.hub.agent_space import read_agent_files
from agent_core.integrations.hub.hub_client import Token
from agent_core.integrations.hub.loading import FoundTool, escape_invisible, read_tool
from agent_core.keeping.building import Given, build
from agent_core.keeping.folder import AGENT_FILE, Read, files_of, parsed, reader_of, record_of_files
from agent_core.keeping.records import AgentRecord, HubRecord, check_depth, read_record
from agent_core.keeping.smolagents import from_smolagents, is_of_smolagents
from agent_core.models.base import Model
from agent_core.net.hub_names import is_repository

AgentSource = Mapping[str, Any] | Path | str
"""A dict, a folder, or the name of a Space, "owner/name"."""

_NEITHER = "There is neither a folder {source} nor a Space of that name, which has the form owner/name."
_NO_FILES = "The file {name} is not part of a dict. Load the folder that it was kept in."


@dataclass(frozen=True)
class FoundAgent:
    """A kept agent that was read. None of its code has run.

    Attributes:
        origin: Where it was found, for people: "owner/name@1a2b3c4d", a folder, or "a dict".
        definition: All that was kept of it, with the code of its tools, as `agent.to_dict` returns it.
        tools: The tools of the Hub that it names, at the commits that it names.
        notes: What of an agent of smolagents is not taken, in sentences.
        comes_from_the_hub: Whether it, or a tool that it names, was read from the Hub.
    """

    origin: str
    definition: dict[str, Any] = field(repr=False)
    tools: tuple[FoundTool, ...] = field(repr=False)
    notes: tuple[str, ...]
    comes_from_the_hub: bool

    def agent(
        self,
        *,
        model: Model | None = None,
        api_key: str | None = None,
        tools: Iterable[Any] = (),
        trusted: bool = False,
        **settings: Any,
    ) -> Agent:
        """Return the agent; see `load_agent`. Call this only after somebody has looked at it."""
        found = {(tool.repo, tool.revision): tool for tool in self.tools}
        return build(read_record(self.definition), Given(model, api_key, tools, trusted, found), settings)


def read_agent(source: AgentSource, *, revision: str | None = None, token: Token = False) -> FoundAgent:
    """Read a kept agent without running anything of it. Of the Hub, this blocks for at most a minute.

    Args:
        source: What `agent.to_dict` returned, a folder that `agent.save` wrote, or the name of a Space to which
            `agent.push_to_hub` pushed it. A folder counts more than a Space of the same name. Dicts, folders and Spaces
            of smolagents' agents are read as well.
        revision: A branch, a tag or a commit of the Space; None for the newest commit.
        token: A token that may read the Space, as for `read_tool`.

    Returns:
        The agent's definition, and the code of its tools.

    Raises:
        GlassboxError: There is no kept agent, a newer Glassbox kept it, or something in it is wrong.
    """
    if isinstance(source, Mapping):
        return _found("a dict", source, _no_file, token, whole=True)
    if not isinstance(source, str | Path):
        raise GlassboxError(_NEITHER.format(source=repr(source)[:200]))
    if Path(source).is_dir():
        read = reader_of(Path(source))
        return _found(str(source), parsed(read(AGENT_FILE)), read, token)
    if isinstance(source, Path) or not is_repository(source):
        raise GlassboxError(_NEITHER.format(source=repr(str(source)[:200])))
    files = read_agent_files(source, revision, token or False)
    return _found(files.origin, parsed(files.read(AGENT_FILE)), files.read, token, of_the_hub=True)


def load_agent(
    source: AgentSource,
    *,
    model: Model | None = None,
    api_key: str | None = None,
    tools: Iterable[Any] = (),
    trusted: bool = False,
    confirm: Callable[[FoundAgent], bool] | None = None,
    revision: str | None = None,
    token: Token = False,
    **settings: Any,
) -> Agent:
    """Load an agent that was kept, from a dict, a folder or a Space of the Hub.

    The code of its tools runs in the sandbox, with imports and sites asked for like those of the agent's own code,
    unless `trusted` is set. Servers and Spaces that its tools are of are connected with when they are first called.

    Args:
        source: The dict, the folder or the name of the Space; see `read_agent`.
        model: The model, also of its sub-agents that had the same one; None for the one that was kept.
        api_key: The key or token of the kept model, and of others of the same class and address. It goes to the
            address that was kept: look at it first. None for what the model finds by itself.
        tools: Tools to take in place of kept ones with the same names, such as those that could not be kept; and MCP
            servers, with their headers, in place of those at the same addresses.
        trusted: Whether its tools' code runs in this program, with its rights, keys and network, and MCP servers that
            are programs are started. Only for agents whose code you have read; nothing is asked then.
        confirm: Returns whether to load what came from the Hub; None to show it in the terminal and ask there.
        revision: A branch, a tag or a commit of the Space; None for the newest commit.
        token: A token that may read the Space, as for `read_tool`.
        settings: Further arguments of Agent, such as `ask_user` or `policy`; they count more than what was kept.

    Returns:
        The agent, with a new chat. A warning says what of an agent of smolagents is not taken.

    Raises:
        GlassboxError: It cannot be read, nobody agreed to load it, or a tool or model of it is missing. The text says
            what to give.
    """
    found = read_agent(source, revision=revision, token=token)
    if found.comes_from_the_hub and not trusted and not (confirm or ask_in_terminal)(found):
        raise GlassboxError(f"The agent of {found.origin} was not loaded, as it was not agreed to.")
    agent = found.agent(model=model, api_key=api_key, tools=tools, trusted=trusted, **settings)
    for note in found.notes:
        warnings.warn(note, stacklevel=2)
    return agent


def _found(
    origin: str, data: Mapping[str, Any], read: Read, token: Token, *, of_the_hub: bool = False, whole: bool = False
) -> FoundAgent:
    check_depth(data)
    notes: list[str] = []
    if is_of_smolagents(data):
        data, notes = from_smolagents(data, read)
        whole = True
    record = read_record(data) if whole else record_of_files(data, read)
    tools = _tools_of_the_hub(record, token)
    return FoundAgent(origin, record.as_json(), tools, tuple(notes), of_the_hub or bool(tools))


def _tools_of_the_hub(record: AgentRecord, token: Token) -> tuple[FoundTool, ...]:
    named = {(tool.repo, tool.revision) for tool in record.all_tools() if isinstance(tool, HubRecord)}
    return tuple(read_tool(repo, revision, token) for repo, revision in sorted(named))


def _no_file(name: str) -> str:
    raise GlassboxError(_NO_FILES.format(name=name))


def ask_in_terminal(found: FoundAgent) -> bool:
    """Show what came from the Hub, and ask whether to load it. Raises GlassboxError if there is no terminal."""
    if not (sys.stdin and sys.stdin.isatty()):
        raise GlassboxError(
            f"Nobody can be asked here whether to load {found.origin}: look at `read_agent(…).definition`, and pass "
            "`confirm`, a function that says yes."
        )
    files = files_of(read_record(found.definition)) | {tool.origin: tool.code.source for tool in found.tools}
    for name, text in files.items():
        print(f"─── {name}\n{escape_invisible(text)}")
    print(f"This is the agent of {found.origin}.")
    return input("Load it? Its tools run in the sandbox. [y/N] ").strip().lower() in ("y", "yes")
