"""Whose a chat is: of the account that is signed in, or else of the browser, which a secret in a cookie tells."""

import hashlib
import os
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.config import Config
from ui.visitors import account_of, visitor_of_scope

_SECRET = re.compile(r"[\w-]{43}", re.ASCII)
_SECONDS = 400 * 86_400  # as long as browsers keep a cookie at most; each visit begins it anew


@dataclass(frozen=True)
class Person:
    """Who sent a request.

    Attributes:
        owner: Whose chats they may open; "" for nobody's, because their browser keeps no cookies.
        visitor: Who they are for limits; see `visitor_of`.
    """

    owner: str
    visitor: str


def person_of(request: HTTPConnection | gr.Request, config: Config) -> Person:
    """Return who sent a request."""
    connection = request.request if isinstance(request, gr.Request) else request
    if connection is None:
        return Person("", "")
    return Person(owner_of(connection, config), visitor_of_scope(connection.scope, config))


def owner_of(request: HTTPConnection | gr.Request, config: Config) -> str:
    """Return whose chats the sender of a request may open: "account <id>", "browser <hash>", or "" for nobody's."""
    connection = request.request if isinstance(request, gr.Request) else request
    if connection is None:
        return ""
    return _account(connection, config) or _browser(connection, config)


class BrowserCookie:
    """ASGI middleware that gives each browser a secret of its own, with the page.

    Scripts cannot read it. The store has only its hash, so that nobody who reads the database can open a chat.

    Args:
        config: Where the app runs.
        signed_in: Called with the browser and the account, as owners, when a signed-in person opens the page.
    """

    def __init__(self, app: ASGIApp, *, config: Config, signed_in: Callable[[str, str], Awaitable[None]]) -> None:
        self._app = app
        self._config = config
        self._signed_in = signed_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        browser, account = _browser(connection, self._config), _account(connection, self._config)
        if browser and account:
            await self._signed_in(browser, account)
        cookie = self._cookie(_secret(connection, self._config) or secrets.token_urlsafe(32), scope["scheme"])

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message.setdefault("headers", [])).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _cookie(self, secret: str, scheme: str) -> str:
        cookie = SimpleCookie({_name(self._config): secret})[_name(self._config)]
        cookie["path"], cookie["max-age"], cookie["httponly"] = "/", _SECONDS, True
        cookie["samesite"] = "None" if self._config.space_id else "Lax"
        cookie["secure"] = bool(self._config.space_id) or scheme == "https"
        # The Hub's page frames a Space: there its cookies are another site's, which browsers keep only for each framing
        # site apart. Python 3.11 does not know the word.
        return cookie.OutputString() + ("; Partitioned" if self._config.space_id else "")


def _name(config: Config) -> str:
    """Return the cookie's name. On a Space no sibling's page can set it, by its prefix."""
    return "__Host-glassbox" if config.space_id else "glassbox"


def _secret(connection: HTTPConnection, config: Config) -> str:
    secret = connection.cookies.get(_name(config), "")
    return secret if _SECRET.fullmatch(secret) else ""


def _browser(connection: HTTPConnection, config: Config) -> str:
    secret = _secret(connection, config)
    return f"browser {hashlib.sha256(secret.encode()).hexdigest()}" if secret else ""


def _account(connection: HTTPConnection, config: Config) -> str:
    """Return the account; "" where nobody can sign in, because there everybody knows the key of Gradio's sessions."""
    can_sign_in = bool(config.space_id and os.environ.get("OAUTH_CLIENT_SECRET"))
    return account_of(connection.scope) if can_sign_in else ""
