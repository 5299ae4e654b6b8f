"""Serves the HTML of the page. Gradio would write it anew for each visitor, which takes 20 ms, and send it as it is."""

import asyncio
import gzip
from dataclasses import dataclass

import brotli
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.config import Config
from ui.security.content_policy import page_policy
from ui.texts.languages import current_language, direction

_HEAD = b"<head>"
_LANG = b'lang="en"'
_MOST = 20  # pages that are kept: one for each language, and for each name of the app under which it is asked for
_QUALITY = 9  # of Brotli's compression: 20 ms, once
_FOLLOWED = ("host", "x-forwarded-host", "x-forwarded-proto", "x-gradio-server")  # by Gradio, in the page's addresses
_Key = tuple[str | None, ...]


@dataclass(frozen=True)
class _Written:
    """The page as it was written. headers: without its length. bodies: by their encoding, "" for none, which it has."""

    status: int
    headers: list[tuple[bytes, bytes]]
    bodies: dict[str, bytes]


class WholePage:
    """ASGI middleware that has the page say which language it is in, run some HTML first, and allow its own scripts.

    What is written is kept, compressed, for all who get the same.

    Args:
        app: The app that serves the page.
        config: How the app is configured.
        head: The HTML that its head begins with, such as scripts, which run before anything is painted.
    """

    def __init__(self, app: ASGIApp, *, config: Config, head: str) -> None:
        self._app = app
        self._config = config
        self._head = head.encode()
        self._kept: dict[_Key, _Written] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        request, key = Headers(scope=scope), _key(scope)
        page = self._kept.get(key) if key else await self._write(scope, receive)
        if page is None:
            page = await self._write(_with_followed(scope), receive)
            if key and page.status == 200 and b"set-cookie" not in dict(page.headers):
                await self._keep(key, page)
        accepted = request.get("accept-encoding", "")
        encoding = next((name for name in ("br", "gzip") if name in page.bodies and name in accepted), "")
        await _send(page, encoding, send)

    async def _keep(self, key: _Key, page: _Written) -> None:
        page.bodies.update(await asyncio.to_thread(_compressed, page.bodies[""]))
        self._kept[key] = page
        if len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]

    async def _write(self, scope: Scope, receive: Receive) -> _Written:
        start: Message = {}
        pieces: list[bytes] = []

        async def take(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                pieces.append(message.get("body", b""))

        await self._app(scope, receive, take)
        html = b"".join(pieces).replace(_HEAD, _HEAD + self._head, 1).replace(_LANG, _language(), 1)
        headers = MutableHeaders(raw=list(start["headers"]))
        del headers["content-length"]
        headers["content-security-policy"] = page_policy(html, self._config)
        headers.add_vary_header("Accept-Encoding")
        return _Written(start["status"], headers.raw, {"": html})


def _compressed(html: bytes) -> dict[str, bytes]:
    return {"gzip": gzip.compress(html), "br": brotli.compress(html, mode=brotli.MODE_TEXT, quality=_QUALITY)}


def _key(scope: Scope) -> _Key | None:
    """Return what the page follows from; None if that could be anything. The chat in the address changes nothing."""
    if scope["method"] != "GET" or set(QueryParams(scope["query_string"])) - {"chat"}:
        return None
    request = Headers(scope=scope)
    followed = (request.get(name) for name in _FOLLOWED)
    return current_language(), scope["scheme"], scope.get("root_path", ""), *followed


def _with_followed(scope: Scope) -> Scope:
    """Return a request for a page that others get, too: with nothing that the key does not name."""
    headers = [(name, value) for name, value in scope["headers"] if name.decode("latin-1") in _FOLLOWED]
    return {**scope, "headers": headers}


async def _send(page: _Written, encoding: str, send: Send) -> None:
    headers, body = MutableHeaders(raw=list(page.headers)), page.bodies[encoding]
    headers["content-length"] = str(len(body))
    if encoding:
        headers["content-encoding"] = encoding
    await send({"type": "http.response.start", "status": page.status, "headers": headers.raw})
    await send({"type": "http.response.body", "body": body})


def _language() -> bytes:
    return f'lang="{current_language()}" dir="{direction()}"'.encode()
