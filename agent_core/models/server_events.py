"""Mends the event streams of chat-completion services before the client libraries read them.

Services differ from OpenAI's form in ways that the libraries take for an empty reply, for a broken one, or for an
error. Here each event becomes one in OpenAI's form; what is no event of a chat reply passes as it is.
"""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, cast

import httpx

from agent_core.models.signs_of_life import note_sign
from agent_core.net.bounded_body import READABLE, unpacked

_MOST_BYTES = 2_000_000  # of a reply that does not stream, of one event, and of all that comes without an event
_MOST_OF_ERROR = 100_000  # bytes of an error page that are read
_END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


async def mend_request(request: httpx.Request) -> None:
    """Ask for no compression but what `mend_response` unpacks; a hook for httpx clients."""
    request.headers["accept-encoding"] = READABLE


async def mend_response(response: httpx.Response) -> None:
    """Have a body bounded and decompressed as it arrives, and that of a chat reply mended; a hook for httpx clients.

    A small body can unpack to gigabytes, and an error page can be endless.
    """
    if not isinstance(response.stream, httpx.AsyncByteStream):
        return
    body = _BoundedStream(response.stream, response.headers.pop("content-encoding", ""), whole=response.is_success)
    is_reply = response.is_success and response.request.url.path.endswith("/chat/completions")
    response.stream = _MendedStream(body) if is_reply else body


class _BoundedStream(httpx.AsyncByteStream):
    """A body, decompressed piece by piece. Of one that is no success only the beginning is read."""

    def __init__(self, body: httpx.AsyncByteStream, encoding: str, *, whole: bool) -> None:
        self._body = body
        self._encoding = encoding
        self._whole = whole

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = _MOST_OF_ERROR
        async with aclosing(unpacked(self._body, self._encoding)) as pieces:
            async for piece in pieces:
                yield piece if self._whole else piece[:left]
                left -= len(piece)
                if left <= 0 and not self._whole:
                    return

    async def aclose(self) -> None:
        await self._body.aclose()


class _MendedStream(httpx.AsyncByteStream):
    """A body whose lines are mended events. Raises ValueError if it is none of a chat reply."""

    def __init__(self, body: httpx.AsyncByteStream) -> None:
        self._body = body
        self._ended = False  # whether there was a finish reason
        self._idle = 0  # bytes since the last event

    async def __aiter__(self) -> AsyncIterator[bytes]:
        rest, whole = bytearray(), None
        async for data in self._body:
            note_sign()  # be it only a comment, which no client library tells of
            rest += data
            if whole is None and rest.strip():
                whole = rest.lstrip().startswith(b"{")  # the service ignores `stream`
            self._idle += len(data)
            if not whole and b"\n" in data:
                *lines, rest = rest.split(b"\n")
                for line in lines:
                    yield self._mended_line(bytes(line))
            if self._idle > _MOST_BYTES:
                raise ValueError("this is no chat reply")
        if whole:
            yield self._mended_line(b"data: " + b" ".join(rest.split(b"\n"))) + b"\n" + b"data: [DONE]\n\n"
        elif rest and _is_whole(bytes(rest)):
            yield self._mended_line(bytes(rest))

    async def aclose(self) -> None:
        await self._body.aclose()

    def _mended_line(self, line: bytes) -> bytes:
        field, _, value = line.partition(b":")
        value = value.strip()
        if field.strip() != b"data":
            return line + b"\n"
        self._idle = 0
        if value == b"[DONE]":
            return (b"" if self._ended else _line(_END) + b"\n") + b"data: [DONE]\n"
        try:
            event = json.loads(value)
        except (ValueError, RecursionError):
            return b"data: " + value + b"\n"  # the library says what is wrong
        return _line(self._mended_event(event)) if isinstance(event, dict) else b"\n"

    def _mended_event(self, event: dict[str, Any]) -> dict[str, Any]:
        if (error := event.get("error")) is not None:
            return {"error": {"message": error}} if isinstance(error, str) else event
        choices = event.get("choices")
        if not choices and (said := _complaint(event)):
            return {"error": {"message": said}}
        event["choices"] = [_mended_choice(choice) for choice in choices or [] if isinstance(choice, dict)]
        if event.get("prompt_progress"):  # litellm drops what has neither text nor thought
            for choice in event["choices"]:
                choice["delta"].setdefault("reasoning_content", "")
        self._ended = self._ended or any(choice["finish_reason"] for choice in event["choices"])
        return event


def _complaint(event: dict[str, Any]) -> str:
    """Return what is wrong, from an event that says so without the key "error"."""
    said = event.get("message") if event.get("object") == "error" else event.get("detail")
    return said if isinstance(said, str) else ""


def _is_whole(line: bytes) -> bool:
    """Return whether a line that a body ends within is an event all the same. If not, the body broke off in it."""
    value = line.partition(b":")[2].strip()
    try:
        return value == b"[DONE]" or bool(json.loads(value))
    except (ValueError, RecursionError):
        return False


def _line(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n"


def _mended_choice(choice: dict[str, Any]) -> dict[str, Any]:
    """Return a choice with a delta, whether it came as a message, as plain text, or as null."""
    delta = choice.pop("delta", None) or choice.pop("message", None) or {"content": choice.pop("text", None)}
    ended = choice.get("finish_reason") or None
    return {**choice, "index": choice.get("index") or 0, "delta": _mended_delta(delta), "finish_reason": ended}


def _mended_delta(delta: dict[str, Any]) -> dict[str, Any]:
    """Return a delta with its text in `content` and its calls in `tool_calls`."""
    content = delta.get("content")
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        delta["content"] = "".join(part.get("text") or "" for part in content if _is_text(part))
        if thoughts := "".join(_thought(part) for part in content if not _is_text(part)):
            delta["reasoning_content"] = thoughts
    refusal = delta.pop("refusal", None)
    if refusal and not delta.get("content"):
        delta["content"] = refusal
    if function := delta.pop("function_call", None):  # as OpenAI's form was before there were several calls
        delta["tool_calls"] = [{"index": 0, "function": function}]
    calls = delta.pop("tool_calls", None)
    return {**delta, "tool_calls": [_mended_call(*call) for call in enumerate(calls)]} if calls else delta


def _is_text(part: dict[str, Any]) -> bool:
    return part.get("type", "text") in ("text", "output_text", "refusal")


def _thought(part: dict[str, Any]) -> str:
    """Return the text of a thinking part: {"type": "thinking", "thinking": a text or a list of text parts}."""
    thought = part.get("thinking") or part.get("reasoning") or ""
    if isinstance(thought, list):
        return "".join(cast(dict[str, Any], inner).get("text") or "" for inner in thought)
    return thought if isinstance(thought, str) else ""


def _mended_call(position: int, call: dict[str, Any]) -> dict[str, Any]:
    """Return a piece of a call with a number, a name and arguments as text."""
    function = call.get("function") or {}
    arguments = function.get("arguments")
    if not isinstance(arguments, str | None):
        arguments = json.dumps(arguments)
    index = position if call.get("index") is None else call["index"]
    mended = {**function, "arguments": arguments or ""}
    if mended.get("name", "") is None:
        del mended["name"]
    return {**call, "index": index, "function": mended}
