"""The page: its layout, and which handler answers which event."""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio import themes
from starlette.responses import Response
from starlette.routing import Route

from demo import demo_model
from ui.api.ask_endpoint import AskEndpoint
from ui.chats import Chats
from ui.checked_blocks import CheckedBlocks
from ui.composer import Composer, chosen_example
from ui.config import Config
from ui.event_options import ENDLESS, LATEST, QUIET
from ui.handlers import Handlers
from ui.settings.form import WHEN_FILLED, SettingsForm
from ui.texts import read_text
from ui.tool_sources.owner_tools import OwnerTools
from ui.tool_sources.source_handlers import ToolSourceHandlers
from ui.view.escaping import FORMULAS

STYLE = Path(__file__).parent / "style.css"
SCRIPTS = ("follow.js", "frames.js", "tables.js")

_UPLOADS = (600, 3_600)  # seconds: every ten minutes, delete uploads older than an hour; chats have their own copies
_LATEX = [{"left": left, "right": right, "display": left != "\\("} for left, right in FORMULAS]


def theme() -> themes.Base:
    """Return the page's look. It uses fonts that every computer has, so that nothing is loaded from other sites."""
    fonts = ["ui-sans-serif", "system-ui", "sans-serif"]
    mono = ["ui-monospace", "Menlo", "Consolas", "monospace"]
    return themes.Soft(primary_hue="teal", neutral_hue="slate", font=fonts, font_mono=mono)


def script_routes() -> list[Route]:
    """Return the routes of the page's own scripts. The page's security policy would not run an inline script."""
    return [_script_route(name) for name in SCRIPTS]


def _script_route(name: str) -> Route:
    script = (Path(__file__).parent / name).read_text(encoding="utf-8")
    return Route(f"/{name}", lambda _: Response(script, media_type="text/javascript"))


def build_page(config: Config, chats: Chats, owner: OwnerTools, api: AskEndpoint) -> gr.Blocks:
    """Build the whole page.

    Args:
        config: How the app is configured.
        chats: Holds the visitors' chats.
        owner: The tools that the app's owner gives to all chats.
        api: The endpoint that other programs may call.
    """
    handlers = Handlers(config, chats, owner)
    with CheckedBlocks(
        config, title="Glassbox", fill_width=True, analytics_enabled=False, delete_cache=_UPLOADS
    ) as page:
        api.add_to(page)  # first, because otherwise the handlers below would take its name
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
        composer = Composer(config)
        label = {"fn": handlers.label, "inputs": [chat_id, form.key, form.source], "outputs": composer.demo}
        label |= {**ENDLESS, **LATEST}
        for chosen in form.wire(page, kept, ToolSourceHandlers(config, owner)):
            chosen.then(**label)
        form.key.change(**label)
        form.key.input(handlers.key_typed, [chat_id, form.key], None, **ENDLESS, trigger_mode="always_last")
        keys = [form.key, form.tool_source_form.keys]
        ask = {
            "fn": handlers.ask,
            "inputs": [composer.question, chat_id, *keys, *form.fields],
            "outputs": [chat_id, composer.question, begun],
            **ENDLESS,
        }
        shown = [history, live, composer.question, composer.send, composer.stop, composer.meter]
        watch = {"fn": handlers.watch, "inputs": chat_id, "outputs": shown, **ENDLESS}
        watch["trigger_mode"] = (
            "multiple"  # so that a question is watched even if it is sent before the last watch has ended
        )
        watch_begun = watch | {"fn": handlers.watch_if_begun, "inputs": [chat_id, begun]}
        page.load(**watch)
        sent = gr.on([composer.question.submit, composer.send.click], None, js=WHEN_FILLED, **QUIET)
        asked = sent.then(**ask)
        asked.success(**watch_begun)
        asked.success(**composer.name_files)  # the box tells of no change where files go without a text
        chosen = history.example_select(chosen_example, None, composer.question, js=WHEN_FILLED, **QUIET)
        chosen.then(**ask).success(**watch_begun)
        go_on = {"fn": handlers.go_on, "inputs": [chat_id, *keys, *form.fields], "outputs": None, **ENDLESS}
        history.option_select(**go_on).success(**watch)
        live.option_select(handlers.decide, chat_id, None, **ENDLESS)
        composer.stop.click(handlers.stop, chat_id, None, **ENDLESS)
        composer.new.click(handlers.new_chat, chat_id, chat_id, **ENDLESS).then(**watch)
    return page


def _browser_state(name: str, default: Any) -> gr.BrowserState:
    """Return a value that the browser keeps. The secret is fixed, so that it stays readable after a restart."""
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
