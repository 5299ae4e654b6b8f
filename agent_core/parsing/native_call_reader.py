"""Reads the reply of a model that acts by tool calls: native calls, or calls in its text.

It finds calls in the text in every dialect, and as Python. It shows both kinds as Python.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from agent_core.models.base import CallDelta
from agent_core.parsing.arguments import action_call
from agent_core.parsing.call_to_python import Action, as_python, plain_arguments
from agent_core.parsing.dialects.native_calls import NativeCall
from agent_core.parsing.malformed_calls import malformed_calls
from agent_core.parsing.python_calls import FINAL_ANSWER, calls_in
from agent_core.parsing.reader import CODE_TOOL, ReplyReader
from agent_core.parsing.reply import ActionCall, Piece, Reply
from agent_core.text import whole_characters

_ONE_ANSWER = (
    'final_answer takes one value, the answer: {"answer": "…"}. Call it again so, or write the answer as text.'
)
_TOO_EARLY = "The answer was not given, because it was written without the results of the other calls. Read them first."
_UNCLOSED = "The arguments were never closed, so the call was not made. Write it again, whole. This was their end:"


class ToolReplyReader:
    """Reads a reply piece by piece as ReplyReader does, but with all its native calls.

    Args:
        tools: The names of each tool's parameters, by the tool's name.
        native: Whether the service takes native calls. If so, Python in the text is part of the answer; if not, it is a
            call of the tool that runs Python, if there is one. Such a call as JSON, which small models write instead of
            a native one, is a call in any case.
    """

    def __init__(self, tools: Mapping[str, Sequence[str]], *, native: bool) -> None:
        self._tools = {name: parameters for name, parameters in tools.items() if name != CODE_TOOL}
        self._native = native
        self._has_python = CODE_TOOL in tools
        self._runs_code = self._has_python and not native
        self._text = ReplyReader(self._accepts)
        self._natives: list[NativeCall] = []
        self._calls_shown = False  # whether the calls in the text were shown

    @property
    def finished(self) -> bool:
        """Whether the text has an action. A native call does not finish the reply, because more calls may follow."""
        return not self._natives and self._text.finished

    acts = finished

    @property
    def whole(self) -> bool:
        """Whether all that the reply has begun is complete, so that nothing is missing if it ends here."""
        calls = self._natives
        return self.finished or (bool(calls) and all(call.finished and not call.unclosed for call in calls))

    def feed(self, text: str) -> list[Piece]:
        """Take the next text of the stream and return what it adds to show. Text after a native call is dropped."""
        return [] if self._natives else self._shown(self._text.feed(text))

    def feed_call(self, delta: CallDelta) -> list[Piece]:
        """Take a piece of a native call and return the code that it adds."""
        if self.finished:
            return []
        pieces = [] if self._natives else self._shown(self._text.close())
        if self.finished:
            return pieces
        call = next((call for call in reversed(self._natives) if call.index == delta.index), None)
        if call is None or _is_another(call, delta):
            pieces += self._end_last_call()
            call = NativeCall(delta.index)
            self._natives.append(call)
        return pieces + call.feed(delta)

    def close(self) -> list[Piece]:
        """End the stream and return what was held back."""
        return self._natives[-1].close() if self._natives else self._shown(self._text.close())

    def reply(self) -> Reply:
        """Return what was read so far."""
        said = self._text.reply()
        named = [call for call in self._natives if call.name]  # a stream that was stopped can end before the name
        if named:
            thought = "" if said.kind == "code" else said.thought or said.answer
            return self._as_reply(thought, _with_different_ids(map(_native, named)))
        if said.kind != "code":
            thought, malformed = (said.answer, ()) if self._native else malformed_calls(said.answer)
            return self._as_reply(thought, malformed) if malformed else said
        calls = calls_in(said.code, self._tools) or (ActionCall("", CODE_TOOL, {"code": said.code}),)
        return self._as_reply(said.thought, calls)

    def _as_reply(self, thought: str, calls: tuple[ActionCall, ...]) -> Reply:
        return _as_reply(thought, calls, own_answer=FINAL_ANSWER in self._tools)

    def _accepts(self, action: Action) -> bool:
        passed = self._has_python and action.passed
        return self._runs_code or passed or bool(calls_in(action.code, self._tools))

    def _shown(self, pieces: list[Piece]) -> list[Piece]:
        """Return what to show. Code is shown as it comes only if it will certainly run, and otherwise when complete."""
        if self._runs_code:
            return pieces
        prose = [piece for piece in pieces if piece.kind == "prose"]
        if self._text.finished and not self._calls_shown:
            self._calls_shown = True
            prose.append(Piece("code", self.reply().code))
        return prose

    def _end_last_call(self) -> list[Piece]:
        if not self._natives:
            return []
        return [*self._natives[-1].close(), Piece("code", "\n")]


def _native(call: NativeCall) -> ActionCall:
    name, text = call.name.strip(), call.arguments.strip()
    if name == CODE_TOOL and not call.unclosed:
        return action_call(call.id, name, {"code": call.code})
    arguments: Any = plain_arguments(text)
    if isinstance(arguments, dict):
        return action_call(call.id, name, arguments)
    if call.unclosed:
        return ActionCall(call.id, name, {}, f"{_UNCLOSED} {whole_characters(text[-200:])}")
    return ActionCall(call.id, name, {}, f"The arguments are no JSON object: {whole_characters(text[:200])}")


def _is_another(call: NativeCall, delta: CallDelta) -> bool:
    """Return whether a piece begins the next call: some services give all calls of a reply the same number."""
    return bool(delta.name) and (delta.id != call.id if delta.id else call.finished)


def _with_different_ids(calls: Iterable[ActionCall]) -> tuple[ActionCall, ...]:
    """Return the calls with different ids, which their results need; the service may have given none, or one twice."""
    by_id: dict[str, ActionCall] = {}
    for call in calls:
        call_id = call.id if call.id and call.id not in by_id else f"call_{uuid4().hex[:12]}"
        by_id[call_id] = replace(call, id=call_id)
    return tuple(by_id.values())


def _as_reply(thought: str, calls: tuple[ActionCall, ...], *, own_answer: bool) -> Reply:
    """Return what calls say. own_answer: whether final_answer is one of the tools."""
    if own_answer:
        return Reply("code", thought=thought, code="\n".join(map(_python_of, calls)), calls=calls)
    if all(call.name == FINAL_ANSWER for call in calls) and len(calls[0].arguments) == 1:
        [answer] = calls[0].arguments.values()
        return Reply("answer", answer=str(answer))
    calls = tuple(_without_answer(call, alone=len(calls) == 1) for call in calls)
    return Reply("code", thought=thought, code="\n".join(map(_python_of, calls)), calls=calls)


def _without_answer(call: ActionCall, *, alone: bool) -> ActionCall:
    """Return a call as it is or, if it is one of final_answer, with what is wrong with it."""
    if call.name != FINAL_ANSWER or call.problem:
        return call
    return replace(call, problem=_ONE_ANSWER if alone else _TOO_EARLY)


def _python_of(call: ActionCall) -> str:
    if call.name == CODE_TOOL:
        return str(call.arguments.get("code", ""))
    return as_python(call.name, call.arguments) or f"{call.name}(**{call.arguments!r})"
