"""The agent that acts by writing Python, which runs step by step in a sandbox."""

from collections.abc import AsyncGenerator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from agent_core.agent import Agent, AnswerCheck
from agent_core.asking import Patience
from agent_core.conversation import CODE_TOOL
from agent_core.events import SandboxEvent
from agent_core.execution import Execution
from agent_core.models.base import Model
from agent_core.observation import shorten
from agent_core.prompts import fill, read_prompt
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.tool import Tool

_PYTHON: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": CODE_TOOL,
        "description": "Run a piece of Python in the sandbox, as one step.",
        "parameters": {
            "type": "object",
            "properties": {"code": {"type": "string", "description": "The Python to run."}},
            "required": ["code"],
        },
    },
}


class CodeAgent(Agent):
    """Answers by writing Python; each chat has a sandbox of its own, whose variables stay between steps and turns.

    policy: what the code may import. limits: of one step. workspace: the folder the code works in, by default a
    temporary one. code_calls: whether the model gives its code as a native call of `python(code)` or in its text; None
    for what suits its family. The other parameters are those of Agent. The sandbox starts with the first step that has
    code.
    """

    def __init__(
        self,
        model: Model,
        *,
        tools: Sequence[Tool] = (),
        policy: Policy | None = None,
        limits: Limits | None = None,
        workspace: Path | None = None,
        max_steps: int = 12,
        token_budget: int = 200_000,
        instructions: str = "",
        system_prompt: str | None = None,
        fallbacks: Sequence[Model] = (),
        plan_every: int = 0,
        answer_checks: Sequence[AnswerCheck] = (),
        patience: Patience | None = None,
        code_calls: bool | None = None,
    ) -> None:
        super().__init__(
            model,
            tools=tools,
            max_steps=max_steps,
            token_budget=token_budget,
            instructions=instructions,
            system_prompt=system_prompt,
            fallbacks=fallbacks,
            plan_every=plan_every,
            answer_checks=answer_checks,
            patience=patience,
        )
        self.code_calls = code_calls
        self.policy = policy or Policy()
        self.limits = limits or Limits()
        self.sandbox = Sandbox(policy=self.policy, limits=self.limits, workspace=workspace)

    def full_system_prompt(self, *, code_calls: bool = False) -> str:
        return fill(
            self.system_prompt or read_prompt("code_agent"),
            step=read_prompt("step_as_call" if code_calls else "step_as_text"),
            example="" if code_calls else read_prompt("example"),
            tools="\n\n".join(tool.stub() for tool in self.tools) or "# none",
            imports=_describe_imports(self.policy),
            date=date.today().isoformat(),
            instructions=self.instructions,
        )

    def calls_of(self, model: Model) -> Sequence[dict[str, Any]] | None:
        able = model.capabilities
        return [_PYTHON] if (able.code_calls if self.code_calls is None else self.code_calls and able.tools) else None

    def act(self, code: str) -> AsyncGenerator[SandboxEvent | Execution, None]:
        self.sandbox.policy, self.sandbox.limits, self.sandbox.tools = self.policy, self.limits, self.tools
        return self.sandbox.stream(code)

    def begin_turn(self) -> None:
        self.sandbox.begin_turn()

    async def restore(self, checkpoint: int) -> str:
        result = await self.sandbox.rewind(checkpoint)
        losses = [self.sandbox.aftermath] if self.sandbox.aftermath else []
        if result.files_not_restored:
            names = shorten(", ".join(result.files_not_restored), 1_000)
            losses.append(fill(read_prompt("files_lost"), files=names))
        return "\n".join(losses)

    def after_stop(self) -> str:
        return self.sandbox.aftermath

    async def close(self) -> None:
        await self.sandbox.close()


def _describe_imports(policy: Policy) -> str:
    """What may be imported, in the prompt's words."""
    if "*" in policy.imports:
        return "everything that is installed"
    words = {"stdlib": "the standard library (but for processes, sockets and ctypes)"}
    return ", ".join(words.get(name, name) for name in policy.imports) or "nothing"
