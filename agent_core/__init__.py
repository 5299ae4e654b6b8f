"""Glassbox as a library: agents that answer by writing Python, and what they are made of."""

from agent_core.agents.base import Agent
from agent_core.agents.code import CodeAgent
from agent_core.agents.result import RunResult
from agent_core.agents.run import AnswerCheck
from agent_core.agents.tool_calling import ToolCallingAgent
from agent_core.errors import Busy, ContextOverflow, GlassboxError, ModelError, SandboxError, ToolError
from agent_core.integrations.hub.loading import load_tool, read_tool
from agent_core.models.base import Capabilities
from agent_core.models.hub import HubModel
from agent_core.models.litellm import LiteLLMModel
from agent_core.models.retry import RetryPolicy
from agent_core.models.scripted import ScriptedModel
from agent_core.questions import AskUser, Question
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.session import Session
from agent_core.tools.base import Tool, tool
from agent_core.tools.python import python
from agent_core.usage import Usage

__all__ = [
    "Agent",
    "AnswerCheck",
    "AskUser",
    "Busy",
    "Capabilities",
    "CodeAgent",
    "ContextOverflow",
    "GlassboxError",
    "HubModel",
    "Limits",
    "LiteLLMModel",
    "ModelError",
    "Policy",
    "Question",
    "RetryPolicy",
    "RunResult",
    "Sandbox",
    "SandboxError",
    "ScriptedModel",
    "Session",
    "Tool",
    "ToolCallingAgent",
    "ToolError",
    "Usage",
    "load_tool",
    "python",
    "read_tool",
    "tool",
]
