"""Reads the bodies of HTTP responses piece by piece, up to a limit: a small response can unpack to a very large one."""

import zlib
from collections.abc import AsyncGenerator, AsyncIterable, Iterable

import httpx

IDENTITY = {"Accept-Encoding": "identity"}
"""The request header that asks for an uncompressed body."""
READABLE = "gzip, deflate"
"""The encodings that can be unpacked here, as a request names them."""
_PIECE = 256 * 1024  # bytes to decompress at a time


class BodyTooLarge(httpx.ReadError):
    """A body is larger than its limit. It is an httpx error, so that libraries treat it as a broken connection."""

    def __init__(self) -> None:
        super().__init__("The answer is too large.")


async def bounded(pieces: AsyncIterable[bytes], limit: int) -> AsyncGenerator[bytes]:
    """Yield the pieces of a body. Raises BodyTooLarge if they have more than `limit` bytes together."""
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > limit:
            raise BodyTooLarge
        yield piece


async def read_bounded(response: httpx.Response, limit: int) -> bytes:
    """Return the decompressed body of a response.

    Args:
        response: A response that is being streamed; send its request with IDENTITY.
        limit: The most bytes to take.

    Raises:
        BodyTooLarge: The body has more than `limit` bytes.
        httpx.HTTPError: The connection broke, or the body cannot be decompressed.
    """
    return b"".join([piece async for piece in bounded(decompressed(response), limit)])


def join_bounded(pieces: Iterable[bytes], limit: int) -> bytes:
    """Return a whole body, read without an event loop. Raises BodyTooLarge if it has more than `limit` bytes."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise BodyTooLarge
    return bytes(body)


async def decompressed(response: httpx.Response) -> AsyncGenerator[bytes]:
    """Yield the decompressed body in small pieces. Raises httpx.DecodingError if it cannot be decompressed."""
    async for piece in unpacked(response.aiter_raw(), response.headers.get("content-encoding", "")):
        yield piece


async def unpacked(body: AsyncIterable[bytes], encoding: str) -> AsyncGenerator[bytes]:
    """Yield a body in small pieces, decompressed.

    Args:
        body: The body as it comes.
        encoding: Its Content-Encoding.

    Raises:
        httpx.DecodingError: It cannot be decompressed.
    """
    encoding = encoding.strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate", ""):
        raise httpx.DecodingError(f"content-encoding {encoding}")
    unpacker = None
    async for chunk in body:
        if encoding in ("identity", ""):
            yield chunk
            continue
        unpacker = unpacker or _unpacker(encoding, chunk)
        rest = chunk
        try:
            while rest and not unpacker.eof:
                yield unpacker.decompress(rest, _PIECE)
                rest = unpacker.unconsumed_tail
        except zlib.error as error:
            raise httpx.DecodingError(f"broken {encoding}") from error


def _unpacker(encoding: str, start: bytes) -> "zlib._Decompress":
    if encoding != "deflate":
        return zlib.decompressobj(wbits=31)
    has_header = len(start) > 1 and start[0] & 15 == 8 and (start[0] * 256 + start[1]) % 31 == 0
    return zlib.decompressobj(wbits=15 if has_header else -15)
