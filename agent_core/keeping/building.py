"""Makes an agent of what was kept of it."""

import inspect
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent_core.agents.base import Agent
from agent_core.elsewhere import AGENT_ARGUMENTS
from agent_core.errors import GlassboxError, ToolError
from agent_core.integrations.hub.code_reader.tool_parser import read_tool_code
from agent_core.integrations.hub.loading import FoundTool
from agent_core.integrations.hub.running import sandboxed_tool, trusted_tool
from agent_core.keeping.definition import AS_THEY_ARE, KINDS
from agent_core.keeping.models import model_of_record
from agent_core.keeping.records import (
    AgentRecord,
    CodeRecord,
    HubRecord,
    MadeRecord,
    McpProgramRecord,
    McpRecord,
    MissingRecord,
    ModelRecord,
    PythonRecord,
    SpaceRecord,
    SubAgentRecord,
    ToolRecord,
)
from agent_core.models.base import Model
from agent_core.sandbox import Policy
from agent_core.tools.base import Tool
from agent_core.tools.given.toolbox import Toolbox
from agent_core.tools.python import python

if TYPE_CHECKING:
    from agent_core.integrations.mcp.server import McpServer
    from agent_core.integrations.spaces.space import Space

_GIVE = "Give it to load_agent in `tools`."
_MISSING = "The tool {name} was not kept{why}. " + _GIVE
_HEADERS = (
    "The tool {name} needs the headers {headers} of the MCP server {url}, which are not kept. Give the server to "
    "load_agent: tools=[McpServer(address, headers={{…}})]."
)
_PROGRAM = (
    "The tool {name} is of an MCP server that is the program {command}, which would run on this machine. If you trust "
    "this agent as you trust your own code, load it with trusted=True."
)
_OTHER_COMMIT = "It was kept without the full hash of a commit, or {repo} has another name by now."
_NO_VARIABLE = "The tool {tool} needs the environment variable {variable}, which is not set."


@dataclass(frozen=True)
class Given:
    """What whoever loads an agent gives with it.

    Attributes:
        model: The model; None for the one that was kept.
        api_key: The key of the models that were kept.
        tools: What to take in place of tools with the same names, and of MCP servers at the same addresses.
        trusted: Whether the code of tools, and MCP servers that are programs, run on this machine as they are.
        found: The tools of the Hub that were read, by repository and commit.
    """

    model: Model | None = None
    api_key: str | None = None
    tools: Iterable[Any] = ()
    trusted: bool = False
    found: Mapping[tuple[str, str], FoundTool] = field(default_factory=dict)


def build(record: AgentRecord, given: Given, settings: Mapping[str, Any]) -> Agent:
    """Make the agent.

    Args:
        record: What was kept of it.
        given: What is given with it.
        settings: Further arguments of Agent, which count more than what was kept.

    Raises:
        GlassboxError: A model or a tool is missing or cannot be made, or there is no such argument.
    """
    if unknown := settings.keys() - inspect.signature(Agent.__init__).parameters.keys():
        name = min(unknown)
        advice = (
            f"Use {AGENT_ARGUMENTS[name]}." if name in AGENT_ARGUMENTS else "Look at Agent for those that it takes."
        )
        raise GlassboxError(f"An agent takes no argument {name!r}. {advice}")
    builder = _Builder(record, given)
    agent = builder.agent(record, settings)
    for place in builder.made:
        agent.chat.tool_states.at_close(place.close)
    return agent


