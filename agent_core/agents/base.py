"""The base class of agents: a model, tools, and one chat."""

from abc import ABC
from collections.abc import AsyncGenerator, Iterable, Sequence
from copy import copy
from pathlib import Path
from threading import Lock
from typing import Any, Self

from agent_core.agents.answer_checks import AnswerCheck
from agent_core.agents.answer_type import made_type
from agent_core.agents.arguments import check_names, check_settings, check_workspace, functions, listed
from agent_core.agents.as_tool import AgentTool
from agent_core.agents.asking import AskableAgent
from agent_core.agents.chat_state import ChatState
from agent_core.agents.event_stream import Emit
from agent_core.agents.keepable import KeepableAgent
from agent_core.agents.planning import ReviewPlan
from agent_core.agents.run import Run
from agent_core.agents.step_callbacks import StepCallback
from agent_core.elsewhere import AGENT_ATTRIBUTES, Signposted
from agent_core.events import SandboxEvent
from agent_core.execution import Execution
from agent_core.memory.window import Windows
from agent_core.models.base import Model
from agent_core.models.given import as_model
from agent_core.models.retry import RetryPolicy
from agent_core.models.settings import ModelSettings, checked
from agent_core.parsing import CODE_TOOL
from agent_core.questions import AskUser
from agent_core.sandbox import Limits, Policy
from agent_core.sandbox.remote.engine import Engine
from agent_core.tools.base import Tool


class Agent(AskableAgent, KeepableAgent, Signposted, ABC):
    """A model, tools, and one chat, whose variables and files live in a sandbox of its own.

    All arguments but `workspace` are also attributes. They may be changed between two runs; a change applies from the
    next run on.

    Args:
        model: The model to ask.
        tools: The tools that may be called: whatever `as_tool` takes, and sets of tools, such as an MCP server, which
            is asked for them when a run begins. Their names must differ.
        policy: What code may import, and which hosts code and web tools may reach, without asking; None for the default
            Policy.
        limits: What code may use; None for the default Limits.
        workspace: The folder that code works in; None for a temporary one.
        max_steps: How many steps a run may make.
        token_budget: After so many input and output tokens a run makes no further step.
        instructions: Text to add to the system prompt.
        system_prompt: Replaces the whole system prompt. {{tools}}, {{date}} and so on are filled in as in the default.
        fallbacks: Models to ask, in this order, if the model stays down.
        plan_every: Make a plan first, and renew it after so many steps; 0 for no plans.
        answer_checks: Checks that an answer must pass; see AnswerCheck.
        answer_type: The type that `RunResult.answer.value` is to have: one that pydantic understands (a model, a
            TypedDict, list[int]) or a JSON Schema as a dict; None for any. The model is told it, and an answer that
            does not fit is sent back with the reason.
        step_callbacks: Called after each step; see StepCallback.
        review_plan: Looks at each plan before it is carried out, and may edit it; see ReviewPlan.
        retry: How to retry failing requests; None for the default RetryPolicy.
        native_calls: Whether the model acts by native tool calls (True) or in its text (False); None for what suits the
            model. If it is not known to take such calls, a run that is to act by them ends with an error that says so.
        ask_user: Asks the person a tool's question; None if nobody can be asked.
        engine: Where code runs; None for this machine. Once code has run, a change comes too late for the chat.

    Attributes:
        chat: The chat's memory, sandbox, permissions and usage.

    Raises:
        ToolError: Something is no tool, or two tools have the same name.
        GlassboxError: An argument is unknown, or has a wrong type or value. The text says what to give.
        ModelError: What is given as a model is none.
    """

    elsewhere = AGENT_ATTRIBUTES

    def __new__(cls, *given: Any, **named: Any) -> Self:
        if given or named:  # a copy is made without
            check_names(cls, given, named)
        return super().__new__(cls)

    def __init__(
        self,
        model: Model,
        *,
        tools: Iterable[Any] = (),
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
        answer_type: Any = None,
        step_callbacks: Sequence[StepCallback] = (),
        review_plan: ReviewPlan | None = None,
        retry: RetryPolicy | None = None,
        native_calls: bool | None = None,
        ask_user: AskUser | None = None,
        engine: Engine | None = None,
    ) -> None:
        super().__init__()
        self.model = as_model(model)
        self.tools = tools
        self.policy = Policy() if policy is None else policy
        self.limits = Limits() if limits is None else limits
        self.max_steps = max_steps
        self.token_budget = token_budget
        self.instructions = instructions
        self.system_prompt = system_prompt
        self.fallbacks = [as_model(fallback) for fallback in listed("fallbacks", fallbacks, "models")]
        self.plan_every = plan_every
        self.answer_checks = functions("answer_checks", answer_checks)
        self.answer_type = answer_type
        self.step_callbacks = functions("step_callbacks", step_callbacks)
        self.review_plan = review_plan
        self.retry = RetryPolicy() if retry is None else retry
        self.native_calls = native_calls
        self.ask_user = ask_user
        self.engine = engine
        self.chat = ChatState(check_workspace(workspace))
        self.definition = object()
        self._windows = Windows()
        check_settings(self)
        made_type(answer_type)

    def as_tool(self, name: str, description: str) -> Tool:
        """Return a tool with which another agent gives tasks to this one.

        Args:
            name: The name of the tool.
            description: When to use the tool, for the model that calls it.
        """
        return AgentTool(self, name, description)

    def for_new_chat(self, engine: Engine | None = None) -> Self:
        """Return an agent like this one with a chat of its own: nothing of this one's memory, files or permissions.

        Models, tools and checks are the same objects: a tool that keeps something keeps it for all chats, unless it
        keeps it in `context.state()`. Of agents that are tools, copies do the tasks.

        Args:
            engine: Where code runs if this agent names no place.
        """
        other = copy(self)
        other.engine = self.engine or engine
        given = self.given_tools
        other.tools = [tool.for_new_chat(other.engine) if isinstance(tool, AgentTool) else tool for tool in given]
        other.fallbacks, other.answer_checks = list(self.fallbacks), list(self.answer_checks)
        other.step_callbacks = list(self.step_callbacks)
        other.chat, other._windows = ChatState(), Windows()
        other._busy, other._run = Lock(), None
        return other

    def _new_run(self, emit: Emit, max_steps: int, settings: ModelSettings | None = None) -> Run:
        check_settings(self)
        self._run = Run(
            emit=emit,
            models=[as_model(model) for model in (self.model, *self.fallbacks)],
            max_steps=max_steps,
            token_budget=self.token_budget,
            plan_every=self.plan_every,
            answer_checks=functions("answer_checks", self.answer_checks),
            answer_type=made_type(self.answer_type),
            step_callbacks=functions("step_callbacks", self.step_callbacks),
            review_plan=self.review_plan,
            retry=self.retry,
            windows=self._windows,
            settings=checked(settings or {}),
        )
        return self._run

    @property
    def _code_tools(self) -> list[Tool]:
        """The tools that are functions in the code."""
        return [tool for tool in self.tools if tool.name != CODE_TOOL]

    def _run_code(self, code: str) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Run code in the chat's sandbox; see `Sandbox.stream`."""
        box = self.sandbox
        box.tools = self._code_tools
        return box.stream(code)
