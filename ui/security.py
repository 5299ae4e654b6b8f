"""What browsers must not do: load what a model's text names, and call the app for another site's page."""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.config import Config

# A picture with a remote address is how an injected instruction smuggles data out: it loads by itself, and the address
# carries the data. So pictures and media come from this app or not at all, and so do the answers to forms.
CONTENT_SECURITY_POLICY = (
    "img-src 'self' data: blob:; media-src 'self' data: blob:; object-src 'none'; frame-src 'none'; form-action 'self'"
)

_FOREIGN = (
    "This request comes from another site's page, so it was refused. If the app is yours and has a name of its own, "
    "name it in GLASSBOX_HOSTS."
)


class SecurityHeaders:
    """ASGI middleware that adds the content security policy to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"content-security-policy", CONTENT_SECURITY_POLICY.encode()))
            await send(message)

        await self._app(scope, receive, send_with_policy if scope["type"] == "http" else send)


class OwnPagesOnly:
    """ASGI middleware that refuses what another site's page makes a browser send.

    Programs send no Origin, and pass. Where a page comes from a name that anybody could have pointed at this machine
    after it was loaded (DNS rebinding), the name has to be one that the owner named. On a Space everything passes: it
    is public, and the Hub's proxies stand before it.
    """

    def __init__(self, app: ASGIApp, *, config: Config) -> None:
        self._app = app
        self._own_hosts = config.hosts
        self._on_space = bool(config.space_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS") and not self._on_space:
            headers = Headers(scope=scope)
            if "origin" in headers and not self._is_own(headers["origin"], headers.get("host", "")):
                await PlainTextResponse(_FOREIGN, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_own(self, origin: str, host: str) -> bool:
        """Whether the page's origin, such as "http://127.0.0.1:7860", is this app."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        name = (parts.hostname or "").lower()
        return name in self._own_hosts or (parts.netloc.lower() == host.lower() and _is_local(name))


def _is_local(name: str) -> bool:
    """Whether a name can only mean a machine of one's own network: an address, or a name without a domain."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(name) and ("." not in name or name.endswith((".localhost", ".local")))
    return True
