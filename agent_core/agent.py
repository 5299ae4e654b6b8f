"""The step loop that every kind of agent shares: ask the model, act on its reply, look at what came of it, repeat."""

import ast
import asyncio
import inspect
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from agent_core.asking import Patience
from agent_core.dialogue import Dialogue
from agent_core.errors import Busy, GlassboxError
from agent_core.events import (
    AnswerRefused,
    CodeReady,
    Event,
    FinalAnswer,
    PlanReady,
    Reason,
    RunFinished,
    RunResumed,
    RunStarted,
    SandboxEvent,
    StepFinished,
    StepStarted,
)
from agent_core.execution import Display, Execution
from agent_core.images import as_data_url, shown_images
from agent_core.memory import Memory, Step
from agent_core.models.base import Model, Usage, whole_characters
from agent_core.observation import observe
from agent_core.prompts import fill, read_prompt
from agent_core.repetition import HINT_AT
from agent_core.run import Run
from agent_core.sub_agent import agent_tool
from agent_core.tool import Tool
from agent_core.waiting import to_its_end

RESUMABLE: tuple[Reason, ...] = ("max_steps", "budget", "repeated")

AnswerCheck = Callable[[Display], str | Awaitable[str | None] | None]
"""Looks at an answer: None lets it pass, a sentence sends it back to the model as the reason."""


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
    """An agent: a model, tools, and the memory of one chat.

    max_steps: of one run. token_budget: input and output tokens of one run. instructions: added to the system prompt.
    system_prompt: replaces the whole prompt; its placeholders ({{tools}}, {{date}}, …) are filled as in the default.
    fallbacks: models to ask, in this order, when the model stays down. plan_every: make a plan first and renew it after
    so many steps; 0 for no plan. answer_checks: an answer must pass them all. patience: with failing models.
    All of these are plain attributes; a change takes effect with the next run. usage: of the whole chat.
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
        fallbacks: Sequence[Model] = (),
        plan_every: int = 0,
        answer_checks: Sequence[AnswerCheck] = (),
        patience: Patience | None = None,
    ) -> None:
        self.model = model
        self.tools = list(tools)
        self.max_steps = max_steps
        self.token_budget = token_budget
        self.instructions = instructions
        self.system_prompt = system_prompt
        self.fallbacks = list(fallbacks)
        self.plan_every = plan_every
        self.answer_checks = list(answer_checks)
        self.patience = patience or Patience()
        self.memory = Memory()
        self.usage = Usage()
        self.can_resume = False
        self._dialogue = Dialogue(
            self.memory, lambda code_calls: self.full_system_prompt(code_calls=code_calls), self.calls_of
        )
        self._running = False

    @abstractmethod
    def full_system_prompt(self, *, code_calls: bool = False) -> str:
        """The system prompt as it is sent, all placeholders filled."""

    @abstractmethod
    def calls_of(self, model: Model) -> Sequence[dict[str, Any]] | None:
        """The functions that this model's reply may call natively; None where it acts in its text."""

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

    def stream(self, question: str, *, images: Sequence[Path] = ()) -> AsyncGenerator[Event, None]:
        """Answer a question and yield what happens. Closing the iterator stops the run.

        images: files that a model which can see is shown beside the question. Raises Busy while another run of this
        agent is going on, GlassboxError for an image that cannot be read. A failure of the model or of the sandbox is
        no exception: the run ends with RunFinished("error") and a sentence.
        """
        return self._stream(lambda emit: self._answer(whole_characters(question), images, emit))

    def stream_on(self, more_steps: int) -> AsyncGenerator[Event, None]:
        """Go on with the last question after its run ended at a limit, and yield what happens; see `stream`.

        more_steps: how many there may be. The budget of tokens begins anew. Raises GlassboxError unless `can_resume`.
        """
        return self._stream(lambda emit: self._go_on(more_steps, emit))

    async def run(self, question: str, *, images: Sequence[Path] = ()) -> RunResult:
        """Answer a question and return how it ended; see `stream`."""
        return await _result_of(self.stream(question, images=images))

    async def resume(self, more_steps: int = 6) -> RunResult:
        """Go on after reason "max_steps", "budget" or "repeated", and return how it ended; see `stream_on`."""
        return await _result_of(self.stream_on(more_steps))

    def run_sync(self, question: str, *, images: Sequence[Path] = ()) -> RunResult:
        """`run` for programs without an event loop."""
        return asyncio.run(self.run(question, images=images))

    def as_tool(self, name: str, description: str) -> Tool:
        """This agent as a tool of another one; see `agent_tool`."""
        return agent_tool(self, name, description)

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
        self.can_resume = False

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
                await to_its_end(asyncio.wait([task]))
            finally:
                self._running = False

    async def _answer(self, question: str, images: Sequence[Path], emit: Callable[[Event], None]) -> None:
        self.memory.begin_turn(question, [as_data_url(path) for path in images])
        self.begin_turn()
        emit(RunStarted(question))
        await self._run(Run(emit, [self.model, *self.fallbacks], self.max_steps))

    async def _go_on(self, more_steps: int, emit: Callable[[Event], None]) -> None:
        if not self.can_resume:
            raise GlassboxError("There is nothing to go on with: the last run did not end at a limit.")
        emit(RunResumed())
        note = fill(read_prompt("go_on"), steps=str(more_steps))
        await self._run(Run(emit, [self.model, *self.fallbacks], more_steps, note=note))

    async def _run(self, run: Run) -> None:
        run.enter()
        self.can_resume = False
        try:
            while run.answer is None:
                if reached := self._limit_reached(run):
                    await self._answer_at_limit(run, *reached)
                    return
                await self._step(run)
            run.finish("answer")
        except GlassboxError as error:
            run.finish("error", str(error))
        finally:
            self.usage += run.usage

    def _limit_reached(self, run: Run) -> tuple[Reason, str] | None:
        if run.steps == 0:
            return None  # whatever the limits: a question gets one reply
        if run.repeated:
            return "repeated", f"{run.repeated.what} came up {run.repeated.count} times"
        if run.steps >= run.max_steps:
            return "max_steps", f"the limit of {run.max_steps} step{'' if run.max_steps == 1 else 's'} is reached"
        if run.usage.total_tokens >= self.token_budget:
            return "budget", f"the budget of {self.token_budget:,} tokens is used up"
        return None

    async def _step(self, run: Run) -> None:
        """One reply of the model and, where it has code, what comes of running it."""
        step, run.note = self.memory.begin_step(run.note), ""
        try:
            answer = await self._think_and_act(run, step)
        except GlassboxError:
            self.memory.drop_step(step)
            raise
        except asyncio.CancelledError:
            self.memory.stop_step(step, self.after_stop())
            raise
        if answer is not None:
            await self._give(run, step, answer)

    async def _think_and_act(self, run: Run, step: Step) -> Display | None:
        """Returns the answer, where the step has one."""
        if self._plan_is_due(run):
            await self._plan(run, step)
        started, run.step_usage, execution = time.monotonic(), Usage(), None
        run.steps += 1
        run.emit(StepStarted(step.number))
        reply = await self._dialogue.ask(run, step, self.patience)
        answer = None
        if reply.kind == "code":
            execution = await self._execute(run, step)
            answer = execution.answer
        elif reply.kind == "answer" or run.nudged:
            answer = Display({"text/plain": reply.answer, "text/markdown": reply.answer})
        else:
            run.note = read_prompt("nudge")
        run.nudged = reply.kind == "unclear"
        run.emit(StepFinished(step.number, time.monotonic() - started, run.step_usage, execution))
        return answer

    async def _give(self, run: Run, step: Step, answer: Display) -> None:
        """Give the answer, unless a check sends it back. The step is done, whatever becomes of its answer."""
        for check in self.answer_checks:
            try:
                refusal = check(answer)
                refusal = await refusal if inspect.isawaitable(refusal) else refusal
            except asyncio.CancelledError:
                self.memory.stop_step(step)
                raise
            if refusal:
                run.note = fill(read_prompt("answer_refused"), reason=refusal)
                run.emit(AnswerRefused(answer, refusal))
                return
        run.answer = answer
        run.emit(FinalAnswer(answer))

    def _plan_is_due(self, run: Run) -> bool:
        if self.plan_every <= 0:
            return False
        return run.planned_at is None or run.steps - run.planned_at >= self.plan_every

    async def _plan(self, run: Run, step: Step) -> None:
        started, run.step_usage = time.monotonic(), Usage()
        step.plan_request = read_prompt("plan" if run.planned_at is None else "plan_again")
        run.planned_at = run.steps
        reply = await self._dialogue.ask(run, step, self.patience, planning=True)
        step.plan = reply.thought or reply.text  # the code itself, where the model wrote nothing else
        run.emit(PlanReady(step.plan, time.monotonic() - started, run.step_usage))

    async def _execute(self, run: Run, step: Step) -> Execution:
        run.emit(CodeReady(step.code))
        execution = None
        async with aclosing(self.act(step.code)) as events:
            async for event in events:
                if isinstance(event, Execution):
                    execution = event
                else:
                    run.emit(event)
        assert execution is not None, "act ends with an Execution"
        self._remember(run, step, execution)
        return execution

    def _remember(self, run: Run, step: Step, execution: Execution) -> None:
        """Keep what came of a step, with a hint where the run goes in circles."""
        step.observation = observe(execution)
        step.checkpoint, step.variables = execution.checkpoint, execution.variables
        step.images = shown_images(execution)
        repetition = run.repetitions.add(step.code, execution)
        run.note_repetition(repetition)
        if repetition.count >= HINT_AT:
            hint = fill(read_prompt("repeated"), what=repetition.what, count=str(repetition.count))
            step.observation += f"\n{hint}"

    async def _answer_at_limit(self, run: Run, reason: Reason, limit: str) -> None:
        """One last request, for the best answer so far."""
        note = f"{run.note}\n\n{fill(read_prompt('last_answer'), limit=limit)}".strip()
        step, started, run.step_usage = self.memory.begin_step(note), time.monotonic(), Usage()
        run.emit(StepStarted(step.number))
        try:
            await self._dialogue.ask(run, step, self.patience)
        except (GlassboxError, asyncio.CancelledError):
            self.memory.drop_step(step)
            raise
        step.said, step.code, step.call_id = step.said or _literal_answer(step.code), "", ""
        run.emit(StepFinished(step.number, time.monotonic() - started, run.step_usage))
        run.emit(FinalAnswer(Display({"text/plain": step.said, "text/markdown": step.said})))
        self.can_resume = True
        run.finish(reason, f"This is the best answer so far: {limit}.")


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


def _literal_answer(code: str) -> str:
    """What a last answer that came as code says: the text or number that it gives to final_answer."""
    with suppress(SyntaxError, ValueError, AttributeError, IndexError):
        call = ast.parse(code, mode="eval").body
        return str(ast.literal_eval(call.args[0]))  # pyright: ignore[reportAttributeAccessIssue]
    return "No answer was found."
