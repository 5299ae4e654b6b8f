"""What every kind of agent is: a model, tools, and the memory of one chat, which the step loop works on."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

from agent_core.agents.as_tool import agent_tool
from agent_core.agents.loop import AnswerCheck, StepLoop
from agent_core.agents.model_turn import Dialogue, Reader
from agent_core.agents.run import Run
from agent_core.concurrency import run_to_completion
from agent_core.errors import Busy, GlassboxError
from agent_core.events import Event, FinalAnswer, Reason, RunFinished, RunResumed, RunStarted, SandboxEvent
from agent_core.execution import Display, Execution, FileNote
from agent_core.memory.images import as_data_url, is_seen
from agent_core.memory.memory import Memory, Step
from agent_core.memory.messages import MessageFormat
from agent_core.models.base import Model
from agent_core.models.retry import RetryPolicy
from agent_core.net.egress import Egress
from agent_core.net.url_allowlist import NamedBy, UrlAllowlist
from agent_core.parsing import CODE_TOOL
from agent_core.permissions import Grant
from agent_core.prompts import fill, read_prompt
from agent_core.questions import AskUser
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.host.file_transfer import copy_out, open_out, take_in
from agent_core.text import truncate_middle, whole_characters
from agent_core.tools import context
from agent_core.tools.base import Tool, with_different_names
from agent_core.usage import Usage

RESUMABLE: tuple[Reason, ...] = ("max_steps", "budget", "repeated")


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    answer: None where there is none; `str(answer)` is its text. message: why, in one sentence, if not by an answer.
    """

    answer: Display | None
    reason: Reason
    steps: int
    usage: Usage
    message: str = ""


