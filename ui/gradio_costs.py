"""Makes Gradio's updates and sessions of the page cheap.

An update of a property, such as a visibility, has Gradio build the component anew, and write the JSON schema of its
values, which takes milliseconds and always comes out the same. It is written once for each kind of value here.
(What an update skips costs nothing either: see CheckedBlocks.)

For each session Gradio describes all components, and again what an update changes, for links to a state of the page.
Here is no such link: chats have addresses of their own.
"""

from types import SimpleNamespace
from typing import Any

import gradio as gr
from gradio import state_holder
from gradio.components.base import Component
from gradio.state_holder import SessionState

plain_api_info = Component.api_info
_schemas: dict[type, dict[str, Any]] = {}  # by the models of the components' values


def make_cheap() -> None:
    """Have the schemas kept, for all components that do not write their own, and sessions without descriptions."""
    Component.api_info = _api_info
    state_holder.SessionState = LeanSession


def _api_info(self: Component) -> dict[str, Any]:
    model = self.data_model
    if model is None:
        return plain_api_info(self)
    if model not in _schemas:
        _schemas[model] = plain_api_info(self)
    return _schemas[model]


class LeanSession(SessionState):
    """The state of a session without a description of the components, which takes 25 ms and 100 KB."""

    def __init__(self, blocks: gr.Blocks) -> None:
        nothing_to_describe: Any = SimpleNamespace(default_config=blocks.default_config, blocks={})
        super().__init__(nothing_to_describe)
        self.blocks_config.config_for_block = _no_description


def _no_description(*_: Any, **__: Any) -> dict[str, Any]:
    return {}
