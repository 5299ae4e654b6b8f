"""Makes of an agent what is kept of it."""

import inspect
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import TypeAdapter

from agent_core.agents.as_tool import AgentTool
from agent_core.agents.base import Agent
from agent_core.agents.code import CodeAgent
from agent_core.agents.tool_calling import ToolCallingAgent
from agent_core.errors import GlassboxError, ToolError
from agent_core.integrations.hub.code_reader.tool_parser import read_tool_code
from agent_core.integrations.hub.code_writer.tool_writer import tool_files
from agent_core.keeping.models import record_of_model
from agent_core.keeping.records import (
    AgentRecord,
    CodeRecord,
    MadeRecord,
    MissingRecord,
    PolicyRecord,
    PythonRecord,
    SubAgentRecord,
    ToolRecord,
)
from agent_core.keeping.secrets import check_for_keys
from agent_core.net.redaction import holds_key
from agent_core.parsing import CODE_TOOL
from agent_core.tools.base import Tool
from agent_core.tools.given.foreign_tool import ForeignTool
from agent_core.tools.given.of_smolagents import is_smolagents_tool

KINDS: dict[str, type[Agent]] = {"CodeAgent": CodeAgent, "ToolCallingAgent": ToolCallingAgent}
AS_THEY_ARE = ("limits", "max_steps", "token_budget", "instructions", "system_prompt", "plan_every", "native_calls")
AS_THEY_ARE += ("retry",)
"""The arguments of Agent that stand in a record as they are."""

_TOOL: TypeAdapter[ToolRecord] = TypeAdapter(ToolRecord)
_OF_THE_CHAT = {"self", "workspace"}
_GIVE_AGAIN = "Not kept of this agent: {parts}. Give it to load_agent again."


def record_of(agent: Agent, around: tuple[Agent, ...] = ()) -> AgentRecord:
    """Return what is kept of an agent.

    Args:
        agent: The agent.
        around: The agents that it is a tool of.

    Raises:
        GlassboxError: It is of another kind, is a tool of itself, or holds a key outside of its models.
    """
    if agent in around:
        raise GlassboxError("This agent is a tool of itself, which cannot be kept. Take that tool out of its tools.")
    kind = next((name for name, known in KINDS.items() if isinstance(agent, known)), None)
    if kind is None:
        raise GlassboxError(
            f"An agent of the class {type(agent).__name__} cannot be kept, only a CodeAgent or ToolCallingAgent."
        )
    tools = [_record_of_tool(tool, (*around, agent)) for tool in agent.given_tools]
    record = AgentRecord(
        kind=kind,  # pyright: ignore[reportArgumentType]
        model=record_of_model(agent.model),
        fallbacks=[record_of_model(model) for model in agent.fallbacks],
        tools=tools,
        policy=PolicyRecord(imports=[*agent.policy.imports], hosts=[*agent.policy.hosts]),
        answer_type=agent.answer_type if isinstance(agent.answer_type, dict) else None,
        **{name: getattr(agent, name) for name in AS_THEY_ARE},
    )
    record.not_kept = [*_left_out(agent, kind), *_missing(tools), *_retries(agent.given_tools, tools)]
    check_for_keys(record.as_json())
    return record


def warn_of_losses(record: AgentRecord) -> None:
    """Say in one sentence what of an agent, and of its sub-agents, was not kept; nothing if all was."""
    if parts := [*_losses(record)]:
        warnings.warn(_GIVE_AGAIN.format(parts="; ".join(parts)), stacklevel=4)


def _losses(record: AgentRecord, of: str = "") -> Iterator[str]:
    yield from (of + part for part in record.not_kept)
    for tool in record.tools:
        if isinstance(tool, SubAgentRecord):
            yield from _losses(tool.agent, f"{of}{tool.name}: ")


def _left_out(agent: Agent, kind: str) -> Iterator[str]:
    if type(agent) is not KINDS[kind]:
        yield f"its class {type(agent).__name__} (it is kept as a {kind})"
    if agent.policy.ask:
        yield "policy.ask"
    if agent.answer_type is not None and not isinstance(agent.answer_type, dict):
        yield "answer_type (a JSON Schema would be)"
    kept = {*AgentRecord.model_fields, *_OF_THE_CHAT}
    yield from (
        name for name in inspect.signature(Agent.__init__).parameters if name not in kept and getattr(agent, name, None)
    )


def _missing(tools: Iterable[ToolRecord]) -> Iterator[str]:
    yield from (f"the tool {tool.name} ({tool.why})" for tool in tools if isinstance(tool, MissingRecord))


def _retries(given: Iterable[Any], tools: Iterable[ToolRecord]) -> Iterator[str]:
    for tool, record in zip(given, tools, strict=True):
        if isinstance(record, MadeRecord) and getattr(tool, "retry_on", ()):
            yield f"retries and retry_on of the tool {record.name}"


def _record_of_tool(tool: Any, around: tuple[Agent, ...]) -> ToolRecord:
    """Return what is kept of a tool, or of a server that was not asked for its tools yet."""
    limits = _limits(tool) if isinstance(tool, Tool) else {}
    if isinstance(tool, AgentTool) and isinstance(tool.agent, Agent):
        inner = record_of(tool.agent, around)
        return SubAgentRecord(name=tool.name, description=tool.description, agent=inner, **limits)
    name = getattr(tool, "name", type(tool).__name__)
    if name == CODE_TOOL:
        return PythonRecord()
    if origin := getattr(tool, "origin", None):
        return _TOOL.validate_python({**origin, **limits, "name": name})
    if not isinstance(tool, Tool):
        return MissingRecord(name=name, why="nothing says where it is")
    try:
        code, needed = _code_of(tool)
    except ToolError as error:
        written = type(tool) if "run" in vars(type(tool)) else inspect.unwrap(tool.run)
        module = getattr(written, "__module__", None) or ""
        return MissingRecord(name=tool.name, module=module, why=str(error).rstrip("."))
    return CodeRecord(name=tool.name, code=code, requirements=needed, **limits)


def _limits(tool: Tool) -> dict[str, Any]:
    """Return what holds for calls of a tool. Without its errors, further tries might do again what must not be."""
    retries = 0 if tool.retry_on else tool.retries
    return {"timeout": tool.timeout, "retries": retries, "return_direct": tool.return_direct}


def _code_of(tool: Tool) -> tuple[str, list[str]]:
    """Return the code of a tool and the packages that it needs. Raises ToolError if its code cannot stand by itself."""
    if isinstance(tool, ForeignTool) and is_smolagents_tool(tool.original):
        try:
            kept = tool.original.to_dict()
        except Exception as error:  # it raises what it likes for what it cannot keep
            raise ToolError(f"smolagents cannot keep it: {str(error).splitlines()[0]}") from None
        code, needed = str(kept["code"]), kept["requirements"]
        read_tool_code(code)
        if holds_key(code):
            raise ToolError("its code holds a key")
    else:
        files = tool_files(tool)
        code, needed = files["tool.py"], files["requirements.txt"].split()
    return code, [name for name in needed if name != "smolagents"]
