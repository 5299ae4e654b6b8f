"""What every kind of agent is: a model, tools, and one chat, which the step loop works on."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, BinaryIO, Self

from agent_core.agents.as_tool import agent_tool
from agent_core.agents.chat_state import ChatState
from agent_core.agents.event_stream import Emit, stream_events
from agent_core.agents.loop import StepLoop
from agent_core.agents.model_turn import ModelRequest, ModelTurns
from agent_core.agents.result import RunResult, result_of
from agent_core.agents.run import RESUMABLE, AnswerCheck, Run
from agent_core.concurrency import run_to_completion
from agent_core.errors import Busy, GlassboxError
from agent_core.events import Event, RunResumed, RunStarted, SandboxEvent
from agent_core.execution import Execution, FileNote
from agent_core.memory.images import as_data_url, is_visible_image
from agent_core.memory.memory import Memory
from agent_core.memory.turns import Step
from agent_core.memory.window import Windows
from agent_core.models.base import Model
from agent_core.models.retry import RetryPolicy
from agent_core.net.url_allowlist import NamedBy
from agent_core.parsing import CODE_TOOL
from agent_core.prompts import fill, read_prompt
from agent_core.questions import AskUser
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.host.file_transfer import copy_out, open_out, take_in
from agent_core.text import whole_characters
from agent_core.tools import context
from agent_core.tools.base import Tool, with_different_names
from agent_core.usage import Usage


class Agent(ABC):
    """A model, tools, and one chat, whose variables and files live in a sandbox of its own.

    All arguments but `workspace` are also attributes. Changed between two runs, they hold from the next run on.

    Args:
        model: answers.
        tools: what it may call. Their names must differ.
        policy: what code may import, and which hosts code and web tools may reach, without asking.
        limits: of one step of code.
        workspace: the folder that code works in; None for a temporary one.
        max_steps: how many steps a run may make.
        token_budget: input and output tokens after which a run makes no further step.
        instructions: are added to the system prompt.
        system_prompt: replaces the whole system prompt. {{tools}}, {{date}} and so on are filled as in the default.
        fallbacks: models to ask, in this order, if the model stays down.
        plan_every: make a plan first, and renew it after so many steps; 0 for no plans.
        answer_checks: an answer must pass them all.
        retry: how often failing requests are made again; None for the default RetryPolicy.
        native_calls: whether the model acts by native calls or in its text; None for what suits the model.
        ask_user: puts a tool's question to the person; None if nobody can be asked.

    Attributes:
        chat: memory, sandbox, permissions and usage of the chat.
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
        retry: RetryPolicy | None = None,
        native_calls: bool | None = None,
        ask_user: AskUser | None = None,
    ) -> None:
        self.model = model
        self.tools = with_different_names(tools)
        self.policy = policy or Policy()
        self.limits = limits or Limits()
        self.max_steps = max_steps
        self.token_budget = token_budget
        self.instructions = instructions
        self.system_prompt = system_prompt
        self.fallbacks = list(fallbacks)
        self.plan_every = plan_every
        self.answer_checks = list(answer_checks)
        self.retry = retry or RetryPolicy()
        self.native_calls = native_calls
        self.ask_user = ask_user
        self.chat = ChatState(workspace)
        self._windows = Windows()
        self._running = False

    # What kinds of agents differ in

    @abstractmethod
    def full_system_prompt(self, *, native: bool = False) -> str:
        """Return the system prompt as it is sent.

        Args:
            native: for a model that acts by native calls, rather than in its text.
        """

    @abstractmethod
    def _request_for(self, model: Model) -> ModelRequest:
        """Return how this model is asked for one reply."""

    @abstractmethod
    def _act(self, step: Step) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Carry out a step's action. Yield what comes of it as it comes; the last item is the Execution."""

    @abstractmethod
    def _observe(self, execution: Execution) -> str:
        """Return what the model is told of an action, beside the results of its calls."""

    @property
    @abstractmethod
    def _may_run_code(self) -> bool:
        """Whether a step may run code in the sandbox."""

    # Runs

    def stream(self, question: str, *, files: Sequence[Path] = ()) -> AsyncGenerator[Event, None]:
        """Answer a question and yield what happens. Closing the iterator stops the run.

        If the model or the sandbox fails, nothing is raised: the run ends with RunFinished("error") and a sentence.

        Args:
            question: of the person.
            files: are copied into the workspace and named to the model. Images are shown to a model that can see.

        Raises:
            Busy: if another run of this agent is going on.
            GlassboxError: if the files cannot be taken.
        """
        return self._stream(lambda emit: self._answer(whole_characters(question), files, emit))

    def stream_resume(self, more_steps: int = 6) -> AsyncGenerator[Event, None]:
        """Go on with the last question after its run ended at a limit, and yield what happens; see `stream`.

        Args:
            more_steps: how many steps the run may make now. The token budget begins anew.

        Raises:
            GlassboxError: unless `can_resume`.
        """
        return self._stream(lambda emit: self._go_on(more_steps, emit))

    async def run(self, question: str, *, files: Sequence[Path] = ()) -> RunResult:
        """Answer a question and return how the run ended; see `stream`."""
        return await result_of(self.stream(question, files=files))

    async def resume(self, more_steps: int = 6) -> RunResult:
        """Go on after reason "max_steps", "budget" or "repeated", and return how it ended; see `stream_resume`."""
        return await result_of(self.stream_resume(more_steps))

    def run_sync(self, question: str, *, files: Sequence[Path] = ()) -> RunResult:
        """Do what `run` does, for programs without an event loop."""
        return asyncio.run(self.run(question, files=files))

    def as_tool(self, name: str, description: str) -> Tool:
        """Return a tool by which another agent gives tasks to this one; see `agent_tool`."""
        return agent_tool(self, name, description)

    # The chat

    @property
    def memory(self) -> Memory:
        """The turns and steps of the chat."""
        return self.chat.memory

    @property
    def usage(self) -> Usage:
        """What the whole chat cost."""
        return self.chat.usage

    @property
    def can_resume(self) -> bool:
        """Whether the last run ended at a limit, so that `resume` can go on with it."""
        return self.chat.can_resume

    @property
    def sandbox(self) -> Sandbox:
        """The chat's sandbox. It is made when it is first needed; its process starts with the first code."""
        return self.chat.open_sandbox(self.policy, self.limits)

    async def rewind(self, step: int) -> None:
        """Go back to how memory, variables and files were right after a step of this chat.

        If variables or files cannot go back, the model is told so with the next question.

        Args:
            step: counted through the chat, from 1; 0 is the start of the chat.

        Raises:
            Busy: if a run is going on.
            GlassboxError: if there is no such step.
        """
        if self._running:
            raise Busy("A run is going on. Wait for it, or stop it first; then go back.")
        if not 0 <= step <= self.memory.last_step:
            raise GlassboxError(f"This chat has no step {step}; choose one from 0 to {self.memory.last_step}.")
        self._running = True
        try:
            await run_to_completion(self.chat.rewind(step))
        finally:
            self._running = False

    def take_over(self, other: "Agent") -> None:
        """Go on with the chat of another agent: its memory, variables, files and permissions become this one's.

        The other agent must not be used any more, nor closed.

        Raises:
            Busy: if one of them is running.
        """
        if other._running or self._running:
            raise Busy("A run is going on. Wait for it, or stop it first.")
        self.chat = other.chat

    async def copy_file(self, name: str, target: Path) -> None:
        """Copy a file of the workspace to `target`. Raises GlassboxError if it is gone, or is no plain file."""
        await asyncio.to_thread(copy_out, self.sandbox.workspace, name, target)

    async def open_file(self, name: str) -> BinaryIO:
        """Open a file of the workspace, never through a link. Code may go on writing to it.

        Raises:
            GlassboxError: if it is gone, or is no plain file.
        """
        return await asyncio.to_thread(open_out, self.sandbox.workspace, name)

    async def add_file(self, path: Path) -> FileNote:
        """Copy a file into the workspace, under a name that is free. Raises GlassboxError if it does not fit."""
        notes = await asyncio.to_thread(take_in, [path], self.sandbox.workspace, self.limits)
        return notes[0]

    # Processes

    @property
    def is_awake(self) -> bool:
        """Whether the chat has processes, which hold its variables."""
        return self.chat.sandbox is not None and self.chat.sandbox.is_awake

    async def suspend(self) -> bool:
        """End the chat's processes unless a run is going on. Files stay, variables are gone.

        Returns:
            Whether there were variables. If so, the model is told with the next step.
        """
        return self.chat.sandbox is not None and not self._running and await self.chat.sandbox.suspend()

    async def close(self) -> None:
        """End the chat's processes and release the workspace. A closed agent cannot run again."""
        await self.chat.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # How a run is made

    async def _stream(self, work: Callable[[Emit], Coroutine[Any, Any, None]]) -> AsyncGenerator[Event, None]:
        if self._running:
            raise Busy("A run is going on already. Wait for it, or stop it first.")
        self._running = True
        try:
            async with aclosing(stream_events(work)) as events:
                async for event in events:
                    yield event
        finally:
            self._running = False

    async def _answer(self, question: str, files: Sequence[Path], emit: Emit) -> None:
        images = [as_data_url(path) for path in files if is_visible_image(path)]
        notes = await asyncio.to_thread(take_in, files, self.sandbox.workspace, self.limits) if files else ()
        self.memory.begin_turn(question, images, notes)
        if self._may_run_code or self.chat.sandbox is not None:
            self.sandbox.begin_turn()
        emit(RunStarted(question, notes))
        await self._run(self._new_run(emit, self.max_steps), question)

    async def _go_on(self, more_steps: int, emit: Emit) -> None:
        if not self.can_resume:
            raise GlassboxError("There is nothing to go on with: the last run did not end at a limit.")
        emit(RunResumed())
        note = fill(read_prompt("go_on"), steps=str(more_steps))
        await self._run(self._new_run(emit, more_steps, note))

    def _new_run(self, emit: Emit, max_steps: int, note: str = "") -> Run:
        models = [self.model, *self.fallbacks]
        return Run(emit, models, max_steps, self.token_budget, self.plan_every, self.answer_checks, note)

    async def _run(self, run: Run, question: str = "") -> None:
        chat, outer = self.chat, context.run_context.get()
        chat.can_resume = False
        addresses, egress = (chat.addresses, chat.egress) if outer is None else (outer.addresses, outer.outgoing)
        if outer is None:  # else it was a model that wrote the question
            addresses.add_from(question, NamedBy.PERSON)
        run.enter()
        context.run_context.set(
            context.RunContext(self.policy.hosts, chat.grants, addresses, egress, self.ask_user, self)
        )

        def act(step: Step) -> AsyncGenerator[SandboxEvent | Execution, None]:
            if run.outer is None:  # else it is part of a step of the agent that called this one
                chat.egress.begin_step()
            return self._act(step)

        turns = ModelTurns(run, chat.memory, self._windows, self.retry, self._request_for)
        loop = StepLoop(run, chat.memory, turns, act=act, observe=self._observe, aftermath=lambda: chat.aftermath)
        try:
            chat.can_resume = await loop.run() in RESUMABLE
        finally:
            chat.usage += run.usage

    @property
    def _code_tools(self) -> list[Tool]:
        """The tools that are functions in the code."""
        return [tool for tool in self.tools if tool.name != CODE_TOOL]

    def _run_code(self, code: str) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Run code in the chat's sandbox; see `Sandbox.stream`."""
        box = self.sandbox
        box.policy, box.limits, box.tools = self.policy, self.limits, self._code_tools
        return box.stream(code)