class _Builder:
    """Makes an agent and those that are its tools. What several tools are of, such as a server, is made once.

    made: the servers and Spaces that were made, to be closed with the agent.
    """

    def __init__(self, record: AgentRecord, given: Given) -> None:
        self._first = record
        self._given = given
        self._tools = {tool.name: tool for tool in Toolbox(given.tools).given}
        self.made: list[Any] = []
        servers = [thing for thing in self._tools.values() if not isinstance(thing, Tool)]
        self._places: dict[str, Any] = {server.origin["url"]: server for server in servers if "url" in server.origin}

    def agent(self, record: AgentRecord, settings: Mapping[str, Any]) -> Agent:
        model = self._model(record.model)
        kept = {
            "fallbacks": [] if self._given.model else [self._model(model) for model in record.fallbacks],
            "policy": Policy(imports=record.policy.imports, hosts=record.policy.hosts),
            "tools": [self._tool(tool) for tool in record.tools],
            "answer_type": record.answer_type,
            **{name: getattr(record, name) for name in AS_THEY_ARE},
        }
        return KINDS[record.kind](model, **{**kept, **settings})

    def _model(self, record: ModelRecord) -> Model:
        if self._given.model and record == self._first.model:
            return self._given.model
        first = self._first.model
        is_same_service = (record.kind, record.address) == (first.kind, first.address)
        return model_of_record(record, self._given.api_key if is_same_service else None)

    def _tool(self, record: ToolRecord) -> Any:
        """Return the tool; or a server, which is asked for its tools when a run begins."""
        if given := self._tools.get(record.name):
            return given
        try:
            tool = self._tool_of(record)
        except ToolError as error:
            raise GlassboxError(f"The tool {record.name} cannot be loaded. {error} {_GIVE}") from None
        if isinstance(record, MadeRecord) and isinstance(tool, Tool):
            tool.timeout = record.timeout or tool.timeout
            tool.retries, tool.return_direct = record.retries, record.return_direct
        return tool if tool.name == record.name or not isinstance(tool, Tool) else tool.renamed(record.name)

    def _tool_of(self, record: ToolRecord) -> Any:
        match record:
            case PythonRecord():
                return python
            case SubAgentRecord():
                return self.agent(record.agent, {}).as_tool(record.name, record.description)
            case CodeRecord():
                code = read_tool_code(record.code)
                return trusted_tool(code) if self._given.trusted else sandboxed_tool(code)
            case HubRecord():
                return self._of_the_hub(record).tool()
            case SpaceRecord():
                return self._space(record).tool(record.endpoint["name"], record.name)
            case McpRecord() | McpProgramRecord():
                return self._mcp_tool(record)
            case MissingRecord():
                raise GlassboxError(_MISSING.format(name=record.name, why=f" ({record.why})" if record.why else ""))

    def _of_the_hub(self, record: HubRecord) -> FoundTool:
        if found := self._given.found.get((record.repo, record.revision)):
            return found
        raise ToolError(_OTHER_COMMIT.format(repo=record.repo))

    def _space(self, record: SpaceRecord) -> "Space":
        from agent_core.integrations.spaces.endpoints import Endpoint
        from agent_core.integrations.spaces.space import Space

        def make() -> Space:
            tools = (tool for tool in self._first.all_tools() if isinstance(tool, SpaceRecord))
            described = {str(tool.endpoint): tool.endpoint for tool in tools if tool.source == record.source}
            return Space(record.source, None, None, [Endpoint.from_json(one) for one in described.values()])

        return self._place(f"space {record.source}", make)

    def _mcp_tool(self, record: McpRecord | McpProgramRecord) -> Any:
        from agent_core.integrations.mcp.listing import Listed
        from agent_core.integrations.mcp.server import McpTool

        program = {"command", "arguments", "env", "folder"}
        where = record.url if isinstance(record, McpRecord) else record.model_dump_json(include=program)
        server = self._place(where, lambda: self._server(record))
        return McpTool(Listed(**record.tool.model_dump()), record.name, server) if record.tool else server

    def _server(self, record: McpRecord | McpProgramRecord) -> "McpServer":
        from agent_core.integrations.mcp.server import McpServer

        if isinstance(record, McpRecord):
            if record.headers:
                headers = ", ".join(record.headers)
                raise GlassboxError(_HEADERS.format(name=record.name, headers=headers, url=record.url))
            return McpServer(record.url)
        if not self._given.trusted:
            raise GlassboxError(_PROGRAM.format(name=record.name, command=record.command))
        env = {name: _variable(record.name, name) for name in record.env}
        folder = Path(record.folder) if record.folder else None
        return McpServer.of_command(record.command, record.arguments, env=env, folder=folder)

    def _place(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self._places:
            self._places[key] = make()
            self.made.append(self._places[key])
        return self._places[key]


def _variable(tool: str, name: str) -> str:
    if (value := os.environ.get(name)) is None:
        raise GlassboxError(_NO_VARIABLE.format(tool=tool, variable=name))
    return value