class Agent(ABC):
    """An agent: a model, tools, and the memory of one chat, whose variables and files live in a sandbox of its own.

    policy: what code may import, and which hosts it and the web tools may reach unasked. limits: of one step of code.
    workspace: the folder the code works in, by default a temporary one.
    max_steps: of one run. token_budget: input and output tokens of one run. instructions: added to the system prompt.
    system_prompt: replaces the whole prompt; its placeholders ({{tools}}, {{date}}, …) are filled as in the default.
    fallbacks: models to ask, in this order, when the model stays down. plan_every: make a plan first and renew it after
    so many steps; 0 for no plan. answer_checks: an answer must pass them all. retry: how often failing models are tried
    again. native_calls: whether the model acts by native calls or in its text; None for what suits its family.
    ask_user: puts a question of a tool to the person. All of these are plain attributes, and a change takes effect with
    the next run. usage: of the whole chat. addresses: the web addresses that this chat may open unasked. outgoing: how
    many of them it has opened. grants: the permissions given for it.
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
        self.memory = Memory()
        self.addresses = UrlAllowlist()
        self.outgoing = Egress()
        self.grants: set[Grant] = set()
        self.usage = Usage()
        self.can_resume = False
        self.dialogue = Dialogue(self)
        self._workspace = workspace
        self._sandbox: Sandbox | None = None
        self._running = False
        self._closed = False

    @abstractmethod
    def full_system_prompt(self, *, native: bool = False) -> str:
        """The system prompt as it is sent, all placeholders filled, for a model that acts by native calls or not."""

    @abstractmethod
    def functions(self, model: Model) -> Sequence[dict[str, Any]] | None:
        """The functions that this model's reply may call natively; None where it acts in its text."""

    @abstractmethod
    def manner(self, model: Model) -> MessageFormat:
        """How this model is told of the chat."""

    @abstractmethod
    def reader(self, model: Model) -> Reader:
        """What reads this model's reply."""

    @abstractmethod
    def act(self, step: Step) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Carry out a step's action. What comes of it is yielded as it comes; the last item is the Execution."""

    @abstractmethod
    def observe(self, execution: Execution) -> str:
        """What the model is told of an action beside the results of its calls."""

    @property
    @abstractmethod
    def runs_code(self) -> bool:
        """Whether a step may run code."""

    @property
    def code_tools(self) -> list[Tool]:
        """The tools that are functions in the code."""
        return [tool for tool in self.tools if tool.name != CODE_TOOL]

    def run_code(self, code: str) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Run code in the chat's sandbox; see `Sandbox.stream`."""
        box = self.sandbox
        box.policy, box.limits, box.tools = self.policy, self.limits, self.code_tools
        return box.stream(code)

    @property
    def sandbox(self) -> Sandbox:
        """The chat's sandbox. It is made when it is first needed, and its process starts with the first code."""
        if self._sandbox is None:
            if self._closed:
                raise GlassboxError("This agent is closed.")
            self._sandbox = Sandbox(policy=self.policy, limits=self.limits, workspace=self._workspace)
            self._sandbox.grants = self.grants
        return self._sandbox

    @property
    def is_awake(self) -> bool:
        """Whether the chat has processes, which hold its variables."""
        return self._sandbox is not None and self._sandbox.is_awake

    async def rest(self) -> bool:
        """End the chat's processes unless code is running: files stay, variables are gone.

        Returns whether there were variables, which the model is told with the next step.
        """
        return self._sandbox is not None and not self._running and await self._sandbox.rest()

    async def close(self) -> None:
        """Give back what the agent holds. A closed agent cannot run again."""
        self._closed = True
        if self._sandbox is not None:
            await self._sandbox.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def stream(self, question: str, *, files: Sequence[Path] = ()) -> AsyncGenerator[Event, None]:
        """Answer a question and yield what happens. Closing the iterator stops the run.

        files: are copied into the workspace and named to the model; images among them are shown to a model that can
        see. Raises Busy while another run of this agent is going on, GlassboxError for files that cannot be taken. A
        failure of the model or of the sandbox is no exception: the run ends with RunFinished("error") and a sentence.
        """
        return self._stream(lambda emit: self._answer(whole_characters(question), files, emit))

    def stream_resume(self, more_steps: int) -> AsyncGenerator[Event, None]:
        """Go on with the last question after its run ended at a limit, and yield what happens; see `stream`.

        more_steps: how many there may be. The budget of tokens begins anew. Raises GlassboxError unless `can_resume`.
        """
        return self._stream(lambda emit: self._go_on(more_steps, emit))

    async def run(self, question: str, *, files: Sequence[Path] = ()) -> RunResult:
        """Answer a question and return how it ended; see `stream`."""
        return await _result_of(self.stream(question, files=files))

    async def resume(self, more_steps: int = 6) -> RunResult:
        """Go on after reason "max_steps", "budget" or "repeated", and return how it ended; see `stream_resume`."""
        return await _result_of(self.stream_resume(more_steps))

    def run_sync(self, question: str, *, files: Sequence[Path] = ()) -> RunResult:
        """`run` for programs without an event loop."""
        return asyncio.run(self.run(question, files=files))

    def as_tool(self, name: str, description: str) -> Tool:
        """This agent as a tool of another one; see `agent_tool`."""
        return agent_tool(self, name, description)

    def take_over(self, other: "Agent") -> None:
        """Go on with the chat of another agent: its memory, variables, files and permissions become this one's.

        The other one must not be used any more, nor closed. Raises Busy while it is running.
        """
        if other._running or self._running:
            raise Busy("A run is going on. Wait for it, or stop it first.")
        self.memory, self.usage = other.memory, other.usage
        self.addresses, self.outgoing, self.grants = other.addresses, other.outgoing, other.grants
        self.can_resume, self._sandbox, self._workspace = other.can_resume, other._sandbox, other._workspace

    async def copy_file(self, name: str, target: Path) -> None:
        """Copy a file of the workspace out of it. Raises GlassboxError where it is gone, or is no plain file."""
        await asyncio.to_thread(copy_out, self.sandbox.workspace, name, target)

    async def open_file(self, name: str) -> BinaryIO:
        """Open a file of the workspace, never through a link. Raises GlassboxError where it is gone or no plain file.

        Code may go on writing to it.
        """
        return await asyncio.to_thread(open_out, self.sandbox.workspace, name)

    async def add_file(self, path: Path) -> FileNote:
        """Copy a file into the workspace, under a name that is free. Raises GlassboxError where it does not fit."""
        notes = await asyncio.to_thread(take_in, [path], self.sandbox.workspace, self.limits)
        return notes[0]

    async def rewind(self, step: int) -> None:
        """Go back to how memory, variables and files were right after a step of this chat; 0 is its start.

        Where variables or files cannot go back, the model is told so with the next question. Raises Busy while a run
        is going on, GlassboxError for a step that never was.
        """
        if self._running:
            raise Busy("A run is going on. Wait for it, or stop it first; then go back.")
        if not 0 <= step <= self.memory.last_step:
            raise GlassboxError(f"This chat has no step {step}; choose one from 0 to {self.memory.last_step}.")
        self._running = True
        try:
            await run_to_completion(self._rewind(step))
        finally:
            self._running = False

    def after_stop(self) -> str:
        """What the model must know after a person stopped an action, in one sentence; "" for nothing."""
        return self._sandbox.aftermath if self._sandbox else ""

    async def _rewind(self, step: int) -> None:
        losses = await self._restore(self.memory.checkpoint_after(step))
        self.memory.rewind(step)
        self.memory.add_note(losses)
        self.can_resume = False

    async def _restore(self, checkpoint: int) -> str:
        """Bring variables and files back to a checkpoint. Returns what the model must know of it; "" for nothing."""
        if self._sandbox is None:
            return ""
        result = await self._sandbox.rewind(checkpoint)
        losses = [self._sandbox.aftermath] if self._sandbox.aftermath else []
        if result.files_not_restored:
            names = truncate_middle(", ".join(result.files_not_restored), 1_000)
            losses.append(fill(read_prompt("files_lost"), files=names))
        return "\n".join(losses)

    async def _stream(
        self, begin: Callable[[Callable[[Event], None]], Coroutine[Any, Any, None]]
    ) -> AsyncGenerator[Event, None]:
        if self._running:
            raise Busy("A run is going on already. Wait for it, or stop it first.")
        self._running = True
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        task = asyncio.create_task(begin(events.put_nowait))
        task.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            try:
                await run_to_completion(asyncio.wait([task]))
            finally:
                self._running = False

    async def _answer(self, question: str, files: Sequence[Path], emit: Callable[[Event], None]) -> None:
        images = [as_data_url(path) for path in files if is_seen(path)]
        notes = await asyncio.to_thread(take_in, files, self.sandbox.workspace, self.limits) if files else ()
        self.memory.begin_turn(question, images, notes)
        if self.runs_code or self._sandbox is not None:
            self.sandbox.begin_turn()
        emit(RunStarted(question, notes))
        await self._run(Run(emit, [self.model, *self.fallbacks], self.max_steps), question)

    async def _go_on(self, more_steps: int, emit: Callable[[Event], None]) -> None:
        if not self.can_resume:
            raise GlassboxError("There is nothing to go on with: the last run did not end at a limit.")
        emit(RunResumed())
        note = fill(read_prompt("go_on"), steps=str(more_steps))
        await self._run(Run(emit, [self.model, *self.fallbacks], more_steps, note=note))

    async def _run(self, run: Run, question: str = "") -> None:
        self.can_resume = False
        outer = context.run_context.get()
        addresses, outgoing = (self.addresses, self.outgoing) if outer is None else (outer.addresses, outer.outgoing)
        if outer is None:  # else it was a model that wrote the question
            addresses.add_from(question, NamedBy.PERSON)
        run.enter()
        context.run_context.set(
            context.RunContext(self.policy.hosts, self.grants, addresses, outgoing, self.ask_user, self)
        )
        try:
            await StepLoop(self, run).run()
        finally:
            self.usage += run.usage


async def _result_of(events: AsyncGenerator[Event, None]) -> RunResult:
    answer, finished = None, None
    async with aclosing(events):
        async for event in events:
            if isinstance(event, FinalAnswer):
                answer = event.answer
            elif isinstance(event, RunFinished):
                finished = event
    assert finished is not None, "a run ends with RunFinished"
    return RunResult(answer, finished.reason, finished.steps, finished.usage, finished.message)
