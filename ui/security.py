"""What the browser is told not to do for a page whose texts come from models and from the web."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A picture with a remote address is how an injected instruction smuggles data out: it loads by itself, and the address
# carries the data. So pictures and media come from this app or not at all, and so do the answers to forms.
CONTENT_SECURITY_POLICY = (
    "img-src 'self' data: blob:; media-src 'self' data: blob:; object-src 'none'; frame-src 'none'; form-action 'self'"
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
