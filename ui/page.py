"""The page: its layout, and which handler answers which event."""

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import themes
from gradio.block_function import BlockFunction
from gradio.state_holder import SessionState
from starlette.responses import Response
from starlette.routing import Route

from agent_core.prompts import fill
from agent_core.sandbox import confinement
from agent_core.text import whole_characters
from demo import demo_model
from ui.api.mcp_service import AskEndpoint
from ui.chats import Chats
from ui.config import Config
from ui.handlers import EMPTY, Handlers, collect, selected
from ui.inputs import LONGEST_TEXT
from ui.settings.form import SettingsForm, default_prompts, show_fields
from ui.texts import read_text
from ui.tool_sources.owner_tools import OwnerTools
from ui.tool_sources.source_handlers import ToolSourceHandlers, nothing_found
from ui.view.escaping import FORMULAS, escape
from ui.visitor_queue import VisitorsQueue
from ui.visitors import visitor_of

STYLE = Path(__file__).parent / "style.css"

_UPLOADS = (600, 3_600)  # seconds: every ten minutes what is older than an hour goes; chats have copies of their own
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_ENDLESS: dict[str, Any] = {
    **_QUIET,
    "concurrency_limit": None,
}  # each visitor's run is its own, none waits for another
_UNREADABLE = "Glassbox cannot read what was sent. Reload the page, and try again."
_LONGEST_PATH = 4_000
_LARGEST_NUMBER = 2**63  # and smaller: what Gradio can send back
_NOT_UPLOADED = "Only files that were uploaded here can come with a question. Add the file again."
# A key is typed for one address only, so another one empties its field.
_IF_ADDRESS = "place => ({__type__: 'update', visible: place.includes('://'), value: ''})"
_OPEN_IF_WIDE = "() => ({__type__: 'update', open: innerWidth > 900})"  # on a phone the side bar would cover the chat
_SHOW_FOUND = "() => document.querySelector('#found')?.scrollIntoView({block: 'nearest', behavior: 'smooth'})"
# As text that Markdown shows as it is: the box itself shows a file that is no picture as a sheet without a name.
_NAMES_OF_FILES = """box => (box?.files ?? []).map(file => file.orig_name ?? "").join(" · ")
    .replace(/[^\\w\\s.,-]/gu, sign => `&#${sign.codePointAt(0)};`)"""
_LATEX = [{"left": left, "right": right, "display": left != "\\("} for left, right in FORMULAS]


def theme() -> themes.Base:
    """The page's look, from fonts that every computer has: nothing is fetched from elsewhere."""
    fonts = ["ui-sans-serif", "system-ui", "sans-serif"]
    mono = ["ui-monospace", "Menlo", "Consolas", "monospace"]
    return themes.Soft(primary_hue="teal", neutral_hue="slate", font=fonts, font_mono=mono)


def script_route() -> Route:
    """Where the page's own script is; one that is written into the page would not be let run."""
    script = (Path(__file__).parent / "follow.js").read_text(encoding="utf-8")
    return Route("/follow.js", lambda _: Response(script, media_type="text/javascript"))


def build_page(config: Config, chats: Chats, owner: OwnerTools, api: AskEndpoint) -> gr.Blocks:
    """The whole page.

    chats: where the visitors' chats live. owner: the tools that the app's owner gives them all. api: what other
    programs may call.
    """
    handlers = Handlers(config, chats, owner)
    with CheckedBlocks(
        config, title="Glassbox", fill_width=True, analytics_enabled=False, delete_cache=_UPLOADS
    ) as page:
        api.add_to(page)  # first: the names of the handlers below would else be taken
        chat_id, kept = _browser_state("glassbox-chat", ""), _browser_state("glassbox-settings", {})
        begun = gr.State(False)
        form = SettingsForm(config)
        with gr.Column(elem_id="chat"):
            history = _chatbot(
                placeholder=read_text("welcome"),
                examples=[{"text": question} for question in demo_model().questions],
                elem_id="history",
            )
            live = _chatbot(visible=False, elem_id="live")
        composer = _Composer()
        adding = ToolSourceHandlers(config, owner)
        _wire_settings(config, page, handlers, adding, chat_id, kept, form, composer.demo)
        _wire_adding(page, adding, kept, form)
        keys = [form.key, form.adding.keys]
        ask = {
            "fn": handlers.ask,
            "inputs": [composer.question, chat_id, *keys, *form.fields],
            "outputs": [chat_id, composer.question, begun],
            **_ENDLESS,
        }
        shown = [history, live, composer.question, composer.send, composer.stop, composer.meter]
        watch = {"fn": handlers.watch, "inputs": chat_id, "outputs": shown, **_ENDLESS}
        watch["trigger_mode"] = "multiple"  # else a question sent while the last watch still ends would not be watched
        watch_begun = watch | {"fn": handlers.watch_if_begun, "inputs": [chat_id, begun]}
        page.load(**watch)
        gr.on([composer.question.submit, composer.send.click], **ask).success(**watch_begun)
        history.example_select(_chosen_example, None, composer.question, **_QUIET).then(**ask).success(**watch_begun)
        go_on = {"fn": handlers.go_on, "inputs": [chat_id, *keys, *form.fields], "outputs": None, **_ENDLESS}
        history.option_select(**go_on).success(**watch)
        live.option_select(handlers.decide, chat_id, None, **_ENDLESS)
        composer.stop.click(handlers.stop, chat_id, None, **_ENDLESS)
        composer.new.click(handlers.new_chat, chat_id, chat_id, **_ENDLESS).then(**watch)
    return page


