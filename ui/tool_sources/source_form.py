"""The part of the settings where a person types a location, looks at the tools there, and adds them or not."""

from pathlib import Path
from typing import Any

import gradio as gr

from ui.event_options import ENDLESS, QUIET
from ui.input_checks import LONGEST_KEY
from ui.texts import with_words, words
from ui.tool_sources.source_handlers import ToolSourceHandlers, nothing_found
from ui.tool_sources.tool_source import LONGEST_LOCATION

_PROBLEM = Path(__file__).with_name("problem.html").read_text(encoding="utf-8")
# A key is for one address only, so the field for the key is emptied if the address changes.
_IF_ADDRESS = "location => ({__type__: 'update', visible: location.includes('://'), value: ''})"
_SHOW_FOUND = "() => document.querySelector('#found')?.scrollIntoView({block: 'nearest', behavior: 'smooth'})"


class ToolSourceForm:
    """The part of the settings where tools are added.

    Attributes:
        looked_at: What was found, until the person has decided.
        keys: The keys of added MCP servers, by their addresses. They stay in the app's memory.
    """

    def __init__(self) -> None:
        self.looked_at, self.keys = gr.State(""), gr.State({})
        self.location = gr.Textbox(
            label=words("tools.add"),
            info=words("tools.add_about"),
            placeholder=words("tools.owner_name"),
            max_length=LONGEST_LOCATION,
            elem_id="location",
        )
        self.key = gr.Textbox(
            label=words("tools.server_key"),
            type="password",
            placeholder=words("tools.server_key_hint"),
            visible=False,
            max_length=LONGEST_KEY,
            elem_id="server-key",
        )
        gr.HTML(with_words(_PROBLEM), elem_classes="prose")  # problems.js
        self.look = gr.Button(words("tools.look"), size="sm", elem_id="look")
        with gr.Column(visible=False, elem_id="found") as self.found:
            self.about = gr.Markdown(elem_id="about-found")
            self.code = gr.Code(language="python", max_lines=14, interactive=False, show_label=False, wrap_lines=True)
            with gr.Row(visible=False) as self.choice:
                self.add = gr.Button(
                    words("tools.add_found"), size="sm", variant="primary", min_width=90, elem_id="add-found"
                )
                self.leave = gr.Button(words("tools.leave"), size="sm", min_width=90, elem_id="leave-found")

    @property
    def shown(self) -> list[Any]:
        """The components that show what was found, for `ToolSourceHandlers.look` and `nothing_found`."""
        return [self.found, self.about, self.code, self.choice, self.add, self.looked_at]

    def wire(
        self,
        handlers: ToolSourceHandlers,
        added: gr.Dropdown,
        tools: gr.CheckboxGroup,
        listed: gr.State,
        keep: dict[str, Any],
    ) -> None:
        """Let a person look at tools, add them and remove them.

        Args:
            handlers: what happens then.
            added: the list of what was added.
            tools: the list of all tools.
            listed: the names in that list.
            keep: the event that has the browser keep both lists.
        """
        lists, typed = [added, tools, listed], [self.location, self.key, self.keys]
        looks = [self.look.click, self.location.submit]
        looking = gr.on(looks, handlers.look, [self.location, self.key, added], self.shown, **ENDLESS)
        self.about.change(None, js=_SHOW_FOUND, **QUIET)
        looking.then(None, js=_SHOW_FOUND, **QUIET)  # the code appears after the text
        self.location.change(None, self.location, self.key, js=_IF_ADDRESS, **QUIET)
        adding = self.add.click(handlers.add, [self.looked_at, *typed, *lists], [*lists, *typed], **QUIET)
        adding.success(nothing_found, None, self.shown, **QUIET).then(**keep)
        self.leave.click(nothing_found, None, self.shown, cancels=looking, **QUIET)
        added.input(handlers.removed, lists, lists, **QUIET).then(**keep)
