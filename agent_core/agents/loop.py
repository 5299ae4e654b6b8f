"""The step loop that every kind of agent shares: ask the model, act on its reply, observe, repeat."""

import asyncio
import time
from dataclasses import replace

from agent_core.agents.actor import Actor
from agent_core.agents.answers import AnswerRefusedError, accepted, typed
from agent_core.agents.chat_state import ChatState
from agent_core.agents.cut_replies import cut_for_model, cut_for_person, go_on_with
from agent_core.agents.model_call import ModelCaller
from agent_core.agents.planning import NOT_ACCEPTED, reviewed
from agent_core.agents.repetition import HINT_AT
from agent_core.agents.run import Run
from agent_core.agents.step_callbacks import tell
from agent_core.errors import GlassboxError
from agent_core.events import (
    AnswerRefused,
    CodeReady,
    FinalAnswer,
    PlanReady,
    Reason,
    ReplyCut,
    RunFinished,
    SandboxEvent,
    SourceRead,
    StepFinished,
    StepStarted,
    ThoughtDelta,
)
from agent_core.execution import Display, Execution
from agent_core.memory.images import shown_images
from agent_core.memory.observation import ANSWER_GIVEN, code_with_output, name_sources, without_observation
from agent_core.memory.turns import Step
from agent_core.parsing import Reply, ReplyContext, ends_with_answer, only_announces
from agent_core.prompts import fill, read_prompt
from agent_core.sources import Source
from agent_core.usage import Usage

_NO_ANSWER = "No answer was found."
_NOT_OF_TYPE = "No answer of the type that was asked for was given: {limit}."


