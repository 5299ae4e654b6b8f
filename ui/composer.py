"""The foot of the page: the box for questions, the buttons beside it, and the state of the chat."""

from pathlib import Path
from typing import Any

import gradio as gr

from agent_core.prompts import fill
from agent_core.sandbox import confinement
from ui.config import Config
from ui.event_options import QUIET
from ui.handlers import EMPTY
from ui.input_checks import LONGEST_TEXT, MOST_FILES, limits_text
from ui.texts import read_text, with_words, words
from ui.view.layers import kinds_of

# The names of attached files, escaped for Markdown. The box itself shows no name for a file that is not a picture.
_NAMES_OF_FILES = """box => (box?.files ?? []).map(file => file.orig_name ?? "").join(" · ")
    .replace(/[^\\w\\s.,-]/gu, sign => `&#${sign.codePointAt(0)};`)"""


_LINES, _NOTIFY = (
    Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("composer.html", "notify.html")
)


class Composer:
    """The foot, laid out inside the current Blocks.

    The lines above the box are empty or hidden: `notice` says what is wrong with the chat, `editing` what the box
    replaces, those of pulse.js what is wrong with the app, and those in composer.html what could not be sent and what
    waits to be sent.

    What is typed goes a way of its own to the app (sending.js): `redraw` has the box and the buttons drawn anew, and
    `ask` asks what was sent, which comes in place of the value of `sent`.

    Args:
        config: How the app is configured.
        lasting: Whether chats outlast the app.
        one_model: The name of the model that answers, if nobody can choose another one.
    """

    def __init__(self, config: Config, *, lasting: bool, one_model: str = "") -> None:
        with gr.Column(elem_id="composer"):
            for name in ("app_ending", "app_gone", "app_restarted"):
                said = f'<p role="status">{read_text(name)}</p>'
                gr.HTML(said, elem_id=name.replace("_", "-"), elem_classes="prose")
            self.notice = gr.Markdown(elem_id="notice")
            self.editing = gr.HTML(elem_id="editing", elem_classes="prose")
            self.demo = gr.Markdown(visible=False, elem_id="demo")
            limits = limits_text(config.upload_mb)
            lines = with_words(_LINES, limits=limits, files=str(MOST_FILES), mb=str(config.upload_mb))
            gr.HTML(lines, elem_id="lines", elem_classes="prose")
            with gr.Row(elem_id="ask"):
                self.question = gr.MultimodalTextbox(
                    EMPTY,
                    show_label=False,
                    container=False,
                    placeholder=words("composer.question"),
                    lines=1,
                    max_lines=8,
                    autofocus=True,
                    scale=1,
                    file_count="multiple",
                    submit_btn=False,
                    max_plain_text_length=LONGEST_TEXT,
                    elem_id="question",
                )
                gr.Button(words("composer.speak"), scale=0, min_width=0, elem_id="speak")  # voice.js
                self.send = gr.Button(words("composer.send"), variant="primary", scale=0, min_width=90, elem_id="send")
                self.send_next = gr.Button(words("composer.send_next"), scale=0, min_width=90, elem_id="send-next")
                self.stop = gr.Button(
                    words("composer.stop"), variant="stop", scale=0, min_width=90, visible=False, elem_id="stop"
                )
            self.sent = gr.MultimodalTextbox(EMPTY, visible=False, max_plain_text_length=LONGEST_TEXT)
            self.redraw, self.ask = (gr.Button(visible="hidden", elem_id=name) for name in ("redraw", "ask-sent"))
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
                self.model = gr.Button(
                    one_model or words("composer.model"),
                    size="sm",
                    scale=0,
                    min_width=60,
                    interactive=not one_model,
                    elem_id="model-chip",
                )
                self.new = gr.Button(
                    words("composer.new_chat"), size="sm", variant="secondary", scale=0, min_width=90, elem_id="new"
                )
                gr.Markdown(limits, elem_id="most-files")
                gr.HTML(with_words(_NOTIFY), elem_id="notify-me", elem_classes="prose")  # noticing.js
                self.meter = gr.Markdown(elem_id="meter")
            if not lasting:
                gr.Markdown(read_text("not_lasting"), elem_id="not-lasting")
            if config.sandbox == "local" and (found := confinement.probe()).missing and not found.refuses:
                text = fill(read_text("unconfined"), kinds=kinds_of(found.missing))
                gr.Markdown(text, elem_id="unconfined")

    def wire_sending(self) -> None:
        """Have sending.js take what is typed, and draw the box and the buttons."""
        entered = gr.on([self.question.submit, self.send.click, self.send_next.click], **self.drawn("enter"))
        redrawn = self.redraw.click(**self.drawn("redraw"), trigger_mode="multiple")
        for drawn in (entered, redrawn):
            drawn.then(**self.name_files)  # the box tells of no change where files come or go without a text

    def drawn(self, act: str) -> dict[str, Any]:
        """Return the event that draws the box, Send and Stop as a function of sending.js says."""
        outputs = [self.question, self.send, self.stop]
        return {"fn": None, "inputs": self.question, "outputs": outputs, "js": f"box => sending.{act}(box)", **QUIET}
