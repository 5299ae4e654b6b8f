"""What a person has permitted for the chat that is shown: a list in the settings, from which each can be taken back."""

from typing import Any

import gradio as gr
from gradio.events import Dependency

from agent_core import GlassboxError
from agent_core.permissions import Grant
from ui.chats import Chat, Chats
from ui.config import Config
from ui.event_options import ENDLESS, LATEST
from ui.owners import person_of
from ui.view import toasts
from ui.view.person_questions import grant_text


class Permitted:
    """The handlers of the list.

    Args:
        config: Says who sends a request.
        chats: The chats of all persons.
    """

    def __init__(self, config: Config, chats: Chats) -> None:
        self._config = config
        self._chats = chats

    def wire(self, listed: gr.CheckboxGroup, chat_id: gr.Textbox, shown: list[Any], decided: Dependency) -> None:
        """Show what is permitted, and take back what a person unticks.

        Args:
            listed: The list.
            chat_id: The chat that is shown.
            shown: The events after which the list is seen.
            decided: The event that may have permitted something.
        """
        show = {"fn": self.show, "inputs": chat_id, "outputs": listed, **LATEST}
        gr.on([*shown, chat_id.change], **show)
        decided.then(**show)
        listed.select(self.revoke, chat_id, listed, **ENDLESS)

    async def show(self, chat_id: str | None, request: gr.Request) -> Any:
        """Return an update of the list."""
        chat = await self._find(chat_id, request)
        grants = chat.session.grants if chat else []
        choices = [(grant_text(grant), _encoded(grant)) for grant in grants]
        return gr.update(choices=choices, value=[value for _, value in choices], visible=bool(choices))

    async def revoke(self, chat_id: str | None, event: gr.EventData, request: gr.Request) -> Any:
        """Take back the permission whose tick was taken away, and return an update of the list."""
        match event._data:
            case {"value": str(value), "selected": False} if chat := await self._find(chat_id, request):
                for grant in [grant for grant in chat.session.grants if _encoded(grant) == value]:
                    await chat.session.revoke(grant)
        return await self.show(chat_id, request)

    async def _find(self, chat_id: str | None, request: gr.Request) -> Chat | None:
        try:
            return await self._chats.find(chat_id, person_of(request, self._config))
        except GlassboxError as error:
            raise toasts.error(error) from None


def _encoded(grant: Grant) -> str:
    return " ".join(grant)