class CheckedBlocks(gr.Blocks):
    """A page that answers whatever is sent to it with a sentence, not only what its own scripts send."""

    def __init__(self, config: Config, **settings: Any) -> None:
        self._visitors = config
        super().__init__(**settings)

    def queue(self, *args: Any, **settings: Any) -> "CheckedBlocks":
        """Have a queue that is bounded for each visitor, instead of Gradio's own."""
        super().queue(*args, **settings)
        self._queue = VisitorsQueue(self, self._visitors)
        return self

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], state: SessionState | None, explicit_call: bool = False
    ) -> list[Any]:
        """What the page's events are given. Raises gr.Error for what cannot be read."""
        try:
            return await super().preprocess_data(block_fn, readable(inputs), state, explicit_call)
        except gr.Error:
            raise
        except Exception:  # Gradio's components raise all kinds
            raise gr.Error(_UNREADABLE) from None

    async def process_api(self, *args: Any, event_data: gr.EventData | None = None, **kwargs: Any) -> dict[str, Any]:
        """An event. What is wrong with it is said to the one who sent it, and is no fault to be logged."""
        request = kwargs.get("request")
        if isinstance(request, gr.Request) and request.session_hash:  # that a page is gone does not pass the queue
            await self._queue.keep(request.session_hash, visitor_of(request, self._visitors))
        try:
            if event_data:
                event_data._data = readable(event_data._data)
            return await super().process_api(*args, event_data=event_data, **kwargs)
        except gr.Error as error:
            error.print_exception = False
            raise


def readable(data: Any) -> Any:
    """What was sent, with � for what no answer could hold.

    Raises gr.Error for a number that none could hold, and for a file that lies at an address: Gradio would fetch it.
    """
    match data:
        case str():
            return whole_characters(data)
        case list():
            return [readable(value) for value in data]
        case dict():
            path = str(data.get("path", ""))
            if "://" in path or "\0" in path or len(path) > _LONGEST_PATH:
                raise gr.Error(_NOT_UPLOADED)
            return {whole_characters(name): readable(value) for name, value in data.items()}
        case int() if abs(data) >= _LARGEST_NUMBER:
            raise gr.Error(_UNREADABLE)
    return data


class _Composer:
    """The foot of the page: where a question is typed, and what is said about the chat."""

    def __init__(self) -> None:
        with gr.Column(elem_id="composer"):
            self.demo = gr.Markdown(visible=False, elem_id="demo")
            with gr.Row(elem_id="ask"):
                self.question = gr.MultimodalTextbox(
                    EMPTY,
                    show_label=False,
                    container=False,
                    placeholder="Ask a question",
                    lines=1,
                    max_lines=8,
                    autofocus=True,
                    scale=1,
                    file_count="multiple",
                    submit_btn=False,
                    max_plain_text_length=LONGEST_TEXT,
                    elem_id="question",
                )
                self.send = gr.Button("Send", variant="primary", scale=0, min_width=90, elem_id="send")
                self.stop = gr.Button("Stop", variant="stop", scale=0, min_width=90, visible=False, elem_id="stop")
            self.names = gr.Markdown(elem_id="names")
            self.question.change(None, self.question, self.names, js=_NAMES_OF_FILES, **_QUIET)
            with gr.Row(elem_id="foot"):
                self.new = gr.Button("New chat", size="sm", variant="secondary", scale=0, min_width=90, elem_id="new")
                self.meter = gr.Markdown(elem_id="meter")
            if (found := confinement.probe()).missing:
                text = fill(
                    read_text("no_code" if found.refuses else "unconfined"),
                    layers=", ".join(found.lacking if found.refuses else found.missing),
                    remedies=escape(found.remedies),
                )
                gr.Markdown(text, elem_id="unconfined")


