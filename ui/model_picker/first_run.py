"""What a new person finds: examples that say what each shows, and the ways on from the demo."""

from typing import Any

import gradio as gr

from demo import demo_model
from ui.config import Config
from ui.event_options import QUIET
from ui.texts import read_text, words

_SHOW = ("calculate", "search", "table", "chart")  # what the example questions show, in their order
_TOKEN_PAGE = (
    "https://huggingface.co/settings/tokens/new?tokenType=fineGrained&ownUserPermissions=inference.serverless.write"
)


def examples() -> list[dict[str, str]]:
    """Return the example questions, each under a line that says what it shows."""
    titles = [words(f"first.{shows}") for shows in _SHOW]
    questions = demo_model().questions
    return [
        {"text": question, "display_text": f"{title}\n{question}"}
        for title, question in zip(titles, questions, strict=True)
    ]


class WaysOn:
    """The ways to a model where nothing but the demo can answer, laid out inside the current Blocks, hidden at first.

    Args:
        config: Says whether people sign in here, and whether servers of this computer may be looked for.
    """

    def __init__(self, config: Config) -> None:
        with gr.Column(elem_id="ways-on", visible=False) as self.column:
            gr.Markdown(read_text("ways_on"))
            with gr.Row(elem_id="ways"):
                if config.space_id:
                    gr.LoginButton(size="md")
                else:
                    gr.Button(
                        words("first.token"),
                        size="md",
                        link=_TOKEN_PAGE,
                        link_target="_blank",
                        elem_id="way-token",
                    )
                self._key = gr.Button(words("first.key"), size="md", elem_id="way-key")
                self._server = None
                if not config.public:
                    self._server = gr.Button(words("first.server"), size="md", elem_id="way-server")

    def wire(self, current: list[Any]) -> None:
        """Have the buttons open the picker where it takes a key, or looks for servers.

        Args:
            current: The components that `openModelPicker` of picker.js is given.
        """
        self._key.click(None, current, None, js="(...current) => openModelPicker(current, 'key')", **QUIET)
        if self._server:
            self._server.click(None, current, None, js="(...current) => openModelPicker(current, 'servers')", **QUIET)
