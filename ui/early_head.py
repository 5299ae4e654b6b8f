"""What runs before the page is painted. Gradio puts a page's own scripts into its head only once it has drawn it."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.texts.languages import current_language, direction

_HEAD = b"<head>"
_LANG = b'lang="en"'


class EarlyHead:
    """ASGI middleware that has the page's head begin with some HTML, and the page say which language it is in.

    Args:
        app: The app that serves the page.
        html: The HTML, such as scripts, which run before anything is painted.
    """

    def __init__(self, app: ASGIApp, *, html: str) -> None:
        self._app = app
        self._html = html.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["path"] == "/"
        await self._app(scope, receive, self._adding_to(send) if is_page else send)

    def _adding_to(self, send: Send) -> Send:
        held: list[Message] = []  # the start of the response, until it is known whether a page follows

        async def send_with_html(message: Message) -> None:
            if message["type"] == "http.response.start":
                held.append(message)
                return
            body = message.get("body", b"")
            if held:
                start = held.pop()
                if _HEAD in body:
                    body = body.replace(_HEAD, _HEAD + self._html, 1).replace(_LANG, _language(), 1)
                    MutableHeaders(raw=start["headers"])["content-length"] = str(len(body))
                await send(start)
            await send({**message, "body": body})

        return send_with_html


def _language() -> bytes:
    return f'lang="{current_language()}" dir="{direction()}"'.encode()
