"""The settings side bar: its components, and what happens among them."""

from functools import partial
from typing import Any

import gradio as gr
from gradio.events import Dependency

from agent_core.prompts import fill
from agent_core.sandbox import DEFAULT_IMPORTS, confinement
from ui.config import Config
from ui.event_options import ENDLESS, LATEST, QUIET
from ui.settings.kept import keep, restore_form
from ui.settings.limits import default_settings, most_of
from ui.settings.model_sources import HUB, MODEL_SOURCES, ModelSource, find_model_source
from ui.settings.settings import (
    DEFAULT_SYSTEM_PROMPT,
    DEFAULT_TOOL_PROMPT,
    FIELDS,
    NUMBERS,
    AgentKind,
    Settings,
)
from ui.texts import read_text
from ui.tool_sources.shipped_tools import TOOLS, label_of
from ui.tool_sources.source_form import ToolSourceForm
from ui.tool_sources.source_handlers import ToolSourceHandlers

_AGENTS = [
    ("Writes code: can do most. Calculates, draws, and combines tools; needs a model that writes code.", "code"),
    ("Calls tools: does only what its tools do. Predictable; good for look-ups and small models.", "tools"),
]
# On a phone, the side bar would cover the chat. The mark is what sending.js waits for.
_OPEN_IF_WIDE = """() => {
    document.body.dataset.filled = "";
    return { __type__: "update", open: innerWidth > 900 };
}"""
# A key is for one source only. The browser empties its field itself: an answer of the app might come after the next
# key was typed. A field that is empty, and may not be made yet, is left alone.
_EMPTY_KEY = "key => key ? '' : { __type__: 'update' }"
_CODE_FORMS = [("Automatic", "auto"), ("In its text", "text"), ("As a tool call", "call")]


Field = gr.Dropdown | gr.Textbox | gr.CheckboxGroup | gr.Number | gr.Radio


