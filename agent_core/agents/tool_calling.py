"""The agent that acts by tool calls, native ones or JSON in its text: the classical ReAct loop."""

from collections.abc import Callable

from agent_core.agents.base import Agent
from agent_core.agents.call_form import acts_by_calls
from agent_core.agents.event_stream import forward_events
from agent_core.agents.reply_stream import ModelRequest
from agent_core.agents.system_prompt import describe_imports, describe_tools, fill_system_prompt
from agent_core.agents.tool_step import ToolStep
from agent_core.events import SandboxEvent
from agent_core.execution import Execution
from agent_core.memory.messages import MessageFormat
from agent_core.memory.turns import Step
from agent_core.models.base import Model
from agent_core.parsing import CODE_TOOL, ToolReplyReader
from agent_core.prompts import fill, read_prompt
from agent_core.tools.sandboxed import SandboxedTool


class ToolCallingAgent(Agent):
    """An agent that acts by calling its tools, several at the same time if the model asks for several.

    The arguments are those of Agent. With `agent_core.python` among its tools it can run code, in which the other tools
    are functions. Without it, and without tools whose code runs in the sandbox, no sandbox is started, and `rewind`
    restores only the memory. If `native_calls` is None, the agent uses native calls if the model supports them, and
    JSON in its text if not.

    >>> @tool
    ... def convert(miles: float) -> float:
    ...     '''Convert miles to kilometres.'''
    ...     return miles * 1.609344
    >>> call = '```json\\n{"name": "convert", "arguments": {"miles": 26.2}}\\n```'
    >>> agent = ToolCallingAgent(ScriptedModel([call, "42.2 km."]), tools=[convert])
    >>> print(agent.run_sync("How long is a marathon in km?").answer, agent.memory.steps[0].calls[0].result)
    42.2 km. 42.1648128
    """

    def full_system_prompt(self, *, native: bool = False) -> str:
        return fill_system_prompt(
            self.system_prompt or read_prompt("tool_calling_agent"),
            step=read_prompt("tool_step_as_call" if native else "tool_step_as_text"),
            tools="" if native else fill(read_prompt("tools_as_text"), tools=describe_tools(self.tools)),
            python=self._about_python(),
            example=read_prompt("example_calls") if self._has_python and not native else "",
            instructions=self.instructions,
        )

    def request_for(self, model: Model) -> ModelRequest:
        able, fallback = model.capabilities, model is not self.model
        native = bool(self.tools) and acts_by_calls(model, self.native_calls, suits=able.tools, fallback=fallback)
        parameters = {tool.name: [parameter.python for parameter in tool.signature.parameters] for tool in self.tools}
        return ModelRequest(
            system_prompt=self.full_system_prompt(native=native),
            message_format=MessageFormat(native=native, json_calls=True, vision=able.vision),
            functions=[tool.schema() for tool in self.tools] if native else None,
            question=self.memory.question,
            reader=ToolReplyReader(parameters, native=native),
        )

    async def act(self, step: Step, emit: Callable[[SandboxEvent], None]) -> Execution:
        chat, ask = self.chat, self.policy.ask
        calls = ToolStep(step, self.tools, ask=ask, grants=chat.grants, given=chat.given, run_code=self._run_code)
        return await forward_events(calls.stream(), emit)

    @property
    def may_run_code(self) -> bool:
        return self._has_python or any(isinstance(tool, SandboxedTool) for tool in self.tools)

    @property
    def writes_code(self) -> bool:
        return self._has_python

    @property
    def _has_python(self) -> bool:
        return any(tool.name == CODE_TOOL for tool in self.tools)

    def _about_python(self) -> str:
        if not self._has_python:
            return ""
        return fill(read_prompt("python_among_tools"), imports=describe_imports(self.policy))
