"""Tells open pages, which ask now and then, whether the app was restarted and whether their chat went on elsewhere."""

import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ui.chats import Chats
from ui.config import Config
from ui.owners import owner_of


def pulse_route(config: Config, chats: Chats) -> Route:
    """Return the route pulse?chat=<id>.

    It answers with "app", which is another after each start of the app, and "chat", the version of the chat if it is
    open and the sender's, else "". Nothing is read from the store for it.
    """
    app = secrets.token_hex(8)

    async def pulse(request: Request) -> JSONResponse:
        chat = chats.find_open(request.query_params.get("chat"), owner_of(request, config))
        version = chat.version() if chat else ""
        return JSONResponse({"app": app, "chat": version}, headers={"cache-control": "no-store"})

    return Route("/pulse", pulse, methods=["GET"])
