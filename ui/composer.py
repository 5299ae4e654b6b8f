"""The foot of the page: the box for questions, the buttons beside it, and the state of the chat."""

from typing import Any

import gradio as gr

from agent_core.prompts import fill
from agent_core.sandbox import confinement
from ui.config import Config
from ui.event_options import QUIET
from ui.handlers import EMPTY, selected
from ui.input_checks import LONGEST_TEXT, limits_text
from ui.texts import read_text
from ui.view.escaping import escape

# The names of attached files, escaped for Markdown. The box itself shows no name for a file that is not a picture.
_NAMES_OF_FILES = """box => (box?.files ?? []).map(file => file.orig_name ?? "").join(" · ")
    .replace(/[^\\w\\s.,-]/gu, sign => `&#${sign.codePointAt(0)};`)"""


class Composer:
    """The foot, laid out inside the current Blocks.

    The lines above the box are empty or hidden: `notice` says what is wrong with the chat, `editing` what the box
    replaces, the others, which pulse.js
    shows, what is wrong with the app.

    Args:
        config: How the app is configured.
        lasting: Whether chats outlast the app.
    """

    def __init__(self, config: Config, *, lasting: bool) -> None:
        with gr.Column(elem_id="composer"):
            for name in ("app_gone", "app_restarted"):
                said = f'<p role="status">{read_text(name)}</p>'
                gr.HTML(said, elem_id=name.replace("_", "-"), elem_classes="prose")
            self.notice = gr.Markdown(elem_id="notice")
            self.editing = gr.HTML(elem_id="editing", elem_classes="prose")
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
            self.name_files: dict[str, Any] = {
                "fn": None,
                "inputs": self.question,
                "outputs": self.names,
                "js": _NAMES_OF_FILES,
                **QUIET,
            }
            self.question.change(**self.name_files)
            with gr.Row(elem_id="foot"):
                self.model = gr.Button("Model", size="sm", scale=0, min_width=60, elem_id="model-chip")
                self.new = gr.Button("New chat", size="sm", variant="secondary", scale=0, min_width=90, elem_id="new")
                gr.Markdown(limits_text(config.upload_mb), elem_id="most-files")
                self.meter = gr.Markdown(elem_id="meter")
            if not lasting:
                gr.Markdown(read_text("not_lasting"), elem_id="not-lasting")
            if (found := confinement.probe()).missing:
                text = fill(
                    read_text("no_code" if found.refuses else "unconfined"),
                    layers=", ".join(found.lacking if found.refuses else found.missing),
                    remedies=escape(found.remedies),
                )
                gr.Markdown(text, elem_id="unconfined")


def chosen_example(event: gr.EventData) -> dict[str, Any]:
    """Return the value of the question box for the example that was clicked."""
    example = selected(event)
    return EMPTY | {"text": str(example.get("text", ""))[:LONGEST_TEXT] if isinstance(example, dict) else ""}
