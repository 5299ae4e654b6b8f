"""Glassbox as a library: agents that answer by writing Python, and what they are made of. Import names from here.

agents/, memory/, models/, parsing/, tools/, sandbox/, integrations/ (the Hub, Spaces, MCP), session/ (a chat and its
run), store/ and record/ (chats that last), keeping/ (agents that last), prompts/ and net/ say in their own `__init__`
what is in them. events, execution, permissions, questions, sources, usage and errors are the vocabulary that all share;
text, json_depth and concurrency are small helpers. tracing makes OpenTelemetry spans of events; it is imported by
itself.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from agent_core import elsewhere, events
from agent_core._version import __version__
from agent_core.agents.answer_checks import AnswerCheck
from agent_core.agents.base import Agent
from agent_core.agents.batch import run_batch
from agent_core.agents.chat_state import ChatState
from agent_core.agents.code import CodeAgent
from agent_core.agents.planning import ReviewPlan
from agent_core.agents.result import RunResult
from agent_core.agents.show import show
from agent_core.agents.step_callbacks import StepCallback
from agent_core.agents.tool_calling import ToolCallingAgent
from agent_core.errors import (
    Busy,
    ContextOverflow,
    ErrorCode,
    GlassboxError,
    ModelError,
    SandboxError,
    StoreError,
    ToolError,
)
from agent_core.execution import Display, Execution, ExecutionError, FileNote
from agent_core.integrations.hub.loading import FoundTool, load_tool, read_tool
from agent_core.keeping import AgentDrawing, FoundAgent, load_agent, read_agent
from agent_core.memory.memory import Memory
from agent_core.memory.turns import CompletedCall, Step, Turn
from agent_core.models.base import (
    CallDelta,
    Capabilities,
    FunctionCall,
    Message,
    MessageCall,
    Model,
    ModelChunk,
)
from agent_core.models.hub import HubModel
from agent_core.models.litellm import LiteLLMModel
from agent_core.models.openai import OpenAIModel
from agent_core.models.retry import RetryPolicy
from agent_core.models.scripted import ScriptedModel
from agent_core.models.settings import ModelSettings
from agent_core.permissions import Ask, Decision, Grant, PermissionKind, PermissionRequest
from agent_core.questions import AskUser, Question
from agent_core.record import memory_from_json, memory_to_json
from agent_core.sandbox import DEFAULT_IMPORTS, Limits, Policy, Sandbox, engine_named
from agent_core.session import RunSlot, Session, Versions
from agent_core.sources import Source
from agent_core.tools import context
from agent_core.tools.base import Tool, tool
from agent_core.tools.given.as_tool import as_tool
from agent_core.tools.parameters import SchemaParameter
from agent_core.tools.python import python
from agent_core.tools.sandboxed import SandboxedTool
from agent_core.tools.schema_tool import SchemaTool
from agent_core.tools.tool_code import ToolCode
from agent_core.usage import Usage

if TYPE_CHECKING:
    from agent_core.console.replay import replay
    from agent_core.integrations.mcp.server import McpServer, McpTool
    from agent_core.integrations.spaces.space import Space, find_space
    from agent_core.store.store import ChatInfo, Store

__all__ = [  # noqa: RUF022 - by subject
    "__version__",
    # Agents
    "Agent",
    "CodeAgent",
    "ToolCallingAgent",
    "RunResult",
    "run_batch",
    "Source",
    "AnswerCheck",
    "StepCallback",
    "ReviewPlan",
    # Keeping agents
    "load_agent",
    "read_agent",
    "FoundAgent",
    "AgentDrawing",
    # Chats
    "Session",
    "Versions",
    "RunSlot",
    "Store",
    "ChatInfo",
    "ChatState",
    "Memory",
    "memory_to_json",
    "memory_from_json",
    "Turn",
    "Step",
    "CompletedCall",
    # The events of a run: the module has a class for each
    "events",
    "show",
    "replay",
    # Models
    "Model",
    "HubModel",
    "LiteLLMModel",
    "OpenAIModel",
    "ScriptedModel",
    "ModelSettings",
    "Capabilities",
    "Message",
    "MessageCall",
    "FunctionCall",
    "ModelChunk",
    "CallDelta",
    "RetryPolicy",
    "Usage",
    # Tools
    "Tool",
    "tool",
    "as_tool",
    "python",
    "context",
    "load_tool",
    "read_tool",
    "FoundTool",
    "SandboxedTool",
    "ToolCode",
    "find_space",
    "Space",
    "McpServer",
    "McpTool",
    "SchemaTool",
    "SchemaParameter",
    # The sandbox, and the results of running code
    "Sandbox",
    "engine_named",
    "Policy",
    "Limits",
    "DEFAULT_IMPORTS",
    "Execution",
    "ExecutionError",
    "Display",
    "FileNote",
    # What a person is asked
    "Ask",
    "PermissionRequest",
    "PermissionKind",
    "Decision",
    "Grant",
    "AskUser",
    "Question",
    # Errors
    "GlassboxError",
    "ModelError",
    "ContextOverflow",
    "ToolError",
    "SandboxError",
    "StoreError",
    "Busy",
    "ErrorCode",
]

# Imported on first use: what they need is slow to import, and partly optional.
_ON_DEMAND = {
    "ChatInfo": "agent_core.store.store",
    "Store": "agent_core.store.store",
    "McpServer": "agent_core.integrations.mcp.server",
    "McpTool": "agent_core.integrations.mcp.server",
    "Space": "agent_core.integrations.spaces.space",
    "find_space": "agent_core.integrations.spaces.space",
    "replay": "agent_core.console.replay",
}
_EXTRAS = {"McpServer": "mcp", "McpTool": "mcp", "ChatInfo": "store", "Store": "store", "replay": "console"}


def __getattr__(name: str) -> Any:
    if name in elsewhere.NAMES:
        raise ImportError(f"agent_core has no {name}. Use {elsewhere.NAMES[name]}.")
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_ON_DEMAND[name]), name)
    except ModuleNotFoundError as error:
        if name not in _EXTRAS:
            raise
        raise ImportError(f"{name} needs another package: pip install 'glassbox[{_EXTRAS[name]}]'.") from error
