"""The agent that acts by writing Python, which runs step by step in a sandbox."""

from collections.abc import AsyncGenerator, Sequence
from datetime import date
from typing import Any

from agent_core.agents.base import Agent
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
    """Answers by writing Python; its variables stay between steps and turns. The tools are functions in its code.

    The parameters are those of Agent. native_calls: whether the model gives its code as a native call of `python(code)`
    or in its text; None for what suits its family.
    """

    def full_system_prompt(self, *, native: bool = False) -> str:
        return fill(
            self.system_prompt or read_prompt("code_agent"),
            step=read_prompt("step_as_call" if native else "step_as_text"),
            example="" if native else read_prompt("example"),
            tools="\n\n".join(tool.stub() for tool in self.code_tools) or "# none",
            imports=describe_imports(self.policy),
            date=date.today().isoformat(),
            instructions=self.instructions,
        )

    def functions(self, model: Model) -> Sequence[dict[str, Any]] | None:
        able = model.capabilities
        native = able.code_calls if self.native_calls is None else self.native_calls and able.tools
        return [python.schema()] if native else None

    def manner(self, model: Model) -> MessageFormat:
        return MessageFormat(native=bool(self.functions(model)), vision=model.capabilities.vision)

    def reader(self, model: Model) -> ReplyReader:
        return ReplyReader()

    @property
    def runs_code(self) -> bool:
        return True

    def act(self, step: Step) -> AsyncGenerator[SandboxEvent | Execution, None]:
        return self.run_code(step.code)

    def observe(self, execution: Execution) -> str:
        return observe(execution)


def describe_imports(policy: Policy) -> str:
    """What may be imported, in the prompt's words."""
    if "*" in policy.imports:
        return "everything that is installed"
    words = {"stdlib": "the standard library (but for processes, sockets and ctypes)"}
    return ", ".join(words.get(name, name) for name in policy.imports) or "nothing"
