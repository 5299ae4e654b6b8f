"""The handlers of the page's events."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

import gradio as gr

from agent_core import GlassboxError, Tool
from agent_core.models.base import Model
from agent_core.prompts import fill
from ui.chats import Chat, Chats
from ui.config import Config
from ui.downloads import check_files
from ui.limits import Slot, Slots
from ui.settings.model_choice import choose_source, key_place, make_models, takes_sign_in
from ui.settings.model_sources import DEMO, is_demo
from ui.settings.settings import FIELDS, Settings, apply_settings, check_key, read_settings
from ui.texts import read_text
from ui.tool_sources.owner_tools import OwnerTools
from ui.view import toasts
from ui.view.page_updates import PageUpdates, empty_page, unchanged_page
from ui.view.person_questions import read_answer, read_choice
from ui.view.transcript import Transcript
from ui.visitors import visitor_of

LONGEST_TEXT = 50_000  # characters of a question or an answer
_KEY_OF_ANOTHER = (
    "The key in the settings was typed for another provider or address. Type it again if it is for this one too, or "
    "clear the field."
)
_NOTICE_SECONDS = 1.0  # after which a person is told what the page waits for
_PAUSE = 1 / 15  # seconds between two updates of the browser

Box = dict[str, Any]
"""What was put into the question box: "text", and "files" as paths."""
Keys = dict[str, str]
EMPTY: Box = {"text": "", "files": []}


class Handlers:
    """The handlers of one page, which serves the chats of all its visitors."""

    def __init__(self, config: Config, chats: Chats, owner: OwnerTools) -> None:
        self._config = config
        self._chats = chats
        self._owner = owner
        self._runs = Slots(
            config.runs_per_visitor,
            config.runs,
            own_taken=f"{_so_many(config.runs_per_visitor)} being worked on already. Wait for an answer, or stop one.",
        )

    async def label(self, chat_id: str | None, key: str | None, source: Any, oauth: gr.OAuthToken | None) -> Any:
        """Show the demo's label while the demo would answer."""
        settings = Settings.model_construct(source=source)
        usable = self._usable_key(chat_id, settings, key, oauth)
        chosen = await choose_source(settings, usable, self._config)
        return gr.update(value=read_text("demo"), visible=chosen is DEMO)

    async def key_typed(self, chat_id: str | None, key: str | None) -> None:
        """Assign a typed key to what the settings name now, whatever it was for before."""
        if chat := self._chats.find(chat_id):
            chat.keys = {place: known for place, known in chat.keys.items() if known != (key or "").strip()}

    async def ask(
        self,
        box: Box | None,
        chat_id: str | None,
        key: str | None,
        keys: Keys,
        oauth: gr.OAuthToken | None,
        request: gr.Request,
        *values: Any,
    ) -> tuple[str, Box, bool]:
        """Answer the agent's question, or else ask a new one.

        Args:
            box: The question box.
            chat_id: The browser's chat; None or unknown for a new one.
            key: The key in the settings.
            keys: Keys of MCP servers, by their addresses.
            oauth: The visitor's sign-in to Hugging Face.
            request: The request, which says who the visitor is.
            *values: The values of the settings form.

        Returns:
            The chat's id, an empty box, and whether a run began.

        Raises:
            gr.Error: The question cannot be asked, or the answer not given; the text stays in the box.
        """
        text, paths = (box or EMPTY)["text"], (box or EMPTY)["files"]
        chat = self._chats.find(chat_id)
        try:
            if chat and (asked := chat.session.open_question):
                chat.session.answer(asked.id, check_answer(text, paths))
                return chat.id, EMPTY, False
            question, files = check_text(text, "question"), check_files(paths)
            settings = read_settings(collect(*values))
            with self._run_slot(request) as slot:
                chat = await self._prepare(chat_id, settings, key, keys, oauth, slot.visitor)
                chat.session.start(question, files, slot)
        except GlassboxError as error:
            raise toasts.error(error) from None
        return chat.id, EMPTY, True

    async def go_on(
        self,
        chat_id: str | None,
        key: str | None,
        keys: Keys,
        oauth: gr.OAuthToken | None,
        request: gr.Request,
        *values: Any,
    ) -> None:
        """Continue with the last question, for as many steps as the settings allow."""
        if self._chats.find(chat_id) is None:
            raise toasts.error("This chat is closed. Ask a new question.")
        try:
            settings = read_settings(collect(*values))
            with self._run_slot(request) as slot:
                chat = await self._prepare(chat_id, settings, key, keys, oauth, slot.visitor)
                chat.session.resume(settings.max_steps, slot)
        except GlassboxError as error:
            raise toasts.error(error) from None

    async def watch(self, chat_id: str | None) -> AsyncGenerator[list[Any], None]:
        """Show the chat, and follow the run in progress, if any, to its end.

        Yields the updates of PageUpdates.
        """
        chat = self._chats.find(chat_id)
        transcript, yielded = Transcript(), False
        if chat is not None:
            view = PageUpdates(chat)
            async with aclosing(chat.session.follow(pause=_PAUSE)) as news:
                async for events in news:
                    if self._chats.find(chat_id) is None:
                        return  # closed for a new chat, which is shown by now
                    transcript.apply(events)
                    yield view.update(transcript.turns)
                    yielded = True
        if not yielded:
            yield empty_page()

    async def watch_if_begun(self, chat_id: str | None, begun: bool) -> AsyncGenerator[list[Any], None]:
        """Watch the run that began. An answer to the agent's question begins none: its run is being watched already."""
        if not begun:
            yield unchanged_page()  # a generator that yields nothing would empty the components
            return
        async with aclosing(self.watch(chat_id)) as views:
            async for view in views:
                yield view

    async def decide(self, chat_id: str | None, event: gr.EventData) -> None:
        """Pass on the decision or answer of a button. If nothing waits for it any more, nothing happens."""
        chat = self._chats.find(chat_id)
        if chat is None:
            return
        value = selected(event)
        if choice := read_choice(value):
            chat.session.decide(*choice)
        elif (answer := read_answer(value)) and len(answer[1]) <= LONGEST_TEXT:
            chat.session.answer(*answer)

    async def stop(self, chat_id: str | None) -> None:
        """Stop the run in progress. Its viewers see its end."""
        chat = self._chats.find(chat_id)
        if chat is not None:
            await chat.session.stop()

    async def new_chat(self, chat_id: str | None) -> str:
        """Close this browser's chat; the next question opens another. Returns an empty id."""
        chat = self._chats.find(chat_id)
        if chat is not None:
            await self._chats.close(chat)
        return ""

    @contextmanager
    def _run_slot(self, request: gr.Request) -> Iterator[Slot]:
        """Queue for a slot, which belongs to the run from then on, unless the run cannot begin. Raises TooMany."""
        slot = self._runs.queue(visitor_of(request, self._config))
        try:
            yield slot
        except BaseException:
            slot.leave()
            raise

    async def _prepare(
        self,
        chat_id: str | None,
        settings: Settings,
        key: str | None,
        keys: Keys,
        oauth: gr.OAuthToken | None,
        visitor: str,
    ) -> Chat:
        """Return the chat, or a new one for the visitor, with an agent that follows the settings."""
        check_key(key)
        usable = self._usable_key(chat_id, settings, key, oauth)
        source = await choose_source(settings, usable, self._config)
        models = make_models(settings, source, usable, self._config)
        chat, place, typed = self._chats.find(chat_id), key_place(settings, self._config), (key or "").strip()
        if chat and typed and typed != chat.keys.get(place) and typed in chat.keys.values():
            raise GlassboxError(_KEY_OF_ANOTHER)  # it was still in its field when the provider or address changed
        chat = chat or await self._chats.open(visitor)
        if typed:
            chat.keys[place] = typed
        await chat.sources.use_keys(keys)
        if not chat.session.running:  # otherwise the run in progress would change
            apply_settings(chat.session, settings, models, await self._more_tools(chat, settings, models[0]))
        return chat

    async def _more_tools(self, chat: Chat, settings: Settings, model: Model) -> list[Tool]:
        """Return the added and the owner's tools. The person and the model are told which ones are unavailable."""
        if is_demo(model):
            return []  # its replies were prepared without them
        loading = asyncio.gather(chat.sources.tools(settings.added, settings.tools), self._owner.tools())
        if not (await asyncio.wait({loading}, timeout=_NOTICE_SECONDS))[0]:
            toasts.inform("Waiting for added tools …")
        (added, problems), owners = await loading
        names = {*settings.tools} - {tool.name for tool in added}
        owners = [tool for tool in owners if tool.name in names]
        for problem in problems:
            toasts.warn(problem)
            chat.session.add_note(fill(read_text("tools_left_out"), problem=problem))
        return [*owners, *added]

    def _usable_key(
        self, chat_id: str | None, settings: Settings, typed: str | None, oauth: gr.OAuthToken | None
    ) -> str:
        """Return the key to use: typed now, or else typed before for the same place, or else the visitor's sign-in.

        A key is only sent where it was typed for, and a sign-in only to Hugging Face.
        """
        chat, place = self._chats.find(chat_id), key_place(settings, self._config)
        key = (typed or "").strip() or (chat.keys.get(place, "") if chat else "")
        if key or oauth is None:
            return key
        return oauth.token if takes_sign_in(settings, self._config) else ""


def collect(*values: Any) -> dict[str, Any]:
    """Return the values of the settings form by their names, as the browser keeps them."""
    return dict(zip(FIELDS, values, strict=True))


def selected(event: gr.EventData | None) -> object:
    """Return the selected value that the browser sent; None if it sent none."""
    data = event._data if event else None
    return data.get("value") if isinstance(data, dict) else None


def check_answer(text: str, files: list[str]) -> str:
    """Return the answer to the agent's question. Raises GlassboxError if it cannot be given."""
    if files:
        raise GlassboxError("An answer cannot have files. Remove them, and add them to your next question.")
    return check_text(text, "answer")


def check_text(text: str, what: str) -> str:
    """Return a question or an answer without the space around it. Raises GlassboxError if it is empty or too long."""
    text = text.strip()
    if not text:
        raise GlassboxError(f"Type {'an' if what == 'answer' else 'a'} {what} first.")
    if len(text) > LONGEST_TEXT:
        size = f"{len(text):,} characters; at most {LONGEST_TEXT:,} fit"
        raise GlassboxError(f"The {what} is too long: it has {size}. Shorten it.")
    return text


def _so_many(questions: int) -> str:
    return "1 question of yours is" if questions == 1 else f"{questions} questions of yours are"
