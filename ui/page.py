"""The page: its layout, and which handler answers which event."""

from pathlib import Path
from typing import Any

import gradio as gr

from ui.api.ask_endpoint import AskEndpoint
from ui.chats import Chats
from ui.checked_blocks import CheckedBlocks
from ui.code_running import runs_code
from ui.composer import Composer
from ui.config import Config
from ui.event_options import ENDLESS, LATEST, QUIET
from ui.going_back import NOT_EDITING, GoingBack
from ui.handlers import Handlers
from ui.model_picker.first_run import WaysOn, examples
from ui.model_picker.listed import short_name
from ui.no_code import NoCode
from ui.pace import Pace
from ui.panel import Panel
from ui.permitted import Permitted
from ui.settings.own_agent import OwnAgent
from ui.texts import read_text, with_words
from ui.texts.languages import ENGLISH, LANGUAGES, speaking
from ui.tool_sources.owner_tools import OwnerTools
from ui.tool_sources.source_handlers import ToolSourceHandlers
from ui.view.escaping import FORMULAS, escape
from ui.watching import Watching

TITLE = "Glassbox"
_CHAT_IN_ADDRESS = "() => new URLSearchParams(location.search).get('chat') ?? ''"
_STATUS = '<div class="doing"><p role="status"></p><span class="seconds" aria-hidden="true"></span></div>'  # status.js
_SHORTCUTS = Path(__file__).with_name("shortcuts.html").read_text(encoding="utf-8")
_UPLOADS = (600, 3_600)  # seconds: every ten minutes, delete uploads older than an hour; chats have their own copies
_LATEX = [{"left": left, "right": right, "display": left != "\\("} for left, right in FORMULAS]


def build_page(
    config: Config,
    chats: Chats,
    owner: OwnerTools,
    api: AskEndpoint,
    pace: Pace,
    *,
    lasting: bool,
    own: OwnAgent | None = None,
) -> gr.Blocks:
    """Build the whole page: once in each language. The English one handles the events, the others lend it their words.

    Args:
        config: How the app is configured.
        chats: Holds the visitors' chats.
        owner: The tools that the app's owner gives to all chats.
        api: The endpoint that other programs may call.
        pace: How often pages get updates.
        lasting: Whether chats outlast the app.
        own: The agent that the page is opened around; None for one that each person puts together.
    """
    page = _build_page(config, chats, owner, api, pace, lasting=lasting, own=own)
    for language in LANGUAGES:
        if language != ENGLISH:
            with speaking(language):
                page.lend_words(language, _build_page(config, chats, owner, api, pace, lasting=lasting, own=own))
    return page


def _build_page(
    config: Config,
    chats: Chats,
    owner: OwnerTools,
    api: AskEndpoint,
    pace: Pace,
    *,
    lasting: bool,
    own: OwnAgent | None,
) -> CheckedBlocks:
    """Build the page in the language that is spoken."""
    title = own.title if own else TITLE
    with CheckedBlocks(config, title=title, fill_width=True, analytics_enabled=False, delete_cache=_UPLOADS) as blocks:
        api.add_to(blocks)  # first, because otherwise the handlers below would take its name
        parts = _Parts(config, chats, owner, pace, lasting=lasting, own=own)
        parts.wire_settings(blocks, ToolSourceHandlers(config, owner))
        parts.wire_watching(blocks)
        parts.wire_sending()
        parts.wire_going_back(GoingBack(config, chats, parts.handlers))
        parts.wire_replying(Permitted(config, chats))
    return blocks


