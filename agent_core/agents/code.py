"""The agent that acts by writing Python, which runs step by step in a sandbox."""

from collections.abc import AsyncGenerator
from datetime import date

from agent_core.agents.base import Agent
from agent_core.agents.model_turn import ModelRequest
from agent_core.events import SandboxEvent
from agent_core.execution import Execution
from agent_core.memory.messages import MessageFormat
from agent_core.memory.observation import observe
from agent_core.memory.turns import Step
from agent_core.models.base import Model
from agent_core.parsing import ReplyReader
from agent_core.prompts import fill, read_prompt
from agent_core.sandbox import Policy
from agent_core.tools.python import python


class CodeAgent(Agent):
    """An agent that acts by writing Python. Variables stay between steps and questions; tools are functions in code.

    The arguments are those of Agent. With `native_calls` the model gives its code as a native call of `python(code)`;
    without, as a code block in its text.
    """

    def full_system_prompt(self, *, native: bool = False) -> str:
        return fill(
            self.system_prompt or read_prompt("code_agent"),
            step=read_prompt("step_as_call" if native else "step_as_text"),
            example="" if native else read_prompt("example"),
            tools="\n\n".join(tool.stub() for tool in self._code_tools) or "# none",
            imports=describe_imports(self.policy),
            date=date.today().isoformat(),
            instructions=self.instructions,
        )

    def _request_for(self, model: Model) -> ModelRequest:
        able = model.capabilities
        native = able.code_calls if self.native_calls is None else self.native_calls and able.tools
        return ModelRequest(
            system_prompt=self.full_system_prompt(native=native),
            message_format=MessageFormat(native=native, vision=able.vision),
            functions=[python.schema()] if native else None,
            reader=ReplyReader(),
        )

    @property
    def _may_run_code(self) -> bool:
        return True

    def _act(self, step: Step) -> AsyncGenerator[SandboxEvent | Execution, None]:
        return self._run_code(step.code)

    def _observe(self, execution: Execution) -> str:
        return observe(execution)


def describe_imports(policy: Policy) -> str:
    """Return what may be imported, as the prompt says it."""
    if "*" in policy.imports:
        return "everything that is installed"
    words = {"stdlib": "the standard library (but for processes, sockets and ctypes)"}
    return ", ".join(words.get(name, name) for name in policy.imports) or "nothing"
