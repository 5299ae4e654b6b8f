"""The agent that acts by writing Python, which runs step by step in a sandbox."""

from collections.abc import Callable

from agent_core.agents.base import Agent
from agent_core.agents.call_form import acts_by_calls
from agent_core.agents.event_stream import forward_events
from agent_core.agents.reply_stream import ModelRequest
from agent_core.agents.system_prompt import describe_imports, describe_tools, fill_system_prompt
from agent_core.events import SandboxEvent
from agent_core.execution import Execution
from agent_core.memory.messages import MessageFormat
from agent_core.memory.observation import observe
from agent_core.memory.turns import Step
from agent_core.models.base import Model
from agent_core.parsing import CodeReplyReader, ReplyContext
from agent_core.prompts import read_prompt
from agent_core.tools.python import python


class CodeAgent(Agent):
    """An agent that acts by writing Python. Variables stay between steps and questions; tools are functions in code.

    The arguments are those of Agent. With `native_calls` the model gives its code as a native call of `python(code)`;
    without, as a code block in its text.

    >>> model = ScriptedModel(["I count them.\\n```python\\nn = len('strawberry')\\n```", "It has 10 letters."])
    >>> result = CodeAgent(model).run_sync("How many letters has strawberry?")
    >>> print(result.answer, result.reason, result.usage.requests, sep=" · ")
    It has 10 letters. · answer · 2
    """

    def full_system_prompt(self, *, native: bool = False) -> str:
        return fill_system_prompt(
            self.system_prompt or read_prompt("code_agent"),
            step=read_prompt("step_as_call" if native else "step_as_text"),
            example="" if native else read_prompt("example"),
            tools=describe_tools(self._code_tools),
            imports=describe_imports(self.policy),
            instructions=self.instructions,
        )

    def request_for(self, model: Model) -> ModelRequest:
        able, turns = model.capabilities, self.memory.turns
        fallback = model is not self.model
        native = acts_by_calls(model, self.native_calls, suits=able.code_calls, fallback=fallback)
        return ModelRequest(
            system_prompt=self.full_system_prompt(native=native),
            message_format=MessageFormat(native=native, vision=able.vision),
            functions=[python.schema()] if native else None,
            question=self.memory.question,
            reader=CodeReplyReader(
                ReplyContext(
                    question=self.memory.question,
                    ran=[step.code.strip() for step in turns[-1].steps if step.code] if turns else [],
                    has_variables=any(turn.values or any(step.code for step in turn.steps) for turn in turns),
                    tools=[tool.name for tool in self._code_tools],
                )
            ),
        )

    @property
    def may_run_code(self) -> bool:
        return True

    @property
    def writes_code(self) -> bool:
        return True

    async def act(self, step: Step, emit: Callable[[SandboxEvent], None]) -> Execution:
        execution = await forward_events(self._run_code(step.code), emit)
        step.observation = observe(execution)
        return execution
