"""Limits request bodies other than uploads: their length before they are read, and their depth before parsing."""

import json

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_core.json_depth import is_deeper
from ui.security.uploads import UPLOADS, content_length
from ui.texts import words

LONGEST_BODY = 2 * 2**20  # bytes of a question with all its settings
_DEEPEST = 50  # nested lists and dicts


class BoundedBodies:
    """ASGI middleware that refuses bodies that are too long, invalid JSON, or nested too deep."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in UPLOADS:
            try:
                receive = _replay(await _read(scope, receive), receive)
            except HTTPException as refusal:
                await PlainTextResponse(refusal.detail, refusal.status_code)(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _read(scope: Scope, receive: Receive) -> bytes:
    """Return the whole body. Raises HTTPException if it is refused."""
    if content_length(scope) > LONGEST_BODY:
        raise HTTPException(413, words("input.long_request", most=LONGEST_BODY // 2**20))
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HTTPException(400, words("input.no_json"))
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > LONGEST_BODY:
            raise HTTPException(413, words("input.long_request", most=LONGEST_BODY // 2**20))
    if body and not _is_flat_json(body):
        raise HTTPException(400, words("input.no_json"))
    return body


def _is_flat_json(body: bytes) -> bool:
    try:
        return not is_deeper(json.loads(body), _DEEPEST)
    except (ValueError, RecursionError):
        return False


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read already, and then whatever follows."""
    read = False

    async def receive_again() -> Message:
        nonlocal read
        if read:
            return await receive()
        read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
