"""The settings side bar: its components, and what happens among them."""

import os
from typing import Any

import gradio as gr

from agent_core.models.hub import DEFAULT_HUB_MODEL
from agent_core.models.hub_login import hub_token
from agent_core.models.providers import PROVIDERS
from agent_core.prompts import fill
from agent_core.sandbox import DEFAULT_IMPORTS, confinement
from ui.config import Config
from ui.settings.settings import (
    DEFAULT_SYSTEM_PROMPT,
    DEFAULT_TOOL_PROMPT,
    FIELDS,
    TOOLS,
    AgentKind,
    Settings,
)
from ui.texts import read_text
from ui.tool_sources.source_form import LABELS, ToolSourceForm

_SOURCES = [
    ("Automatic", "auto"),
    ("Hugging Face", "hub"),
    ("Other provider or own server", "litellm"),
    ("Demo: written replies", "demo"),
]
_AGENTS = [
    ("Writes code: can do most. Calculates, draws, and combines tools; needs a model that writes code.", "code"),
    ("Calls tools: does only what its tools do. Predictable; good for look-ups and small models.", "tools"),
]
_CODE_FORMS = [("Automatic", "auto"), ("In its text", "text"), ("As a tool call", "call")]


Field = gr.Dropdown | gr.Textbox | gr.CheckboxGroup | gr.Number | gr.Radio


class SettingsForm:
    """The side bar, laid out inside the current Blocks. Its fields have the names that they have in Settings."""

    def __init__(self, config: Config) -> None:
        default = Settings()
        with gr.Sidebar(position="right", open=False, width=340, elem_id="settings") as self.bar:
            gr.Markdown("### Settings\nA change takes effect with your next message.")
            if config.space_id:
                gr.LoginButton(size="sm")
            self.payer = gr.Markdown(visible=False, elem_id="payer")
            self._lay_out_model(default)
            self._lay_out_abilities(default)
            self._lay_out_limits(default)
            self._lay_out_prompt(default)
            if not (found := confinement.probe()).refuses:
                gr.Markdown(fill(read_text("confined"), layers=", ".join(found.holding)), elem_id="confined")

    @property
    def fields(self) -> list[Field]:
        """The components of Settings, in the order of FIELDS."""
        return [getattr(self, name) for name in FIELDS]

    @property
    def fields_of_some(self) -> list[gr.Textbox | gr.Markdown]:
        """What not every source or kind of agent has; see show_fields."""
        return [self.model, self.key, self.payer, self.address, self.fallback, self.system_prompt, self.tool_prompt]

    @property
    def edits(self) -> list[Any]:
        """The events that tell of a person's edit; `blur` is for what `input` misses, such as pasted text.

        Not `change`: it also comes while the page itself fills the form, when some fields are yet to be filled.
        """
        texts = [field for field in self.fields if isinstance(field, gr.Textbox)]
        return [*(field.input for field in self.fields), *(text.blur for text in texts)]

    def _lay_out_model(self, default: Settings) -> None:
        self.source = gr.Dropdown(_SOURCES, value=default.source, label="Model", elem_id="source")
        self.model = gr.Textbox(
            default.model, label="Model name", placeholder=DEFAULT_HUB_MODEL, visible=False, elem_id="model"
        )
        self.key = gr.Textbox(
            label="Key or token",
            type="password",
            placeholder="stays in this app's memory",
            visible=False,
            elem_id="key",
        )
        self.address = gr.Textbox(
            default.address,
            label="Address of the server",
            placeholder="only for a server of your own",
            visible=False,
            elem_id="address",
        )

        self.fallback = gr.Textbox(
            default.fallback,
            label="Fall-back model",
            placeholder="asked when the first one stays down",
            visible=False,
            elem_id="fallback",
        )

        self.agent = gr.Radio(_AGENTS, value=default.agent, label="Kind of agent", elem_id="agent")

    def _lay_out_abilities(self, default: Settings) -> None:
        with gr.Accordion("Tools and imports", open=False, elem_id="abilities"):
            choices = [(LABELS[tool.name], tool.name) for tool in TOOLS]
            self.tools = gr.CheckboxGroup(choices, value=default.tools, label="Tools", elem_id="tools")
            self.added = gr.Dropdown(
                [],
                value=[],
                multiselect=True,
                allow_custom_value=True,  # what the browser kept need not be among the choices yet
                label="Added tools",
                visible=False,
                elem_id="added",
            )
            self.adding = ToolSourceForm()
            self.imports = gr.Dropdown(
                ["*", *DEFAULT_IMPORTS],
                value=default.imports,
                multiselect=True,
                allow_custom_value=True,
                label="What the code may import",
                info="“stdlib” is Python's own library, “*” is all that is installed. Anything else is asked for.",
                elem_id="imports",
            )
            self.hosts = gr.Dropdown(
                [("every public host", "*")],
                value=default.hosts,
                multiselect=True,
                allow_custom_value=True,
                label="Hosts the code may reach",
                info="Such as “example.org”, or “*.example.org” for all below it. Any other is asked for.",
                elem_id="hosts",
            )

    def _lay_out_limits(self, default: Settings) -> None:
        with gr.Accordion("Steps, tokens and plans", open=False, elem_id="limits"):
            self.max_steps = gr.Number(default.max_steps, label="Steps", minimum=1, maximum=100, precision=0)
            self.token_budget = gr.Number(default.token_budget, label="Tokens", minimum=1_000, precision=0)
            self.plan_every = gr.Number(
                default.plan_every,
                label="Plan",
                info="Plan first, and again after so many steps; 0 for no plan.",
                minimum=0,
                maximum=100,
                precision=0,
            )
            self.code_form = gr.Dropdown(
                _CODE_FORMS,
                value=default.code_form,
                label="How the model acts",
                info="Automatic takes what suits the model.",
                elem_id="code-form",
            )

    def _lay_out_prompt(self, default: Settings) -> None:
        with gr.Accordion("System prompt", open=False, elem_id="prompt"):
            self.system_prompt = _prompt_box(default.system_prompt, elem_id="system-prompt")
            self.tool_prompt = _prompt_box(default.tool_prompt, elem_id="tool-prompt", visible=False)
            self.reset = gr.Button("Reset to the default prompt", size="sm")


