"""Asks a server at one's own address what it says of itself. No key is sent."""

import asyncio
import json
from typing import Any, Self

import httpx

from agent_core.net.bounded_body import IDENTITY, read_bounded

_SECONDS = 2.0
_MOST_BYTES = 1_000_000
NOT_ASKED = (httpx.HTTPError, httpx.InvalidURL)


class ServerClient:
    """A short visit to a server, as a context manager.

    Args:
        base_url: The address that chat requests go to.
    """

    def __init__(self, base_url: str) -> None:
        self._url = base_url.rstrip("/")
        self._root = self._url.removesuffix("/v1")
        self._client = httpx.AsyncClient(timeout=_SECONDS, trust_env=False, headers=IDENTITY)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def json(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return what stands at a path, None for nothing that can be read.

        Args:
            path: The path, with {url} for the address of chat requests, or {root} for the same without "/v1".
            body: What to post; None to get.

        Raises:
            NOT_ASKED: The server cannot be reached, or is loading its model (httpx.HTTPStatusError).
        """
        try:
            return json.loads(await self._read(path, body))
        except (ValueError, RecursionError):
            return None

    async def text(self, path: str) -> str:
        """Return what stands at a path as text, "" for nothing; see `json`."""
        return (await self._read(path, None)).decode(errors="replace")

    async def _read(self, path: str, body: dict[str, Any] | None) -> bytes:
        """Return what stands at a path, b"" for nothing. A server that never comes to an end is not waited for."""
        url, method = path.format(url=self._url, root=self._root), "GET" if body is None else "POST"
        try:
            async with asyncio.timeout(2 * _SECONDS), self._client.stream(method, url, json=body) as response:
                if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    response.raise_for_status()
                return await read_bounded(response, _MOST_BYTES) if response.is_success else b""
        except TimeoutError:
            raise httpx.ReadTimeout("The answer never ends.") from None


def part(value: Any, key: str) -> Any:
    """Return an entry of what may be an object; None if there is none."""
    return value.get(key) if isinstance(value, dict) else None


def entries(value: Any, key: str) -> list[Any]:
    """Return a list in what may be an object; an empty one if there is none."""
    listed = part(value, key)
    return listed if isinstance(listed, list) else []


def size(value: Any, key: str) -> int | None:
    """Return a positive number in what may be an object; None if there is none."""
    number = part(value, key)
    return number if isinstance(number, int) and number > 0 else None
