"""The protocol between host and worker: length-prefixed JSON. Used on both sides."""

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

from .json_parts import has_more_parts

LIMIT = 64 * 2**20  # bytes
SHOWN_LIMIT = 12 * 2**20  # bytes of a frame in which a worker shows something, or calls a tool
ASKED_LIMIT = 2**20  # bytes of any other frame of a worker
# The beginnings of the frames that may hold pictures and tables. All others are short requests and notices.
_SHOWING = (b'{"type": "display", ', b'{"type": "done", ')
_CALLING = b'{"type": "call", '
MOST_PARTS = 2_000  # of a long frame: what is shown or passed on in one has few, and long, ones
FAILED = 70  # EX_SOFTWARE: the exit status of a worker that failed itself, not through the agent's code
TEMPORARY = ".tmp"  # in the workspace: the worker's folder for temporary files, which no checkpoint keeps
_HEADER = struct.Struct("!I")


class FrameError(ValueError):
    """A frame is longer than its sender may make it."""


def encode(frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> bytes:
    """Return a frame of the host as bytes.

    Args:
        frame: The data.
        default: Turns what JSON cannot hold into plain data.

    Raises:
        FrameError: The frame is too long.
        TypeError, ValueError: JSON cannot hold the data.
    """
    return _framed(_body(frame, default), LIMIT)


def encode_from_worker(frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> bytes:
    """Return a frame of a worker as bytes; its "type" must come first. Raises as `encode` does."""
    body = _body(frame, default)
    return _framed(body, worker_limit(body))


def worker_limit(body: bytes) -> int:
    """Return how many bytes the body of a worker's frame may have. Requests must be short: the host keeps them.

    A call of a tool may be long if it has few parts, as with a picture.
    """
    if body.startswith(_SHOWING):
        return SHOWN_LIMIT
    if body.startswith(_CALLING) and len(body) > ASKED_LIMIT and not has_more_parts(body, MOST_PARTS):
        return SHOWN_LIMIT
    return ASKED_LIMIT


def _body(frame: Mapping[str, Any], default: Callable[[Any], Any] | None) -> bytes:
    # "replace": Python's str can hold half a surrogate pair, but other JSON parsers refuse it.
    return json.dumps(frame, ensure_ascii=False, default=default).encode("utf-8", "replace")


def framed(body: bytes) -> bytes:
    """Return the frame of the host with this body. Raises FrameError if it is too long."""
    return _framed(body, LIMIT)


def _framed(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise FrameError(f"It is too large to be passed on: {len(body) / 2**20:.1f} of at most {limit // 2**20} MB.")
    return _HEADER.pack(len(body)) + body


class Decoder:
    """Splits a stream of bytes into the bodies of its frames, without checking what they hold.

    Args:
        limit: Bytes of one body.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._buffer = bytearray()

    @property
    def ready(self) -> bool:
        """Whether `next` returns a body or raises an error now."""
        length = self._next_length()
        return length is not None and (length > self._limit or len(self._buffer) >= _HEADER.size + length)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> bytes | None:
        """Return the body of the next frame; None while it is incomplete. Raises FrameError if it is too long."""
        length = self._next_length()
        if length is None or not self.ready:
            return None
        if length > self._limit:
            raise FrameError(f"A frame has {length} bytes; at most {self._limit} are allowed.")
        body = bytes(self._buffer[_HEADER.size : _HEADER.size + length])
        del self._buffer[: _HEADER.size + length]
        return body

    def _next_length(self) -> int | None:
        return _HEADER.unpack_from(self._buffer)[0] if len(self._buffer) >= _HEADER.size else None
