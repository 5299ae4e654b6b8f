"""Asks a server at one's own address what it says of itself. No key is sent."""

from typing import Any, Self

import httpx

_SECONDS = 2.0
NOT_ASKED = (httpx.HTTPError, httpx.InvalidURL)


class ServerClient:
    """A short visit to a server, as a context manager.

    Args:
        base_url: The address that chat requests go to.
    """

    def __init__(self, base_url: str) -> None:
        self._url = base_url.rstrip("/")
        self._root = self._url.removesuffix("/v1")
        self._client = httpx.AsyncClient(timeout=_SECONDS, trust_env=False)

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
        response = await self._response(path, body)
        try:
            return response.json() if response.is_success else None
        except (ValueError, RecursionError):
            return None

    async def text(self, path: str) -> str:
        """Return what stands at a path as text, "" for nothing; see `json`."""
        response = await self._response(path, None)
        return response.text if response.is_success else ""

    async def _response(self, path: str, body: dict[str, Any] | None) -> httpx.Response:
        url = path.format(url=self._url, root=self._root)
        response = await (self._client.get(url) if body is None else self._client.post(url, json=body))
        if response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            response.raise_for_status()
        return response


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
