"""Tells open pages, which ask now and then, whether the app was restarted, and what goes on in their chat."""

import math
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from agent_core.events import RunFinished
from agent_core.permissions import PermissionRequest
from agent_core.questions import Question
from agent_core.reply_time import ReplyTime
from agent_core.text import truncate
from ui.chats import Chat, Chats
from ui.config import Config
from ui.owners import owner_of
from ui.view.person_questions import permission_text

_LONGEST = 100  # characters of what is shown outside the page
_NOTHING = {"chat": "", "running": False, "ended": "", "question": "", "asks": "", "left": None}


def pulse_route(config: Config, chats: Chats) -> Route:
    """Return the route pulse?chat=<id>&seen=<1 if a person sees the page, else "">.

    It answers with "app", which is another after each start of the app; "ending", whether the app ends; and what goes
    on in the chat if it is open and the sender's: "chat", its version, else ""; "running"; "ended", why its last run
    ended, "" while one goes on; "question", the last one; "asks", what the person is asked, and "left", the seconds
    they have for a reply, null where no time shows. Nothing is read from the store for it.
    """
    app = secrets.token_hex(8)

    async def pulse(request: Request) -> JSONResponse:
        chat = chats.find_open(request.query_params.get("chat"), owner_of(request, config))
        about = _about(chat) if chat else _NOTHING
        if chat and request.query_params.get("seen"):
            chat.session.look()
        return JSONResponse(
            {"app": app, "ending": chats.runs.is_closed, **about}, headers={"cache-control": "no-store"}
        )

    return Route("/pulse", pulse, methods=["GET"])


def _about(chat: Chat) -> dict[str, Any]:
    """Return what goes on in a chat."""
    session = chat.session
    ends = (event.reason for event in reversed(session.log) if isinstance(event, RunFinished))
    running = session.running
    turns = session.agent.memory.turns
    return {
        "chat": chat.version(),
        "running": running,
        "ended": "" if running else next(ends, ""),
        "question": truncate(turns[-1].question, _LONGEST) if turns else "",
        **_asked(session.asked),
    }


def _asked(asked: PermissionRequest | Question | None) -> dict[str, Any]:
    """Return what the person is asked. Code that asks for more time says itself how long it waits."""
    if asked is None:
        return {"asks": "", "left": None}
    if isinstance(asked, Question):
        return {"asks": truncate(asked.text, _LONGEST), "left": _seconds(asked.time)}
    text = permission_text(asked.kind, asked.name)
    return {"asks": truncate(text, _LONGEST), "left": None if asked.kind == "more_time" else _seconds(asked.time)}


def _seconds(time: ReplyTime) -> int | None:
    return None if math.isinf(time.left) else round(time.left)
