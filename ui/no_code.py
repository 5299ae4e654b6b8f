"""The lines at the head of the page where no code runs."""

import gradio as gr

from agent_core.prompts import fill
from agent_core.sandbox import confinement
from ui.texts import read_text, words
from ui.view.escaping import escape
from ui.view.layers import named


class NoCode:
    """What works all the same, and, folded, what the app's owner can do; laid out inside the current Blocks.

    Args:
        own: Whether the page was opened around an agent that runs code.
    """

    def __init__(self, *, own: bool = False) -> None:
        found = confinement.probe()
        with gr.Column(elem_id="no-code"):
            gr.Markdown(read_text("no_code_own" if own else "no_code"))
            with gr.Accordion(words("no_code.owner"), open=False):
                missing = "\n".join(_line(layer, found.reasons.get(layer, "")) for layer in found.lacking)
                gr.Markdown(fill(read_text("no_code_owner"), layers=missing))


def _line(layer: str, reason: str) -> str:
    return f"- {named([layer])}: {escape(reason)}" if reason else f"- {named([layer])}"
