"""The handlers of the buttons that lead back: to before a question or a step, to another version, to lost variables."""

from typing import Any

import gradio as gr

from agent_core import GlassboxError, Session
from agent_core.prompts import fill
from ui.chats import Chats
from ui.config import Config
from ui.handlers import EMPTY, Box, Handlers, Keys
from ui.owners import person_of
from ui.texts import read_text
from ui.view import toasts
from ui.view.turn_bar import Act, cancel_bar, read_act

Editing = str
"""What the question box replaces: "" for nothing, else the value of a button: "edit <turn>" or "edit_code <step>"."""
NOT_EDITING: Editing = ""


class GoingBack:
    """The handlers of one page, beside Handlers.

    Args:
        config: How the app is configured.
        chats: The chats.
        handlers: Makes runs begin.
    """

    def __init__(self, config: Config, chats: Chats, handlers: Handlers) -> None:
        self._config = config
        self._chats = chats
        self._handlers = handlers

    async def act(
        self,
        pressed: str | None,
        chat_id: str | None,
        key: str | None,
        keys: Keys,
        oauth: gr.OAuthToken | None,
        request: gr.Request,
        *values: Any,
    ) -> tuple[Box | Any, Editing, str]:
        """Do what a button is for.

        Args:
            pressed: The button's value; see `read_act`. A press of anything else ends the editing.
            chat_id: The chat that the page shows.
            key: The key in the settings.
            keys: Keys of MCP servers, by their addresses.
            oauth: The visitor's sign-in to Hugging Face.
            request: The request, which says who the visitor is.
            *values: The values of the settings form.

        Returns:
            The question box, what it replaces from now on, and what is said of that.

        Raises:
            gr.Error: It cannot be done.
        """
        act = read_act(pressed)
        if act is None:
            return EMPTY, NOT_EDITING, ""
        try:
            match act:
                case (("edit" | "edit_code"), _):
                    session = await self._session(chat_id, request)
                    return EMPTY | {"text": _text_to_edit(session, *act)}, f"{act[0]} {act[1]}", _about_editing(*act)
                case (("undo" | "version"), _):
                    await _change(await self._session(chat_id, request), *act)
                case _:
                    await self._handlers.begin_again(act, chat_id, key, keys, oauth, request, *values)
        except GlassboxError as error:
            raise toasts.error(error) from None
        return gr.skip(), NOT_EDITING, ""

    async def _session(self, chat_id: str | None, request: gr.Request) -> Session:
        """Return the session of the person's chat. Raises GlassboxError."""
        chat = await self._chats.find(chat_id, person_of(request, self._config))
        if chat is None:
            raise GlassboxError(read_text("no_such_chat"))
        return chat.session


async def _change(session: Session, act: Act, number: int) -> None:
    """Take a turn back, or go over to another version."""
    if act == "undo":
        await session.go_back(number)
    else:
        await session.switch(number)


def _text_to_edit(session: Session, act: Act, number: int) -> str:
    """Return the question or the code that a person wants to change. Raises GlassboxError if it is gone."""
    turns = session.agent.memory.turns
    if act == "edit":
        texts = [turns[number].question] if number < len(turns) else []
    else:
        texts = [step.code for turn in turns for step in turn.steps if step.number == number]
    if not texts:
        raise GlassboxError(read_text("nothing_to_edit"))
    return texts[0]


def _about_editing(act: Act, number: int) -> str:
    text = read_text("editing_question" if act == "edit" else "editing_code")
    return fill(text, number=str(number + 1 if act == "edit" else number)) + cancel_bar()
