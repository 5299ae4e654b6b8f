"""Length-prefixed JSON, as host and worker speak it. Used on both sides."""

import base64
import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

LIMIT = 64 * 2**20  # bytes
SHOWN_LIMIT = 12 * 2**20  # of what a worker shows
ASKED_LIMIT = 2**20  # of what it asks for
# How the frames of a worker begin that show something. All others ask.
SHOWING = (b'{"type": "display", ', b'{"type": "done", ')
FAILED = 70  # EX_SOFTWARE, the exit status of a worker whose own workings, not the agent's code, went wrong
_BYTES = "__bytes__"
_HEADER = struct.Struct("!I")


class FrameError(ValueError):
    """A frame is longer than either side may send."""


def encode(frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> bytes:
    """A frame of the host as bytes. default: makes plain data of what JSON does not have.

    Raises FrameError where it is too long, TypeError or ValueError where it is no JSON.
    """
    return _framed(_body(frame, default), LIMIT)


def encode_said(frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> bytes:
    """A frame of a worker as bytes; its "type" has to come first. Raises as `encode` does."""
    body = _body(frame, default)
    return _framed(body, most_said(body))


def most_said(body: bytes) -> int:
    """How long the body of this frame of a worker may be. What it asks for is short, as it takes room in the host."""
    return SHOWN_LIMIT if body.startswith(SHOWING) else ASKED_LIMIT


def _body(frame: Mapping[str, Any], default: Callable[[Any], Any] | None) -> bytes:
    # "replace": half a surrogate pair is a str in Python, but no JSON that others would read.
    return json.dumps(frame, ensure_ascii=False, default=default).encode("utf-8", "replace")


def framed(body: bytes) -> bytes:
    """The frame of the host whose body this is. Raises FrameError where it is too long."""
    return _framed(body, LIMIT)


def without_bytes(data: bytes) -> dict[str, str]:
    """Bytes in the arguments of a tool, as JSON may have them."""
    return {_BYTES: base64.b64encode(data).decode()}


def with_bytes(value: Any) -> Any:
    """The arguments of a tool, with the bytes that are in them. Raises ValueError where they are broken."""
    if isinstance(value, list):
        return [with_bytes(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {_BYTES}:
        return base64.b64decode(value[_BYTES]) if isinstance(value[_BYTES], str) else value
    return {name: with_bytes(item) for name, item in value.items()}


def _framed(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise FrameError(f"It is too large to be passed on: {len(body) / 2**20:.1f} of at most {limit // 2**20} MB.")
    return _HEADER.pack(len(body)) + body


class Decoder:
    """Cuts a stream of bytes into the bodies of its frames, which may be anything until they are checked."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._buffer = bytearray()

    @property
    def ready(self) -> bool:
        """Whether `next` has something to give, or to complain about."""
        length = self._announced()
        return length is not None and (length > self._limit or len(self._buffer) >= _HEADER.size + length)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> bytes | None:
        """The body of the next frame; None while it is not complete. Raises FrameError where it is too long."""
        length = self._announced()
        if length is None or not self.ready:
            return None
        if length > self._limit:
            raise FrameError(f"A frame of {length} bytes was announced; {self._limit} are the most.")
        body = bytes(self._buffer[_HEADER.size : _HEADER.size + length])
        del self._buffer[: _HEADER.size + length]
        return body

    def _announced(self) -> int | None:
        return _HEADER.unpack_from(self._buffer)[0] if len(self._buffer) >= _HEADER.size else None
