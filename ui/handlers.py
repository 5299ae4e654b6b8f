"""The handlers of the page's events."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from agent_core import GlassboxError, Tool
from agent_core.models.base import Model
from agent_core.prompts import fill
from ui.chats import Chat, Chats
from ui.code_running import needs_code, pay_with, runs_code, runs_code_of
from ui.config import Config
from ui.fair_queue import Place
from ui.input_checks import LONGEST_TEXT, check_answer, check_question
from ui.model_picker.listed import answering, short_name
from ui.owners import Person, owner_of, person_of
from ui.pace import Pace
from ui.settings.kept import collect
from ui.settings.keys import choose_models
from ui.settings.model_choice import choose_model_source
from ui.settings.model_sources import DEMO, is_demo
from ui.settings.own_agent import OwnAgent
from ui.settings.settings import Settings, apply_settings, read_settings, sent_prompt
from ui.texts import read_text, words
from ui.texts.languages import ENGLISH, speaking
from ui.tool_sources.chat_tools import ChatTools
from ui.tool_sources.owner_tools import OwnerTools
from ui.view import toasts
from ui.view.person_questions import read_answer, read_choice
from ui.view.turn_bar import Act, read_act

_NOTICE_SECONDS = 1.0  # after which a person is told what the page waits for

Box = dict[str, Any]
"""What was put into the question box: "text", and "files" as paths."""
Keys = dict[str, str]
EMPTY: Box = {"text": "", "files": []}


@dataclass(frozen=True)
class Sender:
    """Who sends a question, and the keys that come with it.

    person: who they are. chat_id: of their chat, if they have one. typed_key: what stands in the settings' key field.
    sign_in: the token of their sign-in to Hugging Face. server_keys: of MCP servers, by their addresses.
    """

    person: Person
    chat_id: str | None
    typed_key: str = field(repr=False)
    sign_in: str = field(repr=False)
    server_keys: Keys = field(repr=False)


class Handlers:
    """The handlers of one page, which serves the chats of all its visitors.

    Args:
        config: How the app is configured.
        chats: The chats.
        owner: The tools of the app's owner.
        pace: How often pages get updates.
        own: The agent that the page was opened around; None for one that each person puts together.
    """

    def __init__(
        self, config: Config, chats: Chats, owner: OwnerTools, pace: Pace, own: OwnAgent | None = None
    ) -> None:
        self._config = config
        self._own = own
        self._chats = chats
        self._owner = owner
        self._pace = pace
        self._preparing: asyncio.Task[object] | None = None

    async def label(
        self,
        chat_id: str | None,
        key: str | None,
        source: Any,
        model: Any,
        oauth: gr.OAuthToken | None,
        request: gr.Request,
    ) -> tuple[Any, Any, str]:
        """Return the demo's label and the ways on from it, shown while the demo would answer, and who would answer."""
        settings = Settings.model_construct(source=source, model=str(model or ""))
        keys = self._chats.keys_of(chat_id, owner_of(request, self._config))
        usable = keys.usable(settings, _typed(key), _token(oauth), self._config)
        chosen = await choose_model_source(settings, usable, self._config)
        if chosen.prepare:  # while the person still types, and not with the first question
            self._preparing = asyncio.create_task(asyncio.to_thread(chosen.prepare))
        is_demo = chosen is DEMO
        runs = runs_code_of(self._config, _token(oauth))
        label = gr.update(value=read_text("demo" if runs else "demo_recorded"), visible=is_demo)
        return label, gr.update(visible=is_demo), answering(settings, chosen)

    def label_of_own(self, model: Any) -> str:
        """Return which of the models of a program's agent answers."""
        assert self._own, "the page was opened around an agent"
        return short_name(self._own.model_of(Settings.model_construct(model=str(model or ""))).name)

    async def key_typed(self, chat_id: str | None, key: str | None, request: gr.Request) -> None:
        """Assign a typed key to what the settings name now, whatever it was for before."""
        if chat := self._find_open(chat_id, request):
            chat.keys.forget(_typed(key))

    async def ask(
        self,
        box: Box | None,
        chat_id: str | None,
        key: str | None,
        keys: Keys,
        oauth: gr.OAuthToken | None,
        editing: str,
        request: gr.Request,
        *values: Any,
    ) -> tuple[str, bool, str, str]:
        """Answer the agent's question, or else ask a new one.

        Args:
            box: What was sent.
            chat_id: The chat that the page shows; "", None or unknown for a new one.
            key: The key in the settings.
            keys: Keys of MCP servers, by their addresses.
            oauth: The visitor's sign-in to Hugging Face.
            editing: The question or the code that it replaces; see GoingBack.
            request: The request, which says who the visitor is.
            *values: The values of the settings form.

        Returns:
            The chat's id, whether a run began, and that nothing is being edited any more.

        Raises:
            gr.Error: The question cannot be asked, or the answer not given. The page puts it back into the box.
        """
        text, paths = (box or EMPTY)["text"], (box or EMPTY)["files"]
        person = person_of(request, self._config)
        try:
            chat = await self._chats.find(chat_id, person)
            if chat and (asked := chat.session.open_question):
                chat.session.answer(asked.id, check_answer(text, paths))
                return chat.id, False, "", ""
            question, files = check_question(text, paths)
            settings = read_settings(collect(*values))
            await self._check_owner(person)
            with self._pace.taking_in(), self._run_slot(person) as slot:
                sender = Sender(person, chat_id, _typed(key), _token(oauth), keys)
                chat = await self._prepare(settings, sender, title="" if editing else question)
                match read_act(editing):
                    case "edit", turn:
                        await chat.session.ask_again(turn, question, files, slot)
                    case "edit_code", step:
                        await chat.session.go_on_from(step, question, slot)
                    case _:
                        chat.session.start(question, files, slot)
                chat.session.look()
        except GlassboxError as error:
            raise toasts.error(error) from None
        return chat.id, True, "", ""

    async def begin_again(
        self,
        act: tuple[Act, int],
        chat_id: str | None,
        key: str | None,
        keys: Keys,
        oauth: gr.OAuthToken | None,
        request: gr.Request,
        *values: Any,
    ) -> None:
        """Begin what a button is for: an answer once more, to go on with it or from a step, or the steps once more.

        Raises:
            GlassboxError: It cannot begin.
        """
        person, settings = person_of(request, self._config), read_settings(collect(*values))
        await self._check_owner(person)
        with self._run_slot(person) as slot:
            chat = await self._prepare(settings, Sender(person, chat_id, _typed(key), _token(oauth), keys))
            match act:
                case "retry", turn:
                    await chat.session.ask_again(turn, slot=slot)
                case "on_from", step:
                    await chat.session.go_on_from(step, slot=slot)
                case "go_on", _:
                    chat.session.resume(chat.session.agent.max_steps, slot)
                case "run_again", _:
                    chat.session.run_again(slot)

    async def prompt(
        self,
        chat_id: str | None,
        key: str | None,
        keys: Keys,
        oauth: gr.OAuthToken | None,
        request: gr.Request,
        *values: Any,
    ) -> str:
        """Return the system prompt as it would be sent with the next question.

        Raises:
            gr.Error: The settings cannot be used.
        """
        person = person_of(request, self._config)
        try:
            settings = read_settings(collect(*values))
            sender = Sender(person, chat_id, _typed(key), _token(oauth), keys)
            models = await self._models(settings, sender)
            chat = await self._chats.find(chat_id, person)
            added = chat.added_tools if chat else ChatTools(public=self._config.public)
            try:
                await added.use_keys(keys)
                tools, _ = await self._load_tools(added, settings, models[0])
            finally:
                if not chat:
                    await added.close()
        except GlassboxError as error:
            raise toasts.error(error) from None
        return sent_prompt(settings, models, tools, code_runs=runs_code(self._config))

    async def decide(self, chat_id: str | None, event: gr.EventData, request: gr.Request) -> None:
        """Pass on the decision or answer of a button. If nothing waits for it any more, nothing happens."""
        chat = self._find_open(chat_id, request)
        if chat is None:
            return
        value = selected(event)
        if choice := read_choice(value):
            chat.session.decide(*choice)
        elif (answer := read_answer(value)) and len(answer[1]) <= LONGEST_TEXT:
            chat.session.answer(*answer)

    async def stop(self, chat_id: str | None, request: gr.Request) -> None:
        """Stop the run in progress. Its viewers see its end."""
        chat = self._find_open(chat_id, request)
        if chat is not None:
            await chat.session.stop()

    @contextmanager
    def _run_slot(self, person: Person) -> Iterator[Place]:
        """Queue for a slot, which belongs to the run from then on, unless it cannot begin. Raises TooMany, Closed."""
        slot = self._chats.runs.join(person.visitor)
        try:
            yield slot
        except BaseException:
            slot.leave()
            raise

    async def _check_owner(self, person: Person) -> None:
        """Raise GlassboxError if nothing can be kept for this person."""
        if not person.owner:
            raise GlassboxError(read_text("no_cookies"))
        await self._chats.check_size(person.owner)

    async def _prepare(self, settings: Settings, sender: Sender, title: str = "") -> Chat:
        """Return the sender's chat, or with a title a new one, with an agent that follows the settings."""
        if self._own:
            return await self._prepare_own(self._own, settings, sender, title)
        models = await self._models(settings, sender)
        code_runs = self._check_payer(settings, models[0], sender)
        chat = await self._find_or_open(sender, title)
        chat.keys.add(settings, sender.typed_key, self._config)
        await chat.added_tools.use_keys(sender.server_keys)
        if not chat.session.running:  # otherwise the run in progress would change
            more_tools = await self._more_tools(chat, settings, models[0])
            apply_settings(chat.session, settings, models, more_tools, code_runs=code_runs)
            pay_with(sender.sign_in, chat.session.agent.engine, self._config)
        return chat

    async def _prepare_own(self, own: OwnAgent, settings: Settings, sender: Sender, title: str) -> Chat:
        """Return the sender's chat, or with a title a new one, with the agent that the page was opened around."""
        chat = await self._chats.find(sender.chat_id, sender.person)
        if chat:
            await chat.session.settle()
        made = await own.make(settings, self._config, chat.session.agent if chat else None)
        chat = chat or await self._find_or_open(sender, title)
        if not chat.session.running:
            own.answer_in(chat.session, made, settings)
            pay_with(sender.sign_in, chat.session.agent.engine, self._config)
        return chat

    def _check_payer(self, settings: Settings, model: Model, sender: Sender) -> bool:
        """Return whether the sender's code runs. Raises GlassboxError if it does not, and it is what they want."""
        runs = runs_code_of(self._config, sender.sign_in)
        if runs_code(self._config) and not runs and settings.agent == "code" and not is_demo(model):
            raise GlassboxError(read_text("sign_in_for_code"))
        return runs

    async def _models(self, settings: Settings, sender: Sender) -> list[Model]:
        """Return the model for the sender's settings and key, and its fallback if there is one."""
        kept = self._chats.keys_of(sender.chat_id, sender.person.owner)
        return await choose_models(settings, kept, sender.typed_key, sender.sign_in, self._config)

    async def _find_or_open(self, sender: Sender, title: str) -> Chat:
        if chat := await self._chats.find(sender.chat_id, sender.person):
            await chat.session.settle()
            return chat
        if not title:
            raise GlassboxError(read_text("no_such_chat"))
        return await self._chats.open(sender.person, title)

    def _find_open(self, chat_id: str | None, request: gr.Request) -> Chat | None:
        return self._chats.find_open(chat_id, owner_of(request, self._config))

    async def _more_tools(self, chat: Chat, settings: Settings, model: Model) -> list[Tool]:
        """Return the added and the owner's tools. The person and the model are told which ones are unavailable."""
        tools, problems = await self._load_tools(chat.added_tools, settings, model)
        for problem in problems:
            toasts.warn(problem)
            with speaking(ENGLISH):  # as all that the model is told
                chat.session.add_note(fill(read_text("tools_left_out"), problem=problem))
        return tools

    async def _load_tools(self, chat: ChatTools, settings: Settings, model: Model) -> tuple[list[Tool], list[str]]:
        """Return the added and the owner's tools that are on, and a sentence for each that is unavailable."""
        if is_demo(model):
            return [], []  # its replies were prepared without them
        loading = asyncio.gather(chat.tools(settings.added, settings.tools), self._owner.tools())
        if not (await asyncio.wait({loading}, timeout=_NOTICE_SECONDS))[0]:
            toasts.inform(words("tools.waiting"))
        (added, problems), owners = await loading
        names = {*settings.tools} - {tool.name for tool in added}
        tools = [*(tool for tool in owners if tool.name in names), *added]
        if runs_code(self._config):
            return tools, problems
        problems += [words("tools.needs_code", tool=tool.name) for tool in tools if needs_code(tool)]
        return [tool for tool in tools if not needs_code(tool)], problems


def selected(event: gr.EventData | None) -> object:
    """Return the selected value that the browser sent; None if it sent none."""
    data = event._data if event else None
    return data.get("value") if isinstance(data, dict) else None


def _typed(key: str | None) -> str:
    return (key or "").strip()


def _token(oauth: gr.OAuthToken | None) -> str:
    return oauth.token if oauth else ""
