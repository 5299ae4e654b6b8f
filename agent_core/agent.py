"""The step loop that every kind of agent shares: ask the model, act on its reply, look at what came of it, repeat."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Self

from agent_core.errors import Busy, GlassboxError, ModelError
from agent_core.events import (
    CodeDelta,
    CodeReady,
    Event,
    FinalAnswer,
    Reason,
    ReasoningDelta,
    RunFinished,
    RunStarted,
    SandboxEvent,
    StepFinished,
    StepStarted,
    ThoughtDelta,
)
from agent_core.execution import Display, Execution
from agent_core.memory import Memory, Step
from agent_core.models.base import Message, Model, Usage, estimate_message_tokens, estimate_tokens, whole_characters
from agent_core.observation import observe
from agent_core.parsing import Piece, ReplyReader
from agent_core.prompts import fill, read_prompt
from agent_core.tool import Tool
from agent_core.waiting import to_its_end

MAX_REPLY_TOKENS = 4_096
USAGE_SECONDS = 3.0  # how long a model may take, after its action, to say what the request cost


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


@dataclass
class _Run:
    """The run that is going on: whom it tells, what it has used and found so far."""

    emit: Callable[[Event], None]
    started: float = field(default_factory=time.monotonic)
    steps: int = 0
    usage: Usage = field(default_factory=Usage)
    answer: Display | None = None

    def finish(self, reason: Reason, message: str = "") -> None:
        seconds = time.monotonic() - self.started
        self.emit(RunFinished(reason, message, self.steps, seconds, self.usage))


class Agent(ABC):
    """An agent: a model, tools, and the memory of one chat.

    max_steps: of one run. token_budget: input and output tokens of one run. instructions: added to the system prompt.
    system_prompt: replaces the whole prompt; its placeholders ({{tools}}, {{date}}, …) are filled as in the default.
    All of these are plain attributes; a change takes effect with the next run.
    """

    def __init__(
        self,
        model: Model,
        *,
        tools: Sequence[Tool] = (),
        max_steps: int = 12,
        token_budget: int = 200_000,
        instructions: str = "",
        system_prompt: str | None = None,
    ) -> None:
        self.model = model
        self.tools = list(tools)
        self.max_steps = max_steps
        self.token_budget = token_budget
        self.instructions = instructions
        self.system_prompt = system_prompt
        self.memory = Memory()
        self._running = False

    @abstractmethod
    def full_system_prompt(self) -> str:
        """The system prompt as it is sent, all placeholders filled."""

    @abstractmethod
    def act(self, code: str) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Carry out an action. What comes of it is yielded as it comes; the last item is the Execution."""

    @abstractmethod
    def begin_turn(self) -> None:
        """Make ready for a new question."""

    @abstractmethod
    async def restore(self, checkpoint: int) -> str:
        """Bring variables and files back to a checkpoint. Returns what the model must know of it; "" for nothing."""

    @abstractmethod
    def after_stop(self) -> str:
        """What the model must know after a person stopped an action, in one sentence; "" for nothing."""

    @abstractmethod
    async def close(self) -> None:
        """Give back what the agent holds. A closed agent cannot run again."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def stream(self, question: str) -> AsyncGenerator[Event, None]:
        """Answer a question and yield what happens. Closing the iterator stops the run.

        Raises Busy while another run of this agent is going on. A failure of the model or of the sandbox is no
        exception: the run ends with RunFinished("error") and a sentence.
        """
        if self._running:
            raise Busy("A run is going on already. Wait for it, or stop it first.")
        self._running = True
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        task = asyncio.create_task(self._run(question, events.put_nowait))
        task.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            try:
                await to_its_end(asyncio.wait([task]))
            finally:
                self._running = False

    async def run(self, question: str) -> RunResult:
        """Answer a question and return how it ended; see `stream`."""
        answer, finished = None, None
        async with aclosing(self.stream(question)) as events:
            async for event in events:
                if isinstance(event, FinalAnswer):
                    answer = event.answer
                elif isinstance(event, RunFinished):
                    finished = event
        assert finished is not None, "a run ends with RunFinished"
        return RunResult(answer, finished.reason, finished.steps, finished.usage, finished.message)

    def run_sync(self, question: str) -> RunResult:
        """`run` for programs without an event loop."""
        return asyncio.run(self.run(question))

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
            await to_its_end(self._rewind(step))
        finally:
            self._running = False

    async def _rewind(self, step: int) -> None:
        losses = await self.restore(self.memory.checkpoint_after(step))
        self.memory.rewind(step)
        self.memory.add_note(losses)

    async def _run(self, question: str, emit: Callable[[Event], None]) -> None:
        run, question = _Run(emit), whole_characters(question)
        self.memory.begin_turn(question)
        self.begin_turn()
        emit(RunStarted(question))
        try:
            while run.answer is None:
                if reached := self._limit_reached(run):
                    await self._answer_at_limit(run, *reached)
                    return
                await self._step(run)
            run.finish("answer")
        except GlassboxError as error:
            run.finish("error", str(error))

    def _limit_reached(self, run: _Run) -> tuple[Reason, str] | None:
        if run.steps == 0:
            return None  # whatever the limits: a question gets one reply
        if run.steps >= self.max_steps:
            return "max_steps", f"the limit of {self.max_steps} steps is reached"
        if run.usage.total_tokens >= self.token_budget:
            return "budget", f"the budget of {self.token_budget:,} tokens is used up"
        return None

    async def _step(self, run: _Run) -> None:
        """One reply of the model and, where it has code, what comes of running it."""
        step = self.memory.begin_step()
        try:
            await self._think_and_act(run, step)
        except GlassboxError:
            self.memory.drop_step(step)
            raise
        except asyncio.CancelledError:
            self.memory.stop_step(step, self.after_stop())
            raise

    async def _think_and_act(self, run: _Run, step: Step) -> None:
        started, execution = time.monotonic(), None
        run.steps += 1
        run.emit(StepStarted(step.number))
        reader = ReplyReader()
        try:
            usage = await self._ask(run, reader)
        finally:
            step.reply = reader.reply().text
        reply = reader.reply()
        if reply.kind == "unclear":
            raise ModelError(f"{self.model.name} sent an empty reply. Ask again, or choose another model.")
        if reply.kind == "code":
            execution = await self._execute(run, reply.code)
            step.observation, step.checkpoint = observe(execution), execution.checkpoint
            run.answer = execution.answer
        else:
            run.answer = Display({"text/plain": reply.answer, "text/markdown": reply.answer})
        run.emit(StepFinished(step.number, time.monotonic() - started, usage, execution))
        if run.answer is not None:
            run.emit(FinalAnswer(run.answer))

    async def _ask(self, run: _Run, reader: ReplyReader) -> Usage:
        """Send the chat to the model and read its reply up to the end of the first action."""
        messages = self.memory.messages(self.full_system_prompt())
        usage, heard = None, ""
        try:
            async with (
                asyncio.timeout(None) as patience,
                aclosing(self.model.stream(messages, max_tokens=MAX_REPLY_TOKENS)) as chunks,
            ):
                async for chunk in chunks:
                    usage = chunk.usage or usage
                    heard += chunk.reasoning + chunk.text
                    if reader.finished and chunk.text.strip():
                        break  # what a model writes after its action is imagined
                    if chunk.reasoning:
                        run.emit(ReasoningDelta(chunk.reasoning))
                    self._tell(run, reader.feed(chunk.text))
                    if reader.finished and patience.when() is None:
                        patience.reschedule(asyncio.get_running_loop().time() + USAGE_SECONDS)
        except (ModelError, TimeoutError):
            if not reader.finished:  # else the action is there, and all that is missing is the stream's own end
                raise
        self._tell(run, reader.close())
        usage = usage or _estimate(messages, heard)
        run.usage += usage
        return usage

    def _tell(self, run: _Run, pieces: list[Piece]) -> None:
        for piece in pieces:
            run.emit(CodeDelta(piece.text) if piece.kind == "code" else ThoughtDelta(piece.text))

    async def _execute(self, run: _Run, code: str) -> Execution:
        run.emit(CodeReady(code))
        execution = None
        async with aclosing(self.act(code)) as events:
            async for event in events:
                if isinstance(event, Execution):
                    execution = event
                else:
                    run.emit(event)
        assert execution is not None, "act ends with an Execution"
        return execution

    async def _answer_at_limit(self, run: _Run, reason: Reason, limit: str) -> None:
        """One last request, for the best answer so far."""
        step, reader = self.memory.begin_step(fill(read_prompt("last_answer"), limit=limit)), ReplyReader()
        started = time.monotonic()
        run.emit(StepStarted(step.number))
        try:
            usage = await self._ask(run, reader)
        except (GlassboxError, asyncio.CancelledError):
            self.memory.drop_step(step)
            raise
        reply = reader.reply()
        step.reply = reply.thought or reply.answer or "No answer was found."
        run.emit(StepFinished(step.number, time.monotonic() - started, usage))
        run.emit(FinalAnswer(Display({"text/plain": step.reply, "text/markdown": step.reply})))
        run.finish(reason, f"This is the best answer so far: {limit}.")


def _estimate(messages: Sequence[Message], reply: str) -> Usage:
    """What a request cost whose stream was cut before it could say so."""
    sent = sum(map(estimate_message_tokens, messages))
    return Usage(sent, estimate_tokens(reply), requests=1, estimated=True)
