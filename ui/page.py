"""The page: its layout, and which handler answers which event."""

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import themes
from starlette.responses import Response
from starlette.routing import Route

from demo import demo_model
from ui.api.mcp_service import AskEndpoint
from ui.chats import Chats
from ui.checked_blocks import CheckedBlocks
from ui.composer import Composer, chosen_example
from ui.config import Config
from ui.handlers import Handlers
from ui.settings.form import SettingsForm, default_prompts, show_fields
from ui.settings.kept import keep, restore_form
from ui.texts import read_text
from ui.tool_sources.owner_tools import OwnerTools
from ui.tool_sources.source_handlers import ToolSourceHandlers, nothing_found
from ui.view.escaping import FORMULAS

STYLE = Path(__file__).parent / "style.css"

_UPLOADS = (600, 3_600)  # seconds: every ten minutes what is older than an hour goes; chats have copies of their own
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_ENDLESS: dict[str, Any] = {
    **_QUIET,
    "concurrency_limit": None,
}  # each visitor's run is its own, none waits for another
# A key is typed for one address only, so another one empties its field.
_IF_ADDRESS = "place => ({__type__: 'update', visible: place.includes('://'), value: ''})"
_OPEN_IF_WIDE = "() => ({__type__: 'update', open: innerWidth > 900})"  # on a phone the side bar would cover the chat
_SHOW_FOUND = "() => document.querySelector('#found')?.scrollIntoView({block: 'nearest', behavior: 'smooth'})"
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
        composer = Composer()
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
        history.example_select(chosen_example, None, composer.question, **_QUIET).then(**ask).success(**watch_begun)
        go_on = {"fn": handlers.go_on, "inputs": [chat_id, *keys, *form.fields], "outputs": None, **_ENDLESS}
        history.option_select(**go_on).success(**watch)
        live.option_select(handlers.decide, chat_id, None, **_ENDLESS)
        composer.stop.click(handlers.stop, chat_id, None, **_ENDLESS)
        composer.new.click(handlers.new_chat, chat_id, chat_id, **_ENDLESS).then(**watch)
    return page


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
    keeping = _keeping(form, kept)
    restore = partial(restore_form, sources=adding)
    filled = page.load(restore, kept, [*form.fields, form.adding.listed], **_QUIET).then(**show)
    # Not before: what a person changed in a form that is yet to be filled would be lost.
    opened = filled.then(None, None, form.bar, js=_OPEN_IF_WIDE, **_QUIET).then(**label)
    lists = [form.added, form.tools, form.adding.listed]
    owners = gr.State([])
    # In two steps: what a person changes in the lists while the owner's tools are waited for would be lost.
    waited = opened.then(adding.owners, kept, owners, **_ENDLESS)
    waited.then(adding.with_owners, [*lists, owners], lists, **_QUIET)
    form.source.input(**show).then(**label)
    form.agent.input(**show)
    form.key.change(**label)
    form.key.input(handlers.key_typed, [chat_id, form.key], None, **_ENDLESS, trigger_mode="always_last")
    gr.on(form.edits, **keeping)
    prompts = [form.system_prompt, form.tool_prompt]
    form.reset.click(default_prompts, form.agent, prompts, **_QUIET).then(**keeping)


def _wire_adding(page: gr.Blocks, adding: ToolSourceHandlers, kept: gr.BrowserState, form: SettingsForm) -> None:
    keeping = _keeping(form, kept)
    part = form.adding
    lists = [form.added, form.tools, part.listed]
    looks = [part.look.click, part.place.submit]
    looking = gr.on(looks, adding.look, [part.place, part.key, form.added], part.shown, **_ENDLESS)
    part.about.change(None, js=_SHOW_FOUND, **_QUIET)
    looking.then(None, js=_SHOW_FOUND, **_QUIET)  # the code takes its room after the text
    part.place.change(None, part.place, part.key, js=_IF_ADDRESS, **_QUIET)
    typed = [part.place, part.key, part.keys]
    added = part.add.click(adding.add, [part.looked_at, *typed, *lists], [*lists, *typed], **_QUIET)
    added.success(nothing_found, None, part.shown, **_QUIET).then(**keeping)
    part.leave.click(nothing_found, None, part.shown, cancels=looking, **_QUIET)
    form.added.input(adding.removed, lists, lists, **_QUIET).then(**keeping)


def _keeping(form: SettingsForm, kept: gr.BrowserState) -> dict[str, Any]:
    """The event that has the browser keep the settings."""
    inputs = [kept, form.adding.listed, *form.fields]
    return {"fn": keep, "inputs": inputs, "outputs": kept, **_QUIET, "trigger_mode": "always_last"}


def _browser_state(name: str, default: Any) -> gr.BrowserState:
    """Something that the browser keeps. The secret is none: it keeps that readable after a restart of the app."""
    return gr.BrowserState(default, storage_key=name, secret="glassbox")


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
