"""Keeps pages of other sites from using this app through a visitor's browser, and from reading its responses."""

import ipaddress
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.config import Config
from ui.security.allowed_routes import LIBRARIES
from ui.texts import words

_ENTRANCES = ("/", "/login/huggingface", "/login/callback", "/owner")  # where links of other sites may lead


class OwnPagesOnly:
    """ASGI middleware that refuses requests that another site's page makes a browser send.

    Programs send neither Origin nor Sec-Fetch-Site, and pass. Outside of Spaces a host name with a domain must be one
    of the config's hosts, because anybody could point a name at this machine after a page was loaded (DNS rebinding).
    A Space has its own name, and the Hub's page that frames it.
    """

    def __init__(self, app: ASGIApp, *, config: Config) -> None:
        self._app = app
        self._names = config.hosts
        self._origins = _origins_of_space(config) if config.space_id else ()
        self._is_at_home = not config.space_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._is_foreign(Headers(scope=scope), scope["path"]):
            await PlainTextResponse(words("input.other_site"), 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_foreign(self, headers: Headers, path: str) -> bool:
        if path.startswith(LIBRARIES):
            return False
        if "origin" in headers:  # of everything that sends something, and of what a script wants to read
            return not self._is_own(headers["origin"], headers.get("host", ""))
        if headers.get("sec-fetch-site") not in ("cross-site", "same-site"):
            return False
        return headers.get("sec-fetch-mode") != "navigate" or path not in _ENTRANCES

    def _is_own(self, origin: str, host: str) -> bool:
        """Whether a page's origin, such as "http://127.0.0.1:7860", is this app's."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        name = (parts.hostname or "").lower()
        if name in self._names or origin.lower() in self._origins:
            return True
        return self._is_at_home and parts.netloc.lower() == host.lower() and _is_local(name)


def _origins_of_space(config: Config) -> tuple[str, ...]:
    """Return the origins of a Space's page, and of the page that frames it."""
    names = config.space_host or f"{re.sub(r'[^a-z0-9]+', '-', config.space_id.lower())}.hf.space"
    return (*(f"https://{name.strip().lower()}" for name in names.split(",")), "https://huggingface.co")


def _is_local(name: str) -> bool:
    """Return whether a name can only be a machine in one's own network: an address, or a name without a domain."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(name) and ("." not in name or name.endswith((".localhost", ".local")))
    return True
