"""The part of the settings with what every request to the model says: temperature and the like, each blank at first."""

from collections.abc import Callable

import gradio as gr

from ui.settings.settings import Settings
from ui.texts import words

NAMES = ("temperature", "top_p", "seed", "reply_tokens")


class ReplyForm:
    """The boxes, laid out inside the current Blocks.

    Args:
        default: What they hold at first.
        shows: Says of each setting whether it is a person's.

    Attributes:
        boxes: The boxes for `temperature`, `top_p`, `seed` and `reply_tokens`.
    """

    def __init__(self, default: Settings, shows: Callable[..., bool]) -> None:
        with gr.Accordion(words("settings.replies"), open=False, visible=shows(*NAMES), elem_id="replies"):
            self.boxes = [_box(name, getattr(default, name), visible=shows(name)) for name in NAMES]


def _box(name: str, default: float | None, *, visible: bool) -> gr.Number:
    """Return the box for a number that may be blank."""
    number = Settings.model_json_schema()["properties"][name]["anyOf"][0]
    whole = number["type"] == "integer"
    return gr.Number(
        default,
        label=words(f"settings.{name}"),
        info=words(f"settings.{name}_about"),
        placeholder=words("settings.models_own"),
        minimum=number["minimum"],
        maximum=number["maximum"],
        precision=0 if whole else None,
        step=1 if whole else 0.1,
        visible=visible,
        elem_id=name.replace("_", "-"),
    )
