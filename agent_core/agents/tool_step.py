"""Makes the tool calls of one step of a tool-calling agent, all at the same time."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

from agent_core.agents.event_stream import forward_events
from agent_core.agents.named_values import keep, with_values
from agent_core.errors import ToolError
from agent_core.events import Displayed, SandboxEvent
from agent_core.execution import Display, Execution, ExecutionError, FileNote
from agent_core.memory.observation import OBSERVATION_CHARACTERS, observe, result_text
from agent_core.memory.turns import CompletedCall, Step
from agent_core.parsing import CODE_TOOL, FINAL_ANSWER, ActionCall
from agent_core.permissions import Ask, Grant
from agent_core.sandbox import display_of, pictures_of
from agent_core.sandbox.step_permissions import StepPermissions
from agent_core.text import truncate_middle
from agent_core.tools.base import Tool
from agent_core.tools.context.tool_context import ToolContext
from agent_core.tools.iterators import all_of
from agent_core.tools.native_types import names_native
from agent_core.tools.sandboxed import SandboxedTool

MOST_CALLS = 16  # in one step
_LEAST_CHARACTERS = 2_000  # for each result, however many there are
_SHOWN = "It was shown to the user."
_CANCEL_SECONDS = 0.2


class ToolStep:
    """Makes the calls of a step, and stores their results in it.

    Calls of `python`, and of tools whose code runs in the sandbox, wait for each other, because they share a process.

    Args:
        step: The step.
        tools: The tools that can be called.
        ask: Decides about permissions that tools ask for; None if nobody can be asked.
        grants: The permissions given for the whole chat.
        given: The values that calls may name; results of tools are added.
        run_code: Runs code in the chat's sandbox; see `Sandbox.stream`.
    """

    def __init__(
        self,
        step: Step,
        tools: Sequence[Tool],
        *,
        ask: Ask | None,
        grants: set[Grant],
        given: dict[str, Any],
        run_code: Callable[[str], AsyncGenerator[SandboxEvent | Execution, None]],
    ) -> None:
        self._step = step
        self._tools = {tool.name: tool for tool in tools}
        self._run_in_sandbox = run_code
        self._events: asyncio.Queue[SandboxEvent | None] = asyncio.Queue()
        self._permissions = StepPermissions(ask, grants, self._events.put_nowait)
        self._one_at_a_time = asyncio.Lock()
        self._executions: list[Execution] = []
        self._files: list[FileNote] = []  # made by tools of the host
        self._displays: list[Display] = []  # pictures that they returned
        self._given = given
        self._keeps = any(names_native(parameter.type) for tool in tools for parameter in tool.signature.parameters)
        self._errors: dict[int, str] = {}  # by the position of the call
        self._answers: dict[int, Display] = {}  # of tools whose result is the answer
        self._room = max(OBSERVATION_CHARACTERS * 2 // max(len(step.calls), 2), _LEAST_CHARACTERS)

    async def stream(self) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Make the calls at the same time. Yields what happens; the last item is one Execution for all calls."""
        began = time.monotonic()
        tasks = [asyncio.create_task(self._make(*item)) for item in enumerate(self._step.calls)]
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
        """End the stream. After a stop nobody awaits the calls, and asyncio must not log that they were cancelled."""
        if not calls.cancelled():
            calls.exception()
        self._events.put_nowait(None)

    async def _cancel(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Cancel the calls.

        This does not wait for a tool that ignores the cancellation, but it waits for code: until it has ended, the
        sandbox cannot say what became of variables and files.
        """
        self._permissions.close()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_CANCEL_SECONDS)
        async with self._one_at_a_time:
            pass

    async def _make(self, position: int, called: CompletedCall) -> None:
        try:
            _check_position(position)
            if code := self._code(called.call):
                async with self._one_at_a_time:
                    await self._run_code(position, called, code)
            else:
                called.result = truncate_middle(await self._call_tool(position, called.call), self._room)
        except ToolError as error:
            called.result = f"Error: {error}"
            self._errors[position] = str(error)

    def _code(self, call: ActionCall) -> str:
        """Return the code to run for a call; "" for a host tool. Raises ToolError."""
        tool = self._tools.get(call.name)
        if isinstance(tool, SandboxedTool):
            if call.problem:
                raise ToolError(call.problem)
            return tool.as_code(call.arguments)
        if tool is None or call.name != CODE_TOOL:
            return ""
        code = call.arguments.get("code")
        if not isinstance(code, str) or not code.strip():
            raise ToolError(call.problem or "python(code: str) needs its code, as text.")
        return code

    async def _run_code(self, position: int, called: CompletedCall, code: str) -> None:
        execution = await forward_events(self._run_in_sandbox(code), self._events.put_nowait)
        self._executions.append(execution)
        called.result = observe(execution)
        if execution.error:
            self._errors[position] = execution.error.message

    async def _call_tool(self, position: int, asked: ActionCall) -> str:
        """Call a host tool, and return its result as text. Raises ToolError."""
        call = ToolContext(asked.name, self._events.put_nowait, self._permissions.allow)
        try:
            with call.running(asked.arguments):
                return await self._result(position, asked)
        finally:
            self._files += call.files

    async def _result(self, position: int, call: ActionCall) -> str:
        if call.name not in self._tools and call.name != FINAL_ANSWER:
            raise ToolError(f"There is no tool {call.name!r}. The tools are: {', '.join(self._tools) or 'none'}.")
        if call.problem:
            raise ToolError(call.problem)
        tool = self._tools[call.name]
        arguments = with_values(tool.signature, call.arguments, self._given)

        def told(result: Any) -> tuple[str, Any, list[Display]]:
            parts = _told(result)
            if tool.return_direct:
                self._answers[position] = display_of(parts[1])
            return parts

        text, result, pictures = await tool.call(arguments, then=told)
        for picture in pictures:
            self._displays.append(picture)
            self._events.put_nowait(Displayed(picture))
        kept = keep(call.name, result, self._given) if self._keeps else ""
        return "\n".join(filter(None, (text, _SHOWN if pictures else "", kept)))

    def _execution(self, seconds: float) -> Execution:
        """Return one Execution for all calls. It has an error only if all of them failed."""
        calls, ran = self._step.calls, self._executions
        if len(calls) == len(ran) == 1:
            return ran[0]
        failed = len(self._errors) == len(calls)
        errors = dict.fromkeys(self._errors[position] for position in sorted(self._errors))
        of_code = [execution.files for execution in ran]
        of_code_answers = [execution.answer for execution in ran]
        texts = [called.result for position, called in enumerate(calls) if position not in self._errors]
        return Execution(
            stdout="\n\n".join(texts),
            displays=(*self._displays, *(display for execution in ran for display in execution.displays)),
            answer=next((answer for answer in (*self._answers.values(), *of_code_answers) if answer), None),
            error=ExecutionError("exception", "\n".join(errors)) if failed else None,
            seconds=seconds,
            checkpoint=ran[-1].checkpoint if ran else self._step.checkpoint,
            variables={name: look for execution in ran for name, look in execution.variables.items()},
            files=tuple({file.name: file for files in (self._files, *of_code) for file in files}.values()),
        )


def _told(result: Any) -> tuple[str, Any, list[Display]]:
    """Return a tool's result as text, as itself, and as pictures to be shown."""
    whole = all_of(result)
    return result_text(whole), whole, pictures_of(whole)


def _check_position(position: int) -> None:
    if position >= MOST_CALLS:
        raise ToolError(f"At most {MOST_CALLS} calls can be made in one step. Make this one in the next.")
