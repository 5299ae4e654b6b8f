"""The step loop that every kind of agent shares: ask the model, act on its reply, look at what came of it, repeat."""

import ast
import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from agent_core.agents.repetition import HINT_AT
from agent_core.agents.run import Run, forward_events
from agent_core.errors import GlassboxError
from agent_core.events import (
    AnswerRefused,
    CodeReady,
    FinalAnswer,
    PlanReady,
    Reason,
    StepFinished,
    StepStarted,
)
from agent_core.execution import Display, Execution
from agent_core.memory.images import shown_images
from agent_core.memory.memory import Step
from agent_core.prompts import fill, read_prompt
from agent_core.usage import Usage

if TYPE_CHECKING:
    from agent_core.agents.base import Agent

AnswerCheck = Callable[[Display], str | Awaitable[str | None] | None]
"""Looks at an answer: None lets it pass, a sentence sends it back to the model as the reason."""


class StepLoop:
    """One run of an agent, from its first step to its end."""

    def __init__(self, agent: "Agent", run: Run) -> None:
        self._agent = agent
        self._memory = agent.memory
        self._run = run

    async def run(self) -> None:
        """Make steps until there is an answer or a limit is reached, and say how it ended."""
        run = self._run
        try:
            while run.answer is None:
                if reached := self._limit_reached():
                    await self._answer_at_limit(*reached)
                    return
                await self._step()
            run.finish("answer")
        except GlassboxError as error:
            run.finish("error", str(error), error.code)

    def _limit_reached(self) -> tuple[Reason, str] | None:
        run = self._run
        if run.steps == 0:
            return None  # whatever the limits: a question gets one reply
        if run.repeated:
            return "repeated", f"{run.repeated.what} came up {run.repeated.count} times"
        if run.steps >= run.max_steps:
            return "max_steps", f"the limit of {run.max_steps} step{'' if run.max_steps == 1 else 's'} is reached"
        if run.usage.total_tokens >= self._agent.token_budget:
            return "budget", f"the budget of {self._agent.token_budget:,} tokens is used up"
        return None

    async def _step(self) -> None:
        """One reply of the model and, where it has code, what comes of running it."""
        run = self._run
        step, run.note = self._memory.begin_step(run.note), ""
        try:
            answer = await self._think_and_act(step)
        except GlassboxError:
            self._memory.drop_step(step)
            raise
        except asyncio.CancelledError:
            self._memory.stop_step(step, self._agent.after_stop())
            raise
        if answer is not None:
            await self._give(step, answer)

    async def _think_and_act(self, step: Step) -> Display | None:
        """Returns the answer, where the step has one."""
        run = self._run
        if self._plan_is_due():
            await self._plan(step)
        started, run.step_usage, execution = time.monotonic(), Usage(), None
        run.steps += 1
        run.emit(StepStarted(step.number))
        reply = await self._agent.dialogue.ask(run, step)
        answer = None
        if reply.kind == "code":
            execution = await self._execute(step)
            answer = execution.answer
        elif reply.kind == "answer" or run.nudged:
            answer = Display({"text/plain": reply.answer, "text/markdown": reply.answer})
        else:
            run.note = read_prompt("nudge")
        run.nudged = reply.kind == "unclear"
        run.emit(StepFinished(step.number, time.monotonic() - started, run.step_usage, execution))
        return answer

    async def _give(self, step: Step, answer: Display) -> None:
        """Give the answer, unless a check sends it back. The step is done, whatever becomes of its answer."""
        for check in self._agent.answer_checks:
            try:
                refusal = check(answer)
                refusal = await refusal if inspect.isawaitable(refusal) else refusal
            except asyncio.CancelledError:
                self._memory.stop_step(step)
                raise
            if refusal:
                self._run.note = fill(read_prompt("answer_refused"), reason=refusal)
                self._run.emit(AnswerRefused(answer, refusal))
                return
        self._run.answer = answer
        self._run.emit(FinalAnswer(answer))

    def _plan_is_due(self) -> bool:
        if self._agent.plan_every <= 0:
            return False
        return self._run.planned_at is None or self._run.steps - self._run.planned_at >= self._agent.plan_every

    async def _plan(self, step: Step) -> None:
        run = self._run
        started, run.step_usage = time.monotonic(), Usage()
        step.plan_request = read_prompt("plan" if run.planned_at is None else "plan_again")
        run.planned_at = run.steps
        reply = await self._agent.dialogue.ask(run, step, planning=True)
        step.plan = reply.thought or reply.text  # the code itself, where the model wrote nothing else
        run.emit(PlanReady(step.plan, time.monotonic() - started, run.step_usage))

    async def _execute(self, step: Step) -> Execution:
        self._run.emit(CodeReady(step.code))
        if self._run.outer is None:  # else it is part of a step of the agent that called this one
            self._agent.outgoing.begin_step()
        execution = await forward_events(self._agent.act(step), self._run.emit)
        self._remember(step, execution)
        return execution

    def _remember(self, step: Step, execution: Execution) -> None:
        """Keep what came of a step, with a hint where the run goes in circles."""
        step.observation = self._agent.observe(execution)
        step.checkpoint, step.variables = execution.checkpoint, execution.variables
        step.images = shown_images(execution)
        repetition = self._run.repetitions.add(step.code, execution)
        self._run.note_repetition(repetition)
        if repetition.count >= HINT_AT:
            hint = fill(read_prompt("repeated"), what=repetition.what, count=str(repetition.count))
            step.observation = f"{step.observation}\n{hint}".strip()

    async def _answer_at_limit(self, reason: Reason, limit: str) -> None:
        """One last request, for the best answer so far."""
        run = self._run
        note = f"{run.note}\n\n{fill(read_prompt('last_answer'), limit=limit)}".strip()
        step, started, run.step_usage = self._memory.begin_step(note), time.monotonic(), Usage()
        run.emit(StepStarted(step.number))
        try:
            await self._agent.dialogue.ask(run, step)
        except (GlassboxError, asyncio.CancelledError):
            self._memory.drop_step(step)
            raise
        step.said = step.said or _literal_answer(step.code)
        step.drop_action()
        run.emit(StepFinished(step.number, time.monotonic() - started, run.step_usage))
        run.emit(FinalAnswer(Display({"text/plain": step.said, "text/markdown": step.said})))
        self._agent.can_resume = True
        run.finish(reason, f"This is the best answer so far: {limit}.")


def _literal_answer(code: str) -> str:
    """What a last answer that came as code says: the text or number that it gives to final_answer."""
    with suppress(SyntaxError, ValueError, AttributeError, IndexError):
        call = ast.parse(code, mode="eval").body
        return str(ast.literal_eval(call.args[0]))  # pyright: ignore[reportAttributeAccessIssue]
    return "No answer was found."
