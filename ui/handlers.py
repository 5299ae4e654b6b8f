"""What the page does when a person acts: each function is one event's handler."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from agent_core import GlassboxError, Tool
from agent_core.models.base import Model
from agent_core.prompts import fill, read_prompt
from ui.chats import Chat, Chats
from ui.config import Config
from ui.downloads import files_address
from ui.inputs import LONGEST_TEXT, check_answer, check_files, check_key, check_text
from ui.settings.kept import collect
from ui.settings.keys import ChatKeys
from ui.settings.model_choice import choose_model_source, make_models
from ui.settings.model_sources import DEMO, is_demo
from ui.settings.settings import Settings, apply_settings, read_settings
from ui.slots import Slot, Slots
from ui.texts import read_text
from ui.tool_sources.owner_tools import OwnerTools
from ui.view import toasts
from ui.view.page_updates import PageUpdates, empty_page, unchanged_page
from ui.view.person_questions import read_answer, read_choice
from ui.view.transcript import Transcript
from ui.visitors import visitor_of

_PATIENCE = 1.0  # seconds for which a person waits without being told for what
_PAUSE = 1 / 15  # seconds between two updates of the browser

Box = dict[str, Any]
"""What was put into the question box: "text", and "files" as paths."""
Keys = dict[str, str]
EMPTY: Box = {"text": "", "files": []}


@dataclass(frozen=True)
class Sender:
    """Who sends a question, and the keys that come with it.

    chat_id: of their chat, if they have one. typed_key: what stands in the settings' key field. sign_in: the token of
    their sign-in to Hugging Face. server_keys: of MCP servers, by their addresses.
    """

    chat_id: str | None
    visitor: str
    typed_key: str = field(repr=False)
    sign_in: str = field(repr=False)
    server_keys: Keys = field(repr=False)


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
        """Say so while it is the demo that would answer."""
        settings = Settings.model_construct(source=source)
        usable = self._keys_of(chat_id).usable(settings, _typed(key), _token(oauth), self._config)
        chosen = await choose_model_source(settings, usable, self._config)
        return gr.update(value=read_text("demo"), visible=chosen is DEMO)

    async def key_typed(self, chat_id: str | None, key: str | None) -> None:
        """A person typed a key: it is for what the settings name now, whatever it was for before."""
        if chat := self._chats.find(chat_id):
            chat.keys.forget(_typed(key))

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
        """Answer what the agent asks, or else start to answer a question. keys: of MCP servers, by their addresses.

        Returns the chat's id, an empty box, and whether a run began; what cannot be asked or answered stays in the box.
        """
        text, paths = (box or EMPTY)["text"], (box or EMPTY)["files"]
        chat = self._chats.find(chat_id)
        try:
            if chat and (asked := chat.session.open_question):
                chat.session.answer(asked.id, check_answer(text, paths))
                return chat.id, EMPTY, False
            question, files = check_text(text, "question"), check_files(paths)
            settings = read_settings(collect(*values))
            with self._place(request) as place:
                sender = Sender(chat_id, place.visitor, _typed(key), _token(oauth), keys)
                chat = await self._prepare(settings, sender)
                chat.session.start(question, files, place)
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
        """Go on with the last question, by as many steps as the settings allow for one."""
        if self._chats.find(chat_id) is None:
            raise toasts.error("This chat is closed. Ask a new question.")
        try:
            settings = read_settings(collect(*values))
            with self._place(request) as place:
                sender = Sender(chat_id, place.visitor, _typed(key), _token(oauth), keys)
                chat = await self._prepare(settings, sender)
                chat.session.resume(settings.max_steps, place)
        except GlassboxError as error:
            raise toasts.error(error) from None

    async def watch(self, chat_id: str | None) -> AsyncGenerator[list[Any], None]:
        """Show the chat, and follow the run that is going on, if any, to its end.

        Yields updates as PageUpdates makes them.
        """
        chat = self._chats.find(chat_id)
        transcript, yielded = Transcript(), False
        if chat is not None:
            view = PageUpdates(chat.pictures, files_address(chat))
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
        """Watch the run that began. An answer to a question begins none, and shows where the run is watched already."""
        if not begun:
            yield unchanged_page()  # a generator that yields nothing would empty the components
            return
        async with aclosing(self.watch(chat_id)) as views:
            async for view in views:
                yield view

    async def decide(self, chat_id: str | None, event: gr.EventData) -> None:
        """Give what a button says that was pressed; nothing happens where nobody waits for it any more."""
        chat = self._chats.find(chat_id)
        if chat is None:
            return
        value = selected(event)
        if choice := read_choice(value):
            chat.session.decide(*choice)
        elif (answer := read_answer(value)) and len(answer[1]) <= LONGEST_TEXT:
            chat.session.answer(*answer)

    async def stop(self, chat_id: str | None) -> None:
        """Stop the run that is going on; those who watch it see its end."""
        chat = self._chats.find(chat_id)
        if chat is not None:
            await chat.session.stop()

    async def new_chat(self, chat_id: str | None) -> str:
        """Close this browser's chat; the next question opens another. Returns the id of no chat."""
        chat = self._chats.find(chat_id)
        if chat is not None:
            await self._chats.close(chat)
        return ""

    @contextmanager
    def _place(self, request: gr.Request) -> Iterator[Slot]:
        """A place for a run, which has it from then on unless the run cannot begin. Raises TooMany."""
        place = self._runs.queue(visitor_of(request, self._config))
        try:
            yield place
        except BaseException:
            place.leave()
            raise

    async def _prepare(self, settings: Settings, sender: Sender) -> Chat:
        """The sender's chat, or a new one, with an agent that follows the settings."""
        check_key(sender.typed_key)
        key = self._keys_of(sender.chat_id).usable(settings, sender.typed_key, sender.sign_in, self._config)
        source = await choose_model_source(settings, key, self._config)
        models = make_models(settings, source, key, self._config)
        self._keys_of(sender.chat_id).check(settings, sender.typed_key, self._config)
        chat = self._chats.find(sender.chat_id) or await self._chats.open(sender.visitor)
        chat.keys.add(settings, sender.typed_key, self._config)
        await chat.added_tools.use_keys(sender.server_keys)
        if not chat.session.running:  # else the run that is going on would change under way
            apply_settings(chat.session, settings, models, await self._more_tools(chat, settings, models[0]))
        return chat

    def _keys_of(self, chat_id: str | None) -> ChatKeys:
        chat = self._chats.find(chat_id)
        return chat.keys if chat else ChatKeys()

    async def _more_tools(self, chat: Chat, settings: Settings, model: Model) -> list[Tool]:
        """The tools from elsewhere. That some cannot be had is said to the person, and to the model."""
        if is_demo(model):
            return []  # what it says was written without them
        loading = asyncio.gather(chat.added_tools.tools(settings.added, settings.tools), self._owner.tools())
        if not (await asyncio.wait({loading}, timeout=_PATIENCE))[0]:
            toasts.inform("Waiting for the tools from elsewhere …")
        (added, problems), owners = await loading
        names = {*settings.tools} - {tool.name for tool in added}
        owners = [tool for tool in owners if tool.name in names]
        for problem in problems:
            toasts.warn(problem)
            chat.session.agent.memory.add_note(fill(read_prompt("tools_left_out"), problem=problem))
        return [*owners, *added]


def selected(event: gr.EventData | None) -> object:
    """What was selected, as the browser says; None where it says nothing of the kind."""
    data = event._data if event else None
    return data.get("value") if isinstance(data, dict) else None


def _typed(key: str | None) -> str:
    return (key or "").strip()


def _token(oauth: gr.OAuthToken | None) -> str:
    return oauth.token if oauth else ""


def _so_many(questions: int) -> str:
    return "1 question of yours is" if questions == 1 else f"{questions} questions of yours are"
