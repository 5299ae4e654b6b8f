"""Makes Gradio's updates of the page cheap.

An update of a property, such as a visibility, has Gradio build the component anew, and write the JSON schema of its
values, which takes milliseconds and always comes out the same. It is written once for each kind of value here.
(What an update skips costs nothing either: see CheckedBlocks.)
"""

from typing import Any

from gradio.components.base import Component

plain_api_info = Component.api_info
_schemas: dict[type, dict[str, Any]] = {}  # by the models of the components' values


def make_cheap() -> None:
    """Have the schemas kept, for all components that do not write their own."""
    Component.api_info = _api_info


def _api_info(self: Component) -> dict[str, Any]:
    model = self.data_model
    if model is None:
        return plain_api_info(self)
    if model not in _schemas:
        _schemas[model] = plain_api_info(self)
    return _schemas[model]