def _wire_settings(
    config: Config,
    page: gr.Blocks,
    handlers: Handlers,
    adding: ToolSourceHandlers,
    chat_id: gr.BrowserState,
    kept: gr.BrowserState,
    form: SettingsForm,
    demo: gr.Markdown,
) -> None:
    latest = {**_QUIET, "trigger_mode": "always_last"}  # else what is typed while the last event is answered is lost
    label = {"fn": handlers.label, "inputs": [chat_id, form.key, form.source], "outputs": demo, **_ENDLESS, **latest}
    shown = gr.State(form.source.value)
    show = {
        "fn": partial(show_fields, config=config),
        "inputs": [form.source, form.agent, shown],
        "outputs": [*form.fields_of_some, shown],
        **latest,
    }
    keep = _keeping(form, kept)
    filled = page.load(adding.restore, kept, form.fields, **_QUIET).then(**show)
    # Not before: what a person changed in a form that is yet to be filled would be lost.
    opened = filled.then(None, None, form.bar, js=_OPEN_IF_WIDE, **_QUIET).then(**label)
    lists = [form.added, form.tools]
    owners = gr.State([])
    # In two steps: what a person changes in the lists while the owner's tools are waited for would be lost.
    waited = opened.then(adding.owners, kept, owners, **_ENDLESS)
    waited.then(adding.with_owners, [*lists, owners], lists, **_QUIET)
    form.source.input(**show).then(**label)
    form.agent.input(**show)
    form.key.change(**label)
    form.key.input(handlers.key_typed, [chat_id, form.key], None, **_ENDLESS, trigger_mode="always_last")
    gr.on(form.edits, **keep)
    prompts = [form.system_prompt, form.tool_prompt]
    form.reset.click(default_prompts, form.agent, prompts, **_QUIET).then(**keep)


def _wire_adding(page: gr.Blocks, adding: ToolSourceHandlers, kept: gr.BrowserState, form: SettingsForm) -> None:
    keep = _keeping(form, kept)
    lists, part = [form.added, form.tools], form.adding
    looks = [part.look.click, part.place.submit]
    looking = gr.on(looks, adding.look, [part.place, part.key, form.added], part.shown, **_ENDLESS)
    part.about.change(None, js=_SHOW_FOUND, **_QUIET)
    looking.then(None, js=_SHOW_FOUND, **_QUIET)  # the code takes its room after the text
    part.place.change(None, part.place, part.key, js=_IF_ADDRESS, **_QUIET)
    typed = [part.place, part.key, part.keys]
    added = part.add.click(adding.add, [part.looked_at, *typed, *lists], [*lists, *typed], **_QUIET)
    added.success(nothing_found, None, part.shown, **_QUIET).then(**keep)
    part.leave.click(nothing_found, None, part.shown, cancels=looking, **_QUIET)
    form.added.input(adding.removed, lists, lists, **_QUIET).then(**keep)


def _keeping(form: SettingsForm, kept: gr.BrowserState) -> dict[str, Any]:
    """The event that has the browser keep the settings."""
    return {"fn": collect, "inputs": form.fields, "outputs": kept, **_QUIET, "trigger_mode": "always_last"}


def _browser_state(name: str, default: Any) -> gr.BrowserState:
    """Something that the browser keeps. The secret is none: it keeps that readable after a restart of the app."""
    return gr.BrowserState(default, storage_key=name, secret="glassbox")


def _chosen_example(event: gr.EventData) -> dict[str, Any]:
    example = selected(event)
    return EMPTY | {"text": str(example.get("text", ""))[:LONGEST_TEXT] if isinstance(example, dict) else ""}


def _chatbot(**settings: Any) -> gr.Chatbot:
    return gr.Chatbot(
        show_label=False,
        container=False,
        height=None,
        layout="bubble",
        buttons=["copy"],
        latex_delimiters=_LATEX,
        autoscroll=False,
        **settings,
    )
