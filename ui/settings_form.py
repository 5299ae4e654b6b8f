"""The settings side bar: its components, and what happens among them."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from agent_core.models.hub import DEFAULT_HUB_MODEL
from agent_core.sandbox import DEFAULT_IMPORTS
from ui.settings import FIELDS, ON_SPACE, WEB_TOOLS, Settings

_SOURCES = [
    ("Automatic", "auto"),
    ("Hugging Face", "hub"),
    ("Any other provider, or a local server", "litellm"),
    ("Demo: written replies", "demo"),
]
_TOOL_LABELS = {"web_search": "Search the web", "visit_webpage": "Read web pages"}


Field = gr.Dropdown | gr.Textbox | gr.CheckboxGroup | gr.Number


@dataclass(frozen=True)
class SettingsForm:
    """The side bar and its components.

    fields: those of Settings, in the order of FIELDS. model_fields: those that not every source has, see below.
    """

    bar: gr.Sidebar
    fields: list[Field]
    model_fields: list[gr.Textbox]
    source: gr.Dropdown
    key: gr.Textbox
    system_prompt: gr.Textbox
    reset: gr.Button

    @property
    def edits(self) -> list[Any]:
        """The events that tell of an edit: `change` of a text, as `input` misses what is pasted; `input` of the others,
        as their `change` also comes when the page itself fills them, and again with each answer to it, without end."""
        return [field.change if isinstance(field, gr.Textbox) else field.input for field in self.fields]


def build_settings_form() -> SettingsForm:
    """Lay out the side bar inside the current Blocks."""
    default = Settings()
    with gr.Sidebar(position="right", open=False, width=340, elem_id="settings") as bar:
        gr.Markdown("### Settings\nA change takes effect with your next message.")
        if ON_SPACE:
            gr.LoginButton(size="sm")
        source = gr.Dropdown(_SOURCES, value=default.source, label="Model", elem_id="source")
        model = gr.Textbox(
            default.model, label="Model name", placeholder=DEFAULT_HUB_MODEL, visible=False, elem_id="model"
        )
        key = gr.Textbox(
            label="Key or token",
            type="password",
            placeholder="stays in this app's memory",
            visible=False,
            elem_id="key",
        )
        address = gr.Textbox(
            default.address,
            label="Address of the server",
            placeholder="only for a server of your own",
            visible=False,
            elem_id="address",
        )
        with gr.Accordion("Tools and imports", open=False, elem_id="abilities"):
            choices = [(_TOOL_LABELS[tool.name], tool.name) for tool in WEB_TOOLS]
            tools = gr.CheckboxGroup(choices, value=default.tools, label="Tools", elem_id="tools")
            imports = gr.Dropdown(
                ["*", *DEFAULT_IMPORTS],
                value=default.imports,
                multiselect=True,
                allow_custom_value=True,
                label="What the code may import",
                info="“stdlib” is Python's own library, “*” is everything that is installed.",
                elem_id="imports",
            )
        with gr.Accordion("Limits for one question", open=False, elem_id="limits"):
            max_steps = gr.Number(default.max_steps, label="Steps", minimum=1, maximum=100, precision=0)
            token_budget = gr.Number(default.token_budget, label="Tokens", minimum=1_000, precision=0)
        with gr.Accordion("System prompt", open=False, elem_id="prompt"):
            system_prompt = gr.Textbox(
                default.system_prompt,
                show_label=False,
                lines=10,
                max_lines=24,
                info="{{tools}}, {{imports}} and {{date}} are filled in.",
                elem_id="system-prompt",
            )
            reset = gr.Button("Reset to the default prompt", size="sm")
    by_name: dict[str, Field] = {
        "source": source,
        "model": model,
        "address": address,
        "imports": imports,
        "tools": tools,
        "system_prompt": system_prompt,
        "max_steps": max_steps,
        "token_budget": token_budget,
    }
    fields = [by_name[name] for name in FIELDS]
    return SettingsForm(bar, fields, [model, key, address], source, key, system_prompt, reset)


def show_model_fields(source: str, shown: str) -> list[Any]:
    """How the fields for the model's name, its key and its address are shown, and for which source that is.

    shown: the source they were shown for before. A key is typed for one source only, so another one empties its field.
    """
    named = source in ("hub", "litellm")
    placeholder = DEFAULT_HUB_MODEL if source == "hub" else "for example openai/gpt-4.1-mini"
    return [
        gr.update(visible=named, placeholder=placeholder),
        gr.update(visible=named) if source == shown else gr.update(visible=named, value=""),
        gr.update(visible=named and not ON_SPACE),
        source,
    ]