class _Parts:
    """The page's parts, laid out inside the current Blocks, and what happens among them.

    The chat that is shown stands in the page's address. `chat_id` follows it: whatever sets `chat_id` changes the
    address, and whatever changes the address presses `opened`.
    """

    def __init__(
        self, config: Config, chats: Chats, owner: OwnerTools, pace: Pace, *, lasting: bool, own: OwnAgent | None
    ) -> None:
        self._own = own
        self.handlers = Handlers(config, chats, owner, pace, own)
        self._watching = Watching(config, chats, pace, advises=not own)
        self._kept = gr.BrowserState({}, storage_key="glassbox-settings", secret="glassbox")  # readable after a restart
        self._begun, self._editing = gr.State(False), gr.State(NOT_EDITING)
        self._chat_id, self._version, self._doing = (
            gr.Textbox(visible="hidden", elem_id=name) for name in ("chat-id", "version", "doing")
        )
        self._opened, self._act, self._picked_model = (
            gr.Button(visible="hidden", elem_id=name) for name in ("open-chat", "act", "picked-model")
        )
        self._panel = Panel(config, own)
        self._form = self._panel.form
        code_runs = runs_code(config)
        if not code_runs and (not own or own.writes_code):
            NoCode(own=bool(own))
        with gr.Column(elem_id="chat"):
            placeholder, first = _welcome(own, code_runs=code_runs), _examples(own)
            self._history = _chatbot(placeholder=placeholder, examples=first, elem_id="history")
            self._live = _chatbot(visible=False, elem_id="live")
            gr.HTML('<div class="place"></div>', apply_default_css=False, elem_id="echo")  # echo.js
            gr.HTML(_STATUS, elem_id="status")
            self._ways_on = None if own else WaysOn(config)
        one_model = short_name(own.models[0].name) if own and len(own.models) == 1 else ""
        self._composer = Composer(config, lasting=lasting, one_model=one_model)
        gr.HTML(with_words(_SHORTCUTS), padding=False, elem_id="shortcuts-holder")

    @property
    def _keys(self) -> list[Any]:
        """The components with the keys of models and of MCP servers."""
        return [self._form.key, self._form.tool_source_form.keys]

    @property
    def _watch(self) -> dict[str, Any]:
        """The event that shows the chat, and follows what goes on in it."""
        composer = self._composer
        shown = [self._history, self._live, composer.question, composer.send, composer.stop, composer.meter]
        shown += [composer.notice, self._version, self._doing]
        watch = {"fn": self._watching.watch, "inputs": self._chat_id, "outputs": shown, **ENDLESS}
        return watch | {"trigger_mode": "multiple"}  # a question may be sent before the last watch has ended

    def wire_settings(self, blocks: gr.Blocks, tool_sources: ToolSourceHandlers) -> None:
        """Fill the settings, say which model answers, and let a person choose another."""
        form, composer = self._form, self._composer
        label: dict[str, Any] = {"fn": self.handlers.label_of_own, "inputs": form.model, "outputs": composer.model}
        if self._ways_on:
            label = {"fn": self.handlers.label, "inputs": [self._chat_id, form.key, form.source, form.model]}
            label["outputs"] = [composer.demo, self._ways_on.column, composer.model]
            self._ways_on.wire(form.current_model)
        label |= ENDLESS | LATEST
        for chosen in form.wire(blocks, self._kept, self._picked_model, tool_sources):
            chosen.then(**label)
        gr.on([form.key.change, form.model.change], **label)
        composer.model.click(None, form.current_model, None, js="(...current) => openModelPicker(current)", **QUIET)
        typed = {"fn": self.handlers.key_typed, "inputs": [self._chat_id, form.key], "outputs": None, **ENDLESS}
        form.key.input(**typed, trigger_mode="always_last")
        if not self._own:
            form.prompt_form.wire(self.handlers.prompt, [self._chat_id, *self._keys, *form.fields])

    def wire_watching(self, blocks: gr.Blocks) -> None:
        """Show the chat of the address, and have the address follow the chat."""
        chat_id, composer = self._chat_id, self._composer
        read_address = {"fn": None, "outputs": chat_id, "js": _CHAT_IN_ADDRESS, **QUIET}
        blocks.load(**read_address).then(**self._watch)
        self._opened.click(**read_address).then(**self._watch)
        composer.new.click(None, None, chat_id, js="() => ''", **QUIET).then(**self._watch)
        chat_id.change(None, chat_id, None, js="id => showChatInAddress(id)", **QUIET)
        leave = {"fn": lambda: (NOT_EDITING, ""), "inputs": None, "outputs": [self._editing, composer.editing], **QUIET}
        chat_id.change(**leave)  # what was edited is the other chat's
        # Also when a run was over before it was seen: then only the version is new.
        changed = [self._doing.change, self._version.change]
        gr.on(changed, None, self._doing, None, js="words => showStatus(words)", **QUIET)

    def wire_sending(self) -> None:
        """Ask what a person sends, and stop a run."""
        composer = self._composer
        composer.wire_sending()
        asked = composer.ask.click(
            self.handlers.ask,
            [composer.sent, self._chat_id, *self._keys, self._editing, *self._form.fields],
            [self._chat_id, self._begun, self._editing, composer.editing],
            js="(_, ...others) => [sending.sent, ...others]",
            trigger_mode="multiple",
            **ENDLESS,
        )
        self._wire_taken(asked, "taken", "refused")
        watch_begun = self._watch | {"fn": self._watching.watch_if_begun, "inputs": [self._chat_id, self._begun]}
        asked.success(**watch_begun).then(None, None, None, js="() => sending.over()", **QUIET)
        composer.stop.click(self.handlers.stop, self._chat_id, None, **ENDLESS)

    def _wire_taken(self, begun: Any, taken: str, refused: str) -> None:
        """Tell the page whether the app has taken what makes a run begin, by these functions of sending.js."""
        begun.success(None, self._chat_id, None, js=f"chat => sending.{taken}(chat)", **QUIET)
        begun.failure(**self._composer.drawn(refused))

    def wire_going_back(self, going_back: GoingBack) -> None:
        """Do what the buttons beside questions, answers and steps are for."""
        composer = self._composer
        acted = self._act.click(
            going_back.act,
            [self._act, self._chat_id, *self._keys, *self._form.fields],
            [composer.question, self._editing, composer.editing],
            js="(_, ...others) => [window.pressedAct ?? '', ...others]",
            **ENDLESS,
        )
        self._history.option_select(None, js="() => pressAct('go_on 0')", **QUIET)
        self._wire_taken(acted, "acted", "actRefused")
        acted.then(**self._watch)

    def wire_replying(self, permitted: Permitted) -> None:
        """Take a person's decisions and answers, and list what they have permitted."""
        decided = self._live.option_select(self.handlers.decide, self._chat_id, None, **ENDLESS)
        permitted.wire(self._form.permitted, self._chat_id, self._panel.opened, decided)


def _welcome(own: OwnAgent | None, *, code_runs: bool) -> str:
    """Return what an empty chat shows: the title, and what the agent is for."""
    writes_code = own.writes_code if own else code_runs
    title, about = (escape(own.title), own.description) if own else (TITLE, "")
    return f"# {title}\n\n{about or read_text('welcome' if writes_code else 'welcome_tools')}"


def _examples(own: OwnAgent | None) -> list[Any]:
    return [{"text": question} for question in own.examples] if own else examples()


def _chatbot(**settings: Any) -> gr.Chatbot:
    return gr.Chatbot(
        show_label=False,
        container=False,
        height=None,
        layout="bubble",
        buttons=[],  # its own would copy all that was said since the question; see copy_html
        latex_delimiters=_LATEX,
        autoscroll=False,
        **settings,
    )
