"""The addresses of the pictures that a chat shows."""

import base64

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent_core import GlassboxError
from agent_core.execution import IMAGE_ENDINGS, Display
from ui.chats import Chats
from ui.config import Config
from ui.owners import person_of
from ui.texts import words


def picture_route(config: Config, chats: Chats) -> Route:
    """Return the route pictures/<chat>/<name> for what a chat shows its owner."""

    async def picture(request: Request) -> Response:
        try:
            chat = await chats.find(request.path_params["chat"], person_of(request, config))
        except GlassboxError as error:
            return PlainTextResponse(str(error), 503)
        name = request.path_params["name"]
        display = chat.assets.pictures.find(name) if chat else None
        if chat is None or display is None:
            return PlainTextResponse(words("turn.picture_gone"), 404)
        return _shown(display, chat.assets.pictures.number_of(name))

    return Route("/pictures/{chat}/{name}", picture, methods=["GET"])


def _shown(display: Display, number: int) -> Response:
    kind = display.image_type
    assert kind in IMAGE_ENDINGS, "others have no address"
    headers = {
        "cache-control": "private, max-age=3600",
        "content-disposition": f"inline; filename=picture-{number}{IMAGE_ENDINGS[kind]}",
        "x-content-type-options": "nosniff",
    }
    return Response(base64.b64decode(display.data[kind]), headers=headers, media_type=kind)