class StepLoop:
    """One run of an agent, from its first step to its end.

    Args:
        run: The run's limits and state.
        chat: The chat. The steps are added to the last turn of its memory.
        agent: Makes the requests, and acts on the replies.
    """

    def __init__(self, run: Run, chat: ChatState, agent: Actor) -> None:
        self._run = run
        self._chat = chat
        self._memory = chat.memory
        self._agent = agent
        self._caller = ModelCaller(run, chat, agent)

    async def run_after(self, code: str, thought: str) -> RunFinished:
        """Make a step of a person's code first, then go on; see `run`."""
        step = self._begin_step()
        step.said, step.code = thought, code
        started, self._run.step_usage = time.monotonic(), Usage()
        self._run.emit(StepStarted(step.number))
        self._run.emit(ThoughtDelta(thought))
        try:
            execution = await self._execute(step)
        except GlassboxError as error:
            self._memory.drop_step(step)
            return self._run.finish("error", str(error), error.code)
        except asyncio.CancelledError:
            self._memory.stop_step(step, self._chat.aftermath)
            raise
        self._end_step(step, started, execution)
        return await self.run(step, execution.answer)

    async def run(self, made: Step | None = None, answer: Display | None = None) -> RunFinished:
        """Make steps until there is an answer or a limit is reached, and emit RunFinished. Returns that event.

        Args:
            made: A step that was made already.
            answer: Its answer.
        """
        run = self._run
        try:
            if made:
                await self._conclude(made, answer)
            while run.answer is None:
                if run.interruption:
                    return run.finish("interrupted", run.interruption)
                if reached := run.limit_reached:
                    return await self._answer_at_limit(*reached)
                await self._step()
            return run.finish("cut_off", run.cut_off) if run.cut_off else run.finish("answer")
        except GlassboxError as error:
            return run.finish("error", str(error), error.code)

    async def _step(self) -> None:
        """Make one step: a reply of the model and, if it has one, its action."""
        run = self._run
        step, run.note = self._begin_step(run.note), ""
        try:
            if run.plan_is_due:
                await self._plan(step)
            if run.interruption:
                self._memory.drop_step(step)
                return
            answer = await self._think_and_act(step)
        except GlassboxError:
            self._memory.drop_step(step)
            raise
        except asyncio.CancelledError:
            self._memory.stop_step(step, self._chat.aftermath)
            raise
        answer = None if answer is None else self._whole(step, answer)
        await self._conclude(self._run.made[-1], answer)  # which is the step that this one went on with, if it did

    async def _conclude(self, step: Step, answer: Display | None) -> None:
        """Tell of a step that is over, and give its answer, if it has one."""
        await self._tell(step)
        if answer is not None:
            await self._give_answer(step, answer)

    async def _tell(self, step: Step) -> None:
        """Call the step callbacks, which may change all that is in memory."""
        for callback in self._run.step_callbacks:
            self._memory.is_edited = True
            await tell(callback, step, self._agent)
            self._memory.is_edited = True  # also what was written down meanwhile

    async def _think_and_act(self, step: Step) -> Display | None:
        """Ask the model and carry out its action. Returns the answer, if there is one."""
        run = self._run
        started, run.step_usage, execution = time.monotonic(), Usage(), None
        run.steps += 1
        run.emit(StepStarted(step.number))
        reply = await self._caller.ask(step)
        answer, nudge, run.cut_off = None, "", ""
        if reply.kind == "cut":
            answer = self._take_cut(step, reply)
        elif reply.kind == "code":
            execution = await self._execute(step)
            answer = execution.answer
        else:
            said = self._said(reply.answer)
            nudge = "nudge" if reply.kind == "unclear" else "" if said == reply.answer else "nudge_observation"
            if not nudge or run.nudged:
                answer = _as_display(said or _NO_ANSWER)
            else:
                run.note = read_prompt(nudge)
        run.nudged = bool(nudge)
        run.cuts = run.cuts if reply.kind == "cut" else 0
        self._end_step(step, started, execution)
        return answer

    def _begin_step(self, note: str = "") -> Step:
        self._run.made.append(self._memory.begin_step(note))
        return self._run.made[-1]

    def _end_step(self, step: Step, started: float, execution: Execution | None) -> None:
        """Keep what the step took, and say that it is over."""
        seconds, usage = time.monotonic() - started, self._run.step_usage
        step.spend(seconds, usage)
        step.error = execution.error.message if execution and execution.error else ""
        self._run.emit(StepFinished(step.number, seconds, usage, execution))

    def _take_cut(self, step: Step, reply: Reply) -> Display | None:
        """Say that a reply is not whole, and return its prose, which is an answer all the same."""
        step.observation = cut_for_model(reply)
        if reply.answer:
            self._run.cut_off = cut_for_person(reply)
            return _as_display(reply.answer)
        self._run.note_cut()
        self._run.emit(ReplyCut(cut_for_person(reply), reply.code))
        return None

    def _whole(self, step: Step, answer: Display) -> Display:
        """Return the answer with what was cut off before it, if the step goes on with that. So has memory then."""
        begun = self._run.begun
        if begun is None or self._run.steps > 1 or step.code:  # after a step, a model answers anew
            return answer
        whole = go_on_with(begun.said, str(answer))
        self._memory.merge(begun, step, whole)
        self._run.made = [begun]
        return _as_display(whole)

    async def _give_answer(self, step: Step, answer: Display) -> None:
        """Give the answer, unless a check sends it back. The step counts either way."""
        run = self._run
        try:
            run.answer = await accepted(answer, run, self._memory, self._agent)
        except asyncio.CancelledError:
            self._memory.stop_step(step)
            raise
        except AnswerRefusedError as error:
            run.note = fill(read_prompt("answer_refused"), reason=str(error))
            run.emit(AnswerRefused(answer, str(error)))
        else:
            run.emit(FinalAnswer(run.answer))

    async def _plan(self, step: Step) -> None:
        run = self._run
        started, run.step_usage = time.monotonic(), Usage()
        step.plan_request = read_prompt("plan" if run.planned_at is None else "plan_again")
        run.planned_at = run.steps
        reply = await self._caller.ask(step, planning=True)
        made = step.plan = reply.thought or reply.text  # the code itself, if the model wrote nothing else
        seconds = time.monotonic() - started
        step.spend(seconds, run.step_usage)
        plan = await reviewed(made, run.review_plan) if run.review_plan else made
        if not plan:
            step.plan_request = step.plan = ""
        if plan is None:
            run.interruption = NOT_ACCEPTED
        else:
            step.plan = plan
            run.emit(PlanReady(plan, seconds, run.step_usage, edited=plan != made))

    async def _execute(self, step: Step) -> Execution:
        self._run.emit(CodeReady(step.code))
        await self._chat.save()
        if self._run.outer is None:  # otherwise it is part of a step of the calling agent
            self._chat.egress_budget.begin_step()
        sources: dict[int, Source] = {}

        def emit(event: SandboxEvent) -> None:
            if isinstance(event, SourceRead):
                sources[event.source.number] = event.source
            self._run.emit(event)

        execution = await self._agent.act(step, emit)
        step.observation = "\n".join(filter(None, (step.observation, name_sources(sources.values()))))
        return self._remember(step, execution)

    def _remember(self, step: Step, execution: Execution) -> Execution:
        """Keep the result of a step. If the run repeats itself, it has the answer by then, or the model gets a hint."""
        step.checkpoint, step.variables = execution.checkpoint, execution.variables
        step.images = shown_images(execution)
        repetition = self._run.repetitions.add(step.code, execution)
        self._run.note_repetition(repetition)
        if repetition.count >= HINT_AT and execution.answer is None:
            if self._is_answer(step, execution):
                step.observation = f"{step.observation}\n{ANSWER_GIVEN}"
                return replace(execution, answer=_as_display(code_with_output(step.code, execution)))
            hint = fill(read_prompt("repeated"), what=repetition.what, count=str(repetition.count))
            step.observation = f"{step.observation}\n{hint}".strip()
        return execution

    def _is_answer(self, step: Step, execution: Execution) -> bool:
        """Return whether code that a reply consists of, and that has run before, is what the person asked to write."""
        context = ReplyContext(self._memory.question, tools=[tool.name for tool in self._agent.tools])
        is_bare = not step.said and not step.calls and not context.calls_tool(step.code)
        return is_bare and context.asks_to_write and execution.error is None

    async def _answer_at_limit(self, reason: Reason, limit: str) -> RunFinished:
        """Make one last request: for the best answer so far."""
        run = self._run
        schema = run.answer_type.prompt(code=False) if run.answer_type else ""
        note = "\n\n".join(filter(None, (run.note, fill(read_prompt("last_answer"), limit=limit), schema)))
        step, started, run.step_usage = self._begin_step(note), time.monotonic(), Usage()
        run.emit(StepStarted(step.number))
        try:
            reply = await self._caller.ask(step)
            execution = await self._execute(step) if self._only_answers(step) else None
        except (GlassboxError, asyncio.CancelledError):
            self._memory.drop_step(step)
            raise
        answer = execution.answer if execution else None
        if answer is None:
            said = self._said(step.said)
            step.said = said if said and not only_announces(said) else _NO_ANSWER
            step.drop_action()
            answer = _as_display(step.said)
        self._end_step(step, started, execution)
        await self._tell(step)
        try:
            run.emit(FinalAnswer(typed(answer, run)))
        except AnswerRefusedError:
            return run.finish(reason, _NOT_OF_TYPE.format(limit=limit))
        message = f"This is the best answer so far: {limit}."
        return run.finish(reason, f"{message} {cut_for_person(reply)}" if reply.kind == "cut" else message)

    def _said(self, text: str) -> str:
        """Return what a reply says of its own; "" if it only repeats what the model was told of a step."""
        told = [
            text
            for step in self._memory.steps
            for text in (step.observation, *(called.result for called in step.calls))
        ]
        return without_observation(text, told)

    def _only_answers(self, step: Step) -> bool:
        """Return whether a last reply that came as code all the same only works out the answer, without a tool."""
        return ends_with_answer(step.code, {tool.name for tool in self._agent.tools})


def _as_display(answer: str) -> Display:
    return Display({"text/plain": answer, "text/markdown": answer})
