"""The base class of agents: a model, tools, and one chat."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from copy import copy
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

from agent_core.agents import runner
from agent_core.agents.answer_checks import AnswerCheck
from agent_core.agents.as_tool import AgentTool
from agent_core.agents.chat_state import ChatState
from agent_core.agents.event_stream import Emit, stream_events
from agent_core.agents.keepable import KeepableAgent
from agent_core.agents.reply_stream import ModelRequest
from agent_core.agents.result import RunResult, result_of
from agent_core.agents.run import Run
from agent_core.agents.run_again import run_again, steps_to_run_again
from agent_core.concurrency import run_to_completion
from agent_core.errors import Busy, GlassboxError
from agent_core.events import Event, SandboxEvent
from agent_core.execution import Execution, FileNote
from agent_core.memory.memory import Memory
from agent_core.memory.turns import Step, Turn
from agent_core.memory.window import Windows
from agent_core.models.base import Model
from agent_core.models.retry import RetryPolicy
from agent_core.parsing import CODE_TOOL
from agent_core.questions import AskUser
from agent_core.sandbox import Limits, Loss, Policy, Sandbox
from agent_core.sandbox.remote.engine import Engine
from agent_core.text import whole_characters
from agent_core.tools.base import Tool, with_different_names
from agent_core.usage import Usage

_Result = TypeVar("_Result")


class Agent(KeepableAgent, ABC):
    """A model, tools, and one chat, whose variables and files live in a sandbox of its own.

    All arguments but `workspace` are also attributes. They may be changed between two runs; a change applies from the
    next run on.

    Args:
        model: The model to ask.
        tools: The tools that may be called. Their names must differ.
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
        retry: How to retry failing requests; None for the default RetryPolicy.
        native_calls: Whether the model acts by native tool calls (True) or in its text (False); None for what suits the
            model. If it is not known to take such calls, a run that is to act by them ends with an error that says so.
        ask_user: Asks the person a tool's question; None if nobody can be asked.
        engine: Where code runs; None for this machine. Once code has run, a change comes too late for the chat.

    Attributes:
        chat: The chat's memory, sandbox, permissions and usage.
        definition: What it has in common with its copies for other chats, and with no other agent.

    Raises:
        ToolError: Two tools have the same name.
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
        engine: Engine | None = None,
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
        self.engine = engine
        self.chat = ChatState(workspace)
        self.definition = object()
        self._windows = Windows()
        self._running = False
        self._run: Run | None = None  # the last one

    # What kinds of agents differ in

    @abstractmethod
    def full_system_prompt(self, *, native: bool = False) -> str:
        """Return the system prompt as it is sent.

        Args:
            native: Whether the model acts by native tool calls, rather than in its text.
        """

    @abstractmethod
    def request_for(self, model: Model) -> ModelRequest:
        """Return how to ask this model for one reply; see `Actor`."""

    @abstractmethod
    async def act(self, step: Step, emit: Callable[[SandboxEvent], None]) -> Execution:
        """Carry out a step's action; see `Actor`."""

    @property
    @abstractmethod
    def may_run_code(self) -> bool:
        """Whether a step may run code in the sandbox."""

    # Runs

    def stream(self, question: str, *, files: Sequence[Path] = ()) -> AsyncGenerator[Event, None]:
        """Answer a question. Closing the iterator stops the run.

        If the model or the sandbox fails, nothing is raised: the run ends with RunFinished("error") and a sentence.

        Args:
            question: The person's question.
            files: Files to copy into the workspace and to name to the model. A model with vision also sees the images.

        Yields:
            The events of the run; the last one is RunFinished.

        Raises:
            Busy: Another run of this agent is in progress.
            GlassboxError: The files cannot be read, or do not fit.
        """
        return self._stream(
            lambda emit: runner.answer(self, self._new_run(emit, self.max_steps), whole_characters(question), files)
        )

    def stream_resume(self, more_steps: int = 6) -> AsyncGenerator[Event, None]:
        """Continue with the last question after its run ended at a limit; see `stream`.

        Args:
            more_steps: How many steps the run may make. The token budget starts anew.

        Yields:
            The events of the run; the last one is RunFinished.

        Raises:
            Busy: Another run of this agent is in progress.
            GlassboxError: There is nothing to continue; see `can_resume`.
        """
        return self._stream(lambda emit: runner.resume(self, self._new_run(emit, more_steps)))

    def stream_again(self, turn: Turn, *, files: Sequence[Path] = ()) -> AsyncGenerator[Event, None]:
        """Answer a question with the files that came with an earlier one; see `stream`.

        Args:
            turn: The question, its files, which are in the workspace, and its images. Its steps are not used.
            files: More files that come with it.

        Yields:
            The events of the run; the last one is RunFinished.

        Raises:
            Busy: Another run of this agent is in progress.
        """
        return self._stream(lambda emit: runner.answer_again(self, self._new_run(emit, self.max_steps), turn, files))

    def stream_from(self, code: str = "", thought: str = "") -> AsyncGenerator[Event, None]:
        """Go on after the last step of the chat, which may be one in the middle of an earlier run; see `stream`.

        Args:
            code: A step that a person wrote, to be made first; "" for none.
            thought: What is shown and told as the reason for it.

        Yields:
            The events of the run; the last one is RunFinished.

        Raises:
            Busy: Another run of this agent is in progress.
        """
        return self._stream(lambda emit: runner.go_on_from(self, self._new_run(emit, self.max_steps), code, thought))

    def stream_run_again(self) -> AsyncGenerator[Event, None]:
        """Run the code of all steps again, after variables were lost, up to the first that comes out differently.

        Yields:
            StepsRunAgain, what the person is asked, a StepRanAgain for each step, and RunAgainFinished.

        Raises:
            Busy: A run of this agent is in progress.
        """
        return self._stream(lambda emit: run_again(self, self._new_run(emit, self.max_steps)))

    def interrupt_after_step(self, message: str) -> None:
        """Have the run in progress, if any, end before its next step, as interrupted. It can be resumed.

        Args:
            message: Why, in one sentence for a person.
        """
        if self._running and self._run:
            self._run.interruption = message

    @property
    def lost_steps(self) -> list[Step]:
        """The steps whose code `stream_run_again` would run to bring lost variables back; none if none are lost."""
        checkpoint = self.memory.checkpoint_after(self.memory.last_step)
        if self.chat.sandbox is not None and self.chat.sandbox.has_variables(checkpoint):
            return []
        return steps_to_run_again(self.memory.turns)

    async def run(self, question: str, *, files: Sequence[Path] = ()) -> RunResult:
        """Answer a question and return how the run ended; see `stream`."""
        return await result_of(self.stream(question, files=files))

    async def resume(self, more_steps: int = 6) -> RunResult:
        """Continue after a run that ended at a limit, or whose answer was cut off; see `stream_resume`."""
        return await result_of(self.stream_resume(more_steps))

    def run_sync(self, question: str, *, files: Sequence[Path] = ()) -> RunResult:
        """Answer a question in a program without an event loop; see `run`."""
        return asyncio.run(self.run(question, files=files))

    def as_tool(self, name: str, description: str) -> Tool:
        """Return a tool with which another agent gives tasks to this one.

        Args:
            name: The name of the tool.
            description: When to use the tool, for the model that calls it.
        """
        return AgentTool(self, name, description)

    def for_new_chat(self, engine: Engine | None = None) -> Self:
        """Return an agent like this one with a chat of its own: nothing of this one's memory, files or permissions.

        Models, tools and checks are the same objects: a tool that keeps something keeps it for all chats. Of agents
        that are tools, copies do the tasks.

        Args:
            engine: Where code runs if this agent names no place.
        """
        other = copy(self)
        other.engine = self.engine or engine
        other.tools = [tool.for_new_chat(other.engine) if isinstance(tool, AgentTool) else tool for tool in self.tools]
        other.fallbacks, other.answer_checks = list(self.fallbacks), list(self.answer_checks)
        other.chat, other._windows = ChatState(), Windows()
        other._running, other._run = False, None
        return other

    # The chat

    async def add_question(self, question: str, files: Sequence[Path] = ()) -> tuple[FileNote, ...]:
        """Take a question and its files into the chat without a run; the model is told of them with the next one.

        Args:
            question: The person's question, such as one that was stopped while it waited for its turn.
            files: Files to copy into the workspace; see `stream`.

        Returns:
            The files as they are in the workspace.

        Raises:
            Busy: A run is in progress.
            GlassboxError: The files cannot be read, or do not fit. The question is taken all the same.
        """
        if self._running:
            raise Busy("A run is in progress. Wait for it, or stop it first.")
        return (await runner.take_in(self, whole_characters(question), files)).files

    async def add_again(self, turn: Turn, files: Sequence[Path] = ()) -> tuple[FileNote, ...]:
        """Take a question with the files of an earlier one into the chat without a run; see `add_question`.

        Args:
            turn: The question, its files, which are in the workspace, and its images.
            files: More files that come with it.

        Returns:
            All its files.

        Raises:
            Busy: A run is in progress.
            GlassboxError: The files cannot be read, or do not fit. The question is taken all the same.
        """
        if self._running:
            raise Busy("A run is in progress. Wait for it, or stop it first.")
        return (await runner.take_in_again(self, turn, files)).files

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
        """Whether the last run ended at a limit, so that `resume` can continue it."""
        return self.chat.can_resume

    @property
    def sandbox(self) -> Sandbox:
        """The chat's sandbox. It is created when it is first needed; its process starts with the first code."""
        return self.chat.open_sandbox(self.policy, self.limits, self.engine)

    async def rewind(self, step: int) -> None:
        """Restore memory, variables and files as they were right after a step of this chat.

        If variables or files cannot be restored, the model is told so with the next question.

        Args:
            step: The number of the step, counted through the chat from 1; 0 is the start of the chat.

        Raises:
            Busy: A run is in progress.
            GlassboxError: There is no such step.
        """
        if self._running:
            raise Busy("A run is in progress. Wait for it, or stop it first; then go back.")
        if not 0 <= step <= self.memory.last_step:
            raise GlassboxError(f"This chat has no step {step}; choose one from 0 to {self.memory.last_step}.")
        await self._change_chat(self.chat.rewind(step))

    async def switch(self, turns: Sequence[Turn]) -> str:
        """Go over to other turns of this chat; see `ChatState.switch`.

        Args:
            turns: All turns from now on, such as the first ones of the chat.

        Returns:
            What could not be restored, in sentences; "" for nothing.

        Raises:
            Busy: A run is in progress.
        """
        if self._running:
            raise Busy("A run is in progress. Wait for it, or stop it first; then go back.")
        if self.chat.has_files:
            self.chat.open_sandbox(self.policy, self.limits, self.engine)
        return await self._change_chat(self.chat.switch(turns))

    def take_over(self, other: "Agent") -> None:
        """Take over another agent's chat with its memory, variables, files and permissions.

        The other agent must neither be used nor closed afterwards.

        Args:
            other: The agent whose chat to take over.

        Raises:
            Busy: One of the two has a run in progress.
        """
        if other._running or self._running:
            raise Busy("A run is in progress. Wait for it, or stop it first.")
        self.chat = other.chat

    async def copy_file(self, name: str, target: Path) -> None:
        """Copy a file of the workspace to a path of the host.

        Args:
            name: The file's path in the workspace.
            target: The path of the copy.

        Raises:
            GlassboxError: The file is gone, or is not a regular file.
        """
        await self.sandbox.copy_file(name, target)

    async def open_file(self, name: str) -> BinaryIO:
        """Open a file of the workspace for reading, never through a link. Code may continue to write to it.

        Args:
            name: The file's path in the workspace.

        Raises:
            GlassboxError: The file is gone, or is not a regular file.
        """
        return await self.sandbox.open_file(name)

    async def add_file(self, path: Path) -> FileNote:
        """Copy a file into the workspace, under a name that is free.

        Args:
            path: A file of the host.

        Returns:
            The file's name in the workspace, its size and its type.

        Raises:
            GlassboxError: The file cannot be read, or does not fit.
        """
        return (await self.sandbox.add_files([path]))[0]

    # Processes

    @property
    def is_awake(self) -> bool:
        """Whether the chat has processes, which hold its variables."""
        return self.chat.sandbox is not None and self.chat.sandbox.is_awake

    async def suspend(self, *, only_whole: bool = False, seconds: float | None = None) -> Loss | None:
        """End the chat's processes unless a run is in progress. Files stay, variables as far as they can be kept.

        Args:
            only_whole: Whether to end them only if no variable is lost.
            seconds: The time to write variables; 0 to write none, None for the usual one.

        Returns:
            Which variables were lost; None for none. The next step tells the model of them.
        """
        if self.chat.sandbox is None or self._running:
            return None
        return await self.chat.sandbox.suspend(only_whole=only_whole, seconds=seconds)

    async def close(self) -> None:
        """End the chat's processes and release the workspace. A closed agent cannot run again."""
        await self.chat.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # How a run is made

    async def _change_chat(self, change: Coroutine[Any, Any, _Result]) -> _Result:
        self._running = True
        try:
            return await run_to_completion(change)
        finally:
            self._running = False

    async def _stream(self, work: Callable[[Emit], Coroutine[Any, Any, None]]) -> AsyncGenerator[Event, None]:
        if self._running:
            raise Busy("A run is already in progress. Wait for it, or stop it first.")
        self._running = True
        try:
            async with aclosing(stream_events(work)) as events:
                async for event in events:
                    yield event
        finally:
            self._running = False

    def _new_run(self, emit: Emit, max_steps: int) -> Run:
        self._run = Run(
            emit=emit,
            models=[self.model, *self.fallbacks],
            max_steps=max_steps,
            token_budget=self.token_budget,
            plan_every=self.plan_every,
            answer_checks=self.answer_checks,
            retry=self.retry,
            windows=self._windows,
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
