"""Sets the content security policy and related headers, which restrict what browsers do with responses."""

import base64
import hashlib
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.config import Config
from ui.security.allowed_routes import LIBRARIES

# Injected instructions smuggle data out by pictures with remote addresses: they load by themselves, and the address
# carries the data. So everything comes from this app or not at all. Gradio requires two exceptions: 'unsafe-eval' (it
# makes functions from the `js=` of events) and inline styles. Only inline scripts with the right hashes run.
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'{hashes}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'none'; frame-src 'self'; object-src 'none'; base-uri 'self'; form-action 'none'; "
    "frame-ancestors {framers}"
)
# What code displays is shown in a frame: without an origin, so without cookies, storage or the page. No script of the
# code runs there, only the app's own and its copies of chart libraries, and of the network they reach nothing else. A
# link opens a page of its own, as in a message.
_FRAME_POLICY = (
    "sandbox allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src data: blob:; "
    "font-src data:; require-trusted-types-for 'script'; trusted-types default; frame-ancestors {framers}"
)
# A replay is a page of its own, without an origin. Its own policy, within it, names the one script that may run.
_REPLAY_POLICY = (
    "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {framers}"
)
# The owner's page asks for itself again. Nothing of it is inline, and it is nobody's frame.
_OWNER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_REPLAY = re.compile(r"/chats/[\w-]+/replay")
# Other responses never act as a page, even if they are opened as one: no scripts, no rights of this origin.
_OTHER_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
_HUB = "https://huggingface.co"
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)


class SecurityHeaders:
    """ASGI middleware that adds these headers to every response."""

    def __init__(self, app: ASGIApp, *, config: Config) -> None:
        self._app = app
        self._framers = _framers(config)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, self._send_with_policy(scope["path"], send))

    def _send_with_policy(self, path: str, send: Send) -> Send:
        if path.startswith("/frames/"):
            return _with_headers(send, _FRAME_POLICY.format(framers=self._framers))
        if _REPLAY.fullmatch(path):
            return _with_headers(send, _REPLAY_POLICY.format(framers=self._framers))
        if path == "/owner":
            return _with_headers(send, _OWNER_POLICY)
        # A frame has no origin, so the libraries that it loads are another site's to the browser.
        readers = "cross-origin" if path.startswith(LIBRARIES) else "same-origin"
        return _with_headers(send, _OTHER_POLICY, readers)


def page_policy(html: bytes, config: Config) -> str:
    """Return the policy of the page itself, which allows its inline scripts."""
    hashes = "".join(map(_hash, _INLINE_SCRIPT.findall(html)))
    return _PAGE_POLICY.format(hashes=hashes, framers=_framers(config))


def _with_headers(send: Send, policy: str, readers: str = "same-origin") -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            headers.setdefault("content-security-policy", policy)  # the page brings its own
            headers["x-content-type-options"] = "nosniff"
            headers["referrer-policy"] = "same-origin"
            headers["cross-origin-resource-policy"] = readers
            headers["x-dns-prefetch-control"] = (
                "off"  # otherwise the hosts of links, which can carry data, are looked up
            )
        await send(message)

    return send_with_headers


def _framers(config: Config) -> str:
    """Return who may show the page in a frame."""
    return f"'self' {_HUB}" if config.space_id else "'self'"


def _hash(script: bytes) -> str:
    return f" 'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
