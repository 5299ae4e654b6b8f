"""Adding tools in the settings: a location is typed, what stands there is shown, and a person adds it or leaves it."""

from typing import Any

import gradio as gr

from ui.inputs import LONGEST_KEY
from ui.tool_sources.shipped_tools import TOOLS
from ui.tool_sources.tool_source import LONGEST_LOCATION


class ToolSourceForm:
    """The part of the settings where tools are added.

    Attributes:
        looked_at: what was found, until a person has decided.
        keys: those of MCP servers that were added, by their addresses; they stay in the app's memory.
        listed: the names in the list of tools.
    """

    def __init__(self) -> None:
        self.looked_at, self.keys = gr.State(""), gr.State({})
        self.listed = gr.State([tool.name for tool in TOOLS])
        self.place = gr.Textbox(
            label="Add tools",
            info="A tool or a Space of Hugging Face as “owner/name”, or the address of an MCP server.",
            placeholder="owner/name",
            max_length=LONGEST_LOCATION,
            elem_id="place",
        )
        self.key = gr.Textbox(
            label="Key of the server",
            type="password",
            placeholder="only if it asks for one",
            visible=False,
            max_length=LONGEST_KEY,
            elem_id="server-key",
        )
        self.look = gr.Button("Look at it", size="sm", elem_id="look")
        with gr.Column(visible=False, elem_id="found") as self.found:
            self.about = gr.Markdown(elem_id="about-found")
            self.code = gr.Code(language="python", max_lines=14, interactive=False, show_label=False, wrap_lines=True)
            with gr.Row(visible=False) as self.choice:
                self.add = gr.Button("Add", size="sm", variant="primary", min_width=90, elem_id="add-found")
                self.leave = gr.Button("Leave it", size="sm", min_width=90, elem_id="leave-found")

    @property
    def shown(self) -> list[Any]:
        """What shows what was found, for `ToolSourceHandlers.look` and `nothing_found`."""
        return [self.found, self.about, self.code, self.choice, self.add, self.looked_at]
