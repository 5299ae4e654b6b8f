"""Length-prefixed JSON, as host and worker speak it. Used on both sides."""

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

LIMIT = 32 * 2**20
_HEADER = struct.Struct("!I")


class FrameError(ValueError):
    """A frame is longer than either side may send."""


def encode(frame: Mapping[str, Any], default: Callable[[Any], Any] | None = None) -> bytes:
    """A frame as bytes. default: makes plain data of what JSON does not have.

    Raises FrameError where it is too long, TypeError or ValueError where it is no JSON.
    """
    # "replace": half a surrogate pair is a str in Python, but no JSON that others would read.
    body = json.dumps(frame, ensure_ascii=False, default=default).encode("utf-8", "replace")
    if len(body) > LIMIT:
        raise FrameError(f"It is too large to be passed on: {len(body) // 2**20} of at most {LIMIT // 2**20} MB.")
    return _HEADER.pack(len(body)) + body


class Decoder:
    """Cuts a stream of bytes into the bodies of its frames, which may be anything until they are checked."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def ready(self) -> bool:
        """Whether `next` has something to give, or to complain about."""
        length = self._announced()
        return length is not None and (length > LIMIT or len(self._buffer) >= _HEADER.size + length)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> bytes | None:
        """The body of the next frame; None while it is not complete. Raises FrameError where it is too long."""
        length = self._announced()
        if length is None or not self.ready:
            return None
        if length > LIMIT:
            raise FrameError(f"A frame of {length} bytes was announced; {LIMIT} are the most.")
        body = bytes(self._buffer[_HEADER.size : _HEADER.size + length])
        del self._buffer[: _HEADER.size + length]
        return body

    def _announced(self) -> int | None:
        return _HEADER.unpack_from(self._buffer)[0] if len(self._buffer) >= _HEADER.size else None
