"""The calls of one step of a tool-calling agent: made at the same time, and what comes of them."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from agent_core.calling import Call
from agent_core.errors import ToolError
from agent_core.events import SandboxEvent
from agent_core.execution import Execution, ExecutionError
from agent_core.memory import Called, Step
from agent_core.observation import OBSERVATION_CHARACTERS, observe, result_text, shorten
from agent_core.parsing import CODE_TOOL, ActionCall
from agent_core.results import all_of
from agent_core.sandbox.permissions import Permissions

if TYPE_CHECKING:
    from agent_core.agent import Agent

MOST_CALLS = 16  # in one step
_LEAST_CHARACTERS = 2_000  # of a result, however many there are
_CANCEL_SECONDS = 0.2


class ToolStep:
    """Makes the calls of a step, and writes into it what the model is told of each.

    Calls of `python` wait for each other: they share their variables.
    """

    def __init__(self, agent: "Agent", step: Step) -> None:
        self._agent = agent
        self._step = step
        self._tools = {tool.name: tool for tool in agent.tools}
        self._events: asyncio.Queue[SandboxEvent | None] = asyncio.Queue()
        self._permissions = Permissions(agent.policy.ask, agent.grants, self._events.put_nowait)
        self._one_at_a_time = asyncio.Lock()
        self._executions: list[Execution] = []
        self._errors: list[str] = []
        self._room = max(OBSERVATION_CHARACTERS * 2 // max(len(step.calls), 2), _LEAST_CHARACTERS)

    async def stream(self) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Make the calls and yield what happens; the last item is the Execution of all together."""
        began = time.monotonic()
        tasks = [asyncio.create_task(self._make(*numbered)) for numbered in enumerate(self._step.calls)]
        ended = asyncio.gather(*tasks)
        ended.add_done_callback(self._end)
        try:
            while (event := await self._events.get()) is not None:
                yield event
            await ended
        finally:
            await self._cancel(tasks)
        yield self._execution(time.monotonic() - began)

    def _end(self, calls: asyncio.Future[list[None]]) -> None:
        """Nothing more comes. After a stop nobody awaits the calls, and that they were cancelled is no error to log."""
        if not calls.cancelled():
            calls.exception()
        self._events.put_nowait(None)

    async def _cancel(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Cancel what is going on. A tool that does not heed it is left behind; code is waited for: until it has ended
        the sandbox is taken, and does not say what became of variables and files."""
        self._permissions.close()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_CANCEL_SECONDS)
        async with self._one_at_a_time:
            pass

    async def _make(self, position: int, called: Called) -> None:
        if position >= MOST_CALLS:
            error = f"At most {MOST_CALLS} calls can be made in one step. Make this one in the next."
            self._fail(called, error)
        elif called.call.name == CODE_TOOL and CODE_TOOL in self._tools:
            async with self._one_at_a_time:
                await self._run_code(called)
        else:
            await self._call_tool(called)

    async def _run_code(self, called: Called) -> None:
        code = called.call.arguments.get("code")
        if not isinstance(code, str) or not code.strip():
            self._fail(called, called.call.problem or "python(code: str) needs its code, as text.")
            return
        execution = None
        async with aclosing(self._agent.run_code(code)) as events:
            async for event in events:
                if isinstance(event, Execution):
                    execution = event
                else:
                    self._events.put_nowait(event)
        assert execution is not None, "a step of the sandbox ends with an Execution"
        self._executions.append(execution)
        called.result = observe(execution)
        if execution.error:
            self._errors.append(execution.error.message)

    async def _call_tool(self, called: Called) -> None:
        name, arguments = called.call.name, called.call.arguments
        call, error = Call(name, self._events.put_nowait, self._permissions.allow), None
        call.begin(arguments)
        try:
            with call.entered():
                called.result = shorten(await self._result(called.call), self._room)
        except ToolError as problem:
            error = str(problem)
            self._fail(called, error)
        call.end(error)

    async def _result(self, call: ActionCall) -> str:
        """What a tool gives, as text. Raises ToolError."""
        if call.name not in self._tools:
            raise ToolError(f"There is no tool {call.name!r}. The tools are: {', '.join(self._tools) or 'none'}.")
        if call.problem:
            raise ToolError(call.problem)
        return await self._tools[call.name].call(call.arguments, then=lambda result: result_text(all_of(result)))

    def _fail(self, called: Called, error: str) -> None:
        called.result = f"Error: {error}"
        self._errors.append(error)

    def _execution(self, seconds: float) -> Execution:
        """What came of all the calls. It counts as an error only where nothing else came of them."""
        calls, ran = self._step.calls, self._executions
        if len(calls) == len(ran) == 1:
            return ran[0]
        failed = len(self._errors) == len(calls)
        texts = [called.result for called in calls if not called.result.startswith("Error: ")]
        return Execution(
            stdout="\n\n".join(texts),
            displays=tuple(display for execution in ran for display in execution.displays),
            answer=next((execution.answer for execution in ran if execution.answer), None),
            error=ExecutionError("exception", "\n".join(dict.fromkeys(self._errors))) if failed else None,
            seconds=seconds,
            checkpoint=ran[-1].checkpoint if ran else self._step.checkpoint,
            variables={name: look for execution in ran for name, look in execution.variables.items()},
            files=tuple({file.name: file for execution in ran for file in execution.files}.values()),
        )
