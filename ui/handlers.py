"""What the page does when a person acts: each function is one event's handler."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import gradio as gr

from agent_core import GlassboxError
from agent_core.agent import RESUMABLE
from agent_core.models.base import Usage
from ui.chats import Chat, Chats
from ui.messages import turn_messages, usage_text
from ui.permissions import read_choice
from ui.settings import FIELDS, Settings, apply_settings, choose_source, make_models, read_settings, server_address
from ui.texts import read_text
from ui.transcript import Transcript, TurnView

LONGEST_QUESTION = 50_000
_PAUSE = 1 / 15  # seconds between two updates of the browser


class Handlers:
    """The handlers of one page, which serves the chats of all its visitors."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats

    async def label(self, chat_id: str | None, key: str | None, source: Any, oauth: gr.OAuthToken | None) -> Any:
        """Say so while it is the demo that would answer."""
        settings = Settings.model_construct(source=source)
        chosen = await choose_source(settings, _usable_key(self._chats.find(chat_id), settings, key, oauth))
        return gr.update(value=read_text("demo"), visible=chosen == "demo")

    async def ask(
        self, question: str, chat_id: str | None, key: str | None, oauth: gr.OAuthToken | None, *values: Any
    ) -> tuple[str, str]:
        """Start to answer a question. Returns the chat's id and an empty question; what cannot be asked is kept."""
        try:
            question, settings = check_question(question), read_settings(collect(*values))
            chat = await self._prepare(chat_id, settings, key, oauth)
            chat.session.start(question)
        except GlassboxError as error:
            raise gr.Error(str(error), print_exception=False) from None
        return chat.id, ""

    async def go_on(self, chat_id: str | None, key: str | None, oauth: gr.OAuthToken | None, *values: Any) -> None:
        """Go on with the last question, by as many steps as the settings allow for one."""
        if self._chats.find(chat_id) is None:
            raise gr.Error("This chat is closed. Ask a new question.", print_exception=False)
        try:
            settings = read_settings(collect(*values))
            chat = await self._prepare(chat_id, settings, key, oauth)
            chat.session.resume(settings.max_steps)
        except GlassboxError as error:
            raise gr.Error(str(error), print_exception=False) from None

    async def watch(self, chat_id: str | None) -> AsyncGenerator[list[Any], None]:
        """Show the chat, and follow the run that is going on, if any, to its end.

        Yields [finished turns, running turn, send button, stop button, meter]. Finished turns travel only when there
        is a new one: a chat grows long, and the browser is updated many times a second.
        """
        chat = self._chats.find(chat_id)
        transcript, sent = Transcript(), None
        if chat is not None:
            async with aclosing(chat.session.follow(pause=_PAUSE)) as news:
                async for events in news:
                    if self._chats.find(chat_id) is None:
                        return  # closed for a new chat, which is shown by now
                    transcript.apply(events)
                    yield self._view(chat, transcript.turns, sent)
                    sent = _finished_part(transcript.turns)
        if sent is None:
            yield [gr.update(value=[], visible=True), *_idle(), ""]

    async def decide(self, chat_id: str | None, event: gr.SelectData) -> None:
        """Give the decision of a button that was pressed; nothing happens where nobody waits for it any more."""
        chat = self._chats.find(chat_id)
        if chat is not None and (choice := read_choice(event.value)):
            chat.session.decide(*choice)

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

    async def _prepare(
        self, chat_id: str | None, settings: Settings, key: str | None, oauth: gr.OAuthToken | None
    ) -> Chat:
        """The chat, or a new one, with an agent that follows the settings."""
        usable = _usable_key(self._chats.find(chat_id), settings, key, oauth)
        models = make_models(settings, await choose_source(settings, usable), usable)
        chat = self._chats.find(chat_id) or await self._chats.open()
        if typed := (key or "").strip():
            chat.keys[_place(settings)] = typed
        if not chat.session.running:  # else the run that is going on would change under way
            apply_settings(chat.agent, settings, models, chat.session.ask)
        return chat

    def _view(self, chat: Chat, turns: list[TurnView], sent: tuple[int, bool] | None) -> list[Any]:
        part = count, resumable = _finished_part(turns)
        finished, running = turns[:count], turns[count:]
        history: Any = gr.skip()
        if part != sent:
            messages = [
                message
                for turn in finished
                for message in turn_messages(turn, chat.pictures, resumable=resumable and turn is turns[-1])
            ]
            history = gr.update(value=messages, visible=bool(finished))  # the welcome gives way to the first question
        if not running:
            return [history, *_idle(), meter_text(finished)]
        live = turn_messages(running[0], chat.pictures)
        return [history, gr.update(value=live, visible=True), *_buttons(running=True), gr.skip()]


def collect(*values: Any) -> dict[str, Any]:
    """The values of the settings form by their names, as the browser keeps them."""
    return dict(zip(FIELDS, values, strict=True))


def restore(kept: dict[str, Any] | None) -> list[Any]:
    """The values of the settings form as the browser kept them."""
    try:
        settings = read_settings(kept or {})
    except GlassboxError:
        settings = Settings()  # kept by an older version of the page
    return [getattr(settings, name) for name in FIELDS]


def check_question(question: str) -> str:
    """The question without the space around it. Raises GlassboxError where it cannot be asked."""
    question = question.strip()
    if not question:
        raise GlassboxError("Type a question first.")
    if len(question) > LONGEST_QUESTION:
        size = f"{len(question):,} characters; at most {LONGEST_QUESTION:,} fit"
        raise GlassboxError(f"The question is too long: it has {size}. Shorten it.")
    return question


def meter_text(turns: list[TurnView]) -> str:
    """What the last question cost, and the whole chat."""
    ended = [turn for turn in turns if turn.finished]
    if not ended:
        return ""
    usage, total = ended[-1].usage, sum((turn.usage for turn in ended), Usage())
    requests = f"{usage.requests} request{'' if usage.requests == 1 else 's'}"
    text = f"{requests} · {usage_text(usage)} · {ended[-1].seconds:.1f} s"
    return text if len(ended) == 1 else f"{text} · whole chat {usage_text(total)}"


def _finished_part(turns: list[TurnView]) -> tuple[int, bool]:
    """How many turns are finished, and whether the last of all can be gone on with."""
    if not turns:
        return 0, False
    end = turns[-1].finished
    return len(turns) - (end is None), end is not None and end.reason in RESUMABLE


def _idle() -> list[Any]:
    return [gr.update(value=[], visible=False), *_buttons(running=False)]


def _buttons(*, running: bool) -> list[Any]:
    return [gr.update(visible=not running), gr.update(visible=running)]


def _usable_key(chat: Chat | None, settings: Settings, typed: str | None, oauth: gr.OAuthToken | None) -> str:
    """The key for this place: typed now, else typed before for the same place, else the visitor's sign-in.

    A key never goes where it was not typed for, and a sign-in to Hugging Face only there.
    """
    place = _place(settings)
    key = (typed or "").strip() or (chat.keys.get(place, "") if chat else "")
    if key or oauth is None:
        return key
    return oauth.token if place in (("auto", "", ""), ("hub", "", "")) else ""


def _place(settings: Settings) -> tuple[str, str, str]:
    """Where a key is sent to: the source, the provider that a LiteLLM name begins with, and the address."""
    provider = settings.model.strip().partition("/")[0] if settings.source == "litellm" else ""
    return settings.source, provider, server_address(settings)