class SettingsForm:
    """The side bar, laid out inside the current Blocks. Each field has the name of its setting in Settings."""

    def __init__(self, config: Config) -> None:
        self._config = config
        default = default_settings(config)
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
        """Return the components of Settings, in the order of FIELDS."""
        return [getattr(self, name) for name in FIELDS]

    @property
    def fields_of_some(self) -> list[gr.Textbox | gr.Markdown]:
        """Return the components that only some sources or kinds of agent have, in the order of `show_fields`."""
        return [self.model, self.key, self.payer, self.address, self.fallback, self.system_prompt, self.tool_prompt]

    @property
    def edits(self) -> list[Any]:
        """Return the events of a person's edits. `blur` catches what `input` misses, such as pasted text.

        Not `change`, which also happens while the page itself fills the form and some fields are still empty.
        """
        texts = [field for field in self.fields if isinstance(field, gr.Textbox)]
        return [*(field.input for field in self.fields), *(text.blur for text in texts)]

    def wire(self, page: gr.Blocks, kept: gr.BrowserState, tool_sources: ToolSourceHandlers) -> list[Dependency]:
        """Fill the form with what the browser kept, show the fields that apply, and keep what a person changes.

        Args:
            page: The page that is built.
            kept: The settings that the browser keeps.
            tool_sources: The handlers for added tools.

        Returns:
            The events after which another source of models may be chosen.
        """
        show = {
            "fn": partial(show_fields, config=self._config),
            "inputs": [self.source, self.agent],
            "outputs": self.fields_of_some,
            **LATEST,
        }
        listed, owners = gr.State([]), gr.State([])
        lists = [self.added, self.tools, listed]
        keeping = {"fn": keep, "inputs": [kept, listed, *self.fields], "outputs": kept, **LATEST}
        restore = partial(restore_form, tool_sources=tool_sources, config=self._config)
        filled = page.load(restore, kept, [*self.fields, listed], **QUIET).then(**show)
        # Opened only now, because what a person changes before the form is filled would be lost.
        opened = filled.then(None, None, self.bar, js=_OPEN_IF_WIDE, **QUIET)
        # In two steps, so that what a person changes in the lists while the owner's tools load is not lost.
        waited = opened.then(tool_sources.owners, kept, owners, **ENDLESS)
        waited.then(tool_sources.with_owners, [*lists, owners], lists, **QUIET)
        self.source.change(None, self.key, self.key, js=_EMPTY_KEY, **QUIET)
        chosen = self.source.input(**show)
        self.agent.input(**show)
        gr.on(self.edits, **keeping)
        prompts = [self.system_prompt, self.tool_prompt]
        self.reset.click(default_prompts, self.agent, prompts, **QUIET).then(**keeping)
        self.tool_source_form.wire(tool_sources, self.added, self.tools, listed, keeping)
        return [opened, chosen]

    def _lay_out_model(self, default: Settings) -> None:
        choices = [(source.label, source.name) for source in MODEL_SOURCES]
        self.source = gr.Dropdown(choices, value=default.source, label="Model", elem_id="source")
        self.model = gr.Textbox(
            default.model, label="Model name", placeholder=HUB.model_placeholder, visible=False, elem_id="model"
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
            choices = [(label_of(tool.name), tool.name) for tool in TOOLS]
            self.tools = gr.CheckboxGroup(choices, value=default.tools, label="Tools", elem_id="tools")
            self.added = gr.Dropdown(
                [],
                value=[],
                multiselect=True,
                allow_custom_value=True,  # the choices may not have what the browser kept yet
                label="Added tools",
                visible=False,
                elem_id="added",
            )
            self.tool_source_form = ToolSourceForm()
            self.imports = gr.Dropdown(
                ["*", *DEFAULT_IMPORTS],
                value=default.imports,
                multiselect=True,
                allow_custom_value=True,
                label="What the code may import",
                info="“stdlib” is Python's own library, “data” the packages for data work (numpy, pandas, …), “*” all"
                " that is installed. Anything else is asked for.",
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
        with gr.Accordion("Limits and plans", open=False, elem_id="limits"):
            for name in NUMBERS:
                setattr(self, name, _number_box(name, getattr(default, name), most_of(name, self._config)))
            self.code_form = gr.Dropdown(
                _CODE_FORMS,
                value=default.code_form,
                label="How the model acts",
                info="Automatic takes what suits the model.",
            )

    def _lay_out_prompt(self, default: Settings) -> None:
        with gr.Accordion("System prompt", open=False, elem_id="prompt"):
            self.system_prompt = _prompt_box(default.system_prompt, elem_id="system-prompt")
            self.tool_prompt = _prompt_box(default.tool_prompt, elem_id="tool-prompt", visible=False)
            self.reset = gr.Button("Reset to the default prompt", size="sm")


def _number_box(name: str, default: int, owners_most: int | None) -> gr.Number:
    """Return the box for a number. If the owner says how much it can be at most, the box says so, too."""
    setting = Settings.model_json_schema()["properties"][name]
    about = [setting.get("description"), f"At most {owners_most:,} here." if owners_most else None]
    return gr.Number(
        default,
        label=setting["title"],
        info=" ".join(filter(None, about)) or None,
        minimum=setting["minimum"],
        maximum=owners_most or setting["maximum"],
        precision=0,
    )


def _prompt_box(prompt: str, **settings: Any) -> gr.Textbox:
    info = "{{tools}}, {{imports}}, {{date}} and the like are filled in."
    return gr.Textbox(prompt, show_label=False, lines=10, max_lines=24, info=info, **settings)


def show_fields(source_name: str, kind: AgentKind, *, config: Config) -> list[Any]:
    """Return updates of the fields that only some sources of models or kinds of agent have.

    Args:
        source_name: The source of models that is chosen now.
        kind: The kind of agent that is chosen now.
        config: Says which fields strangers have, and who pays.

    Returns:
        The updates in the order of `SettingsForm.fields_of_some`.
    """
    source = find_model_source(source_name)
    fields, payer = source.shown_fields(config), who_pays(source, config)
    return [
        gr.update(visible="model" in fields, placeholder=source.model_placeholder),
        gr.update(visible="key" in fields),
        gr.update(visible=bool(payer), value=payer),
        gr.update(visible="address" in fields),
        gr.update(visible="fallback" in fields),
        gr.update(visible=kind == "code"),
        gr.update(visible=kind == "tools"),
    ]


def who_pays(source: ModelSource, config: Config) -> str:
    """Return a sentence about whose credits are spent; "" if that is obvious, as on a person's own computer."""
    if source.owner_has_key is None:
        return ""
    if not config.share_keys:
        can_sign_in = config.space_id and source.takes_sign_in
        return fill(read_text("visitor_pays"), how="sign in or type a key" if can_sign_in else "type a key")
    return read_text("owner_pays") if config.public and source.owner_has_key() else ""


def default_prompts(kind: AgentKind) -> list[Any]:
    """Return updates of the two prompts: that of this kind of agent becomes the default, the other one stays."""
    if kind == "code":
        return [DEFAULT_SYSTEM_PROMPT, gr.skip()]
    return [gr.skip(), DEFAULT_TOOL_PROMPT]