def _prompt_box(prompt: str, **settings: Any) -> gr.Textbox:
    info = "{{tools}}, {{imports}}, {{date}} and the like are filled in."
    return gr.Textbox(prompt, show_label=False, lines=10, max_lines=24, info=info, **settings)


def show_fields(source: str, kind: AgentKind, shown: str, *, config: Config) -> list[Any]:
    """How the fields are shown that not every source or kind of agent has, and for which source that is.

    shown: the source they were shown for before. A key is typed for one source only, so another one empties its field.
    """
    payer = who_pays(source, config)
    named = source in ("hub", "litellm")
    placeholder = DEFAULT_HUB_MODEL if source == "hub" else "for example openai/gpt-4.1-mini"
    return [
        gr.update(visible=named, placeholder=placeholder),
        gr.update(visible=named) if source == shown else gr.update(visible=named, value=""),
        gr.update(visible=bool(payer), value=payer),
        gr.update(visible=named and not config.public),
        gr.update(visible=named),
        gr.update(visible=kind == "code"),
        gr.update(visible=kind == "tools"),
        source,
    ]


def who_pays(source: str, config: Config) -> str:
    """What to say of whose credits are spent; "" where it goes without saying: on a computer of one's own."""
    if source == "demo":
        return ""
    if not config.share_keys:
        can_sign_in = config.space_id and source != "litellm"
        return fill(read_text("visitor_pays"), how="sign in or type a key" if can_sign_in else "type a key")
    return read_text("owner_pays") if config.public and _owner_has_key(source) else ""


def _owner_has_key(source: str) -> bool:
    """May take a moment; see hub_token."""
    return (
        any(os.environ.get(provider.variable) for provider in PROVIDERS) if source == "litellm" else bool(hub_token())
    )


def default_prompts(kind: AgentKind) -> list[Any]:
    """The default prompt in the box of this kind of agent; the other's stays."""
    if kind == "code":
        return [DEFAULT_SYSTEM_PROMPT, gr.skip()]
    return [gr.skip(), DEFAULT_TOOL_PROMPT]
