"""The page: its layout, and which handler answers which event."""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio import themes

from agent_core import ScriptedModel
from ui.chats import Chats
from ui.handlers import Handlers
from ui.settings_form import SettingsForm, build_settings_form
from ui.texts import read_text

STYLE = Path(__file__).parent / "style.css"
SCRIPT = Path(__file__).parent / "follow.html"

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_ENDLESS: dict[str, Any] = {
    **_QUIET,
    "concurrency_limit": None,
}  # each visitor's run is its own, none waits for another
_OPEN_IF_WIDE = "() => ({__type__: 'update', open: innerWidth > 900})"  # on a phone the side bar would cover the chat
_LATEX = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "\\[", "right": "\\]", "display": True},
    {"left": "\\(", "right": "\\)", "display": False},
]


def theme() -> themes.Base:
    """The page's look, from fonts that every computer has: nothing is fetched from elsewhere."""
    fonts = ["ui-sans-serif", "system-ui", "sans-serif"]
    mono = ["ui-monospace", "Menlo", "Consolas", "monospace"]
    return themes.Soft(primary_hue="teal", neutral_hue="slate", font=fonts, font_mono=mono)


def build_page(chats: Chats) -> gr.Blocks:
    """The whole page. chats: where the visitors' chats live."""
    handlers = Handlers(chats)
    with gr.Blocks(title="Glassbox", fill_width=True, analytics_enabled=False) as page:
        # The secret only keeps what the browser stores readable after a restart of the app; nothing secret is stored.
        browser = gr.BrowserState({}, storage_key="glassbox", secret="glassbox")
        form = build_settings_form()
        with gr.Column(elem_id="chat"):
            history = _chatbot(
                placeholder=read_text("welcome"),
                examples=[{"text": question} for question in ScriptedModel().questions],
                elem_id="history",
            )
            live = _chatbot(visible=False, elem_id="live")
        with gr.Column(elem_id="composer"):
            demo = gr.Markdown(visible=False, elem_id="demo")
            with gr.Row(elem_id="ask"):
                question = gr.Textbox(
                    show_label=False,
                    container=False,
                    placeholder="Ask a question",
                    lines=1,
                    max_lines=8,
                    autofocus=True,
                    scale=1,
                    elem_id="question",
                )
                send = gr.Button("Send", variant="primary", scale=0, min_width=90, elem_id="send")
                stop = gr.Button("Stop", variant="stop", scale=0, min_width=90, visible=False, elem_id="stop")
            with gr.Row(elem_id="foot"):
                new = gr.Button("New chat", size="sm", variant="secondary", scale=0, min_width=90, elem_id="new")
                meter = gr.Markdown(elem_id="meter")
            gr.Markdown(read_text("unconfined"), elem_id="unconfined")
        shown = [history, live, send, stop, meter]
        _wire_settings(page, handlers, browser, form, demo)
        ask = {
            "fn": handlers.ask,
            "inputs": [question, browser, form.key, *form.fields],
            "outputs": [browser, question],
        }
        watch = {"fn": handlers.watch, "inputs": browser, "outputs": shown, **_ENDLESS}
        watch["trigger_mode"] = "multiple"  # else a question sent while the last watch still ends would not be watched
        page.load(**watch)
        gr.on([question.submit, send.click], **ask, **_ENDLESS).success(**watch)
        history.example_select(_chosen_example, None, question, **_QUIET).then(**ask, **_ENDLESS).success(**watch)
        stop.click(handlers.stop, browser, None, **_ENDLESS)
        new.click(handlers.new_chat, browser, browser, **_ENDLESS).then(**watch)
    return page


def _wire_settings(
    page: gr.Blocks, handlers: Handlers, browser: gr.BrowserState, form: SettingsForm, demo: gr.Markdown
) -> None:
    page.load(None, None, form.bar, js=_OPEN_IF_WIDE, **_QUIET)
    label = {"fn": handlers.label, "inputs": [browser, form.key, form.source], "outputs": demo, **_ENDLESS}
    page.load(handlers.restore, browser, form.fields, **_QUIET).then(**label)
    gr.on([field.change for field in form.fields], handlers.remember, [browser, *form.fields], browser, **_QUIET)
    gr.on([form.source.change, form.key.change], **label)


def _chosen_example(event: gr.SelectData) -> str:
    return event.value["text"]


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
