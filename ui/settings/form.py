"""The settings: their components, and what happens among them."""

import os
from functools import partial
from typing import Any, get_args

import gradio as gr
from gradio.events import Dependency

from agent_core.prompts import fill
from agent_core.sandbox import DEFAULT_IMPORTS, confinement
from ui.code_running import needs_code, runs_code, visitors_pay
from ui.config import Config
from ui.event_options import ENDLESS, LATEST, QUIET
from ui.settings.appearance import Appearance
from ui.settings.kept import restore_form
from ui.settings.limits import default_settings, most_of
from ui.settings.model_sources import HUB, MODEL_SOURCES, ModelSource, find_model_source
from ui.settings.own_agent import OwnAgent
from ui.settings.preset_form import PresetForm
from ui.settings.presets import Presets
from ui.settings.prompt_form import PromptForm
from ui.settings.reply_form import NAMES, ReplyForm
from ui.settings.settings import (
    FIELDS,
    NUMBERS,
    AgentKind,
    CodeForm,
    Settings,
)
from ui.texts import read_text, words
from ui.tool_sources.shipped_tools import TOOLS, label_of
from ui.tool_sources.source_form import ToolSourceForm
from ui.tool_sources.source_handlers import ToolSourceHandlers
from ui.view.layers import gap_of, named

_RUNS_IN = {"docker": "runs_in_docker", "hf": "runs_at_hugging_face", "ray": "runs_in_ray"}
# sending.js waits for this mark.
_MARK_FILLED = "() => { document.body.dataset.filled = ''; }"
# A key is for one source only. The browser empties its field itself: an answer of the app might come after the next
# key was typed. A field that is empty, and may not be made yet, is left alone; so is a key that was picked with its
# source.
_EMPTY_KEY = "(key, source) => key && !isPickedKey(key, source) ? '' : { __type__: 'update' }"


Field = gr.Dropdown | gr.Textbox | gr.CheckboxGroup | gr.Number | gr.Radio


class SettingsForm:
    """The settings, laid out inside the current Blocks. Each field has the name of its setting in Settings.

    Args:
        config: How the app is configured.
        own: The agent that the page was opened around; what it settles is not shown. None for no such agent.
    """

    def __init__(self, config: Config, own: OwnAgent | None = None) -> None:
        self._config = config
        self._own = own
        self._runs_code = runs_code(config)
        default = default_settings(config)
        gr.Markdown(words("settings.when"), visible=self._shows(*FIELDS), elem_id="when")
        if can_sign_in(config, own):
            gr.LoginButton(size="sm")
        self.payer = gr.Markdown(visible=False, elem_id="payer")
        self.preset_form = PresetForm(Presets(config), visible=not own)
        self._lay_out_model(default)
        self._lay_out_agent(default)
        self.permitted = gr.CheckboxGroup(
            [],
            value=[],
            label=words("settings.permitted"),
            info=words("settings.permitted_about"),
            interactive=True,
            visible=False,
            elem_id="permitted",
        )
        self.appearance = Appearance()
        advanced = self._shows("fallback", "code_form", "imports", "hosts", *NUMBERS, *NAMES)
        with gr.Accordion(words("settings.advanced"), open=False, visible=advanced, elem_id="advanced"):
            self._lay_out_fallback(default)
            self.temperature, self.top_p, self.seed, self.reply_tokens = ReplyForm(default, self._shows).boxes
            self._lay_out_reach(default)
            self._lay_out_limits(default)
            self.prompt_form = PromptForm(default, visible=not own)
        self.system_prompt, self.tool_prompt = self.prompt_form.system_prompt, self.prompt_form.tool_prompt
        if own and not own.writes_code:
            return
        if config.sandbox != "local":
            name = "runs_for_visitors" if visitors_pay(config) else _RUNS_IN[config.sandbox]
            gr.Markdown(read_text(name), elem_id="confined")
        elif self._runs_code:
            found = confinement.probe()
            told = fill(read_text("confined"), layers=named(found.holding))
            gr.Markdown(" ".join([told, *map(gap_of, found.gaps)]), elem_id="confined")

    def _shows(self, *names: str) -> bool:
        """Return whether one of these settings is a person's."""
        return self._own is None or any(name in self._own.settings for name in names)

    @property
    def fields(self) -> list[Field]:
        """Return the components of Settings, in the order of FIELDS."""
        return [getattr(self, name) for name in FIELDS]

    @property
    def fields_of_some(self) -> list[gr.Textbox | gr.Markdown | gr.Column]:
        """Return the components that only some sources or kinds of agent have, in the order of `show_fields`."""
        fields = [self.model, self.key, self.payer, self.address, self.fallback, self.system_prompt, self.tool_prompt]
        return [*fields, self.checking]

    @property
    def current_model(self) -> list[gr.Dropdown | gr.Textbox]:
        """Return the components that say which model answers, in the order in which picker.js takes and gives them."""
        return [self.source, self.model, self.address, self.key]

    @property
    def edits(self) -> list[Any]:
        """Return the events of a person's edits. `blur` catches what `input` misses, such as pasted text.

        Not `change`, which also happens while the page itself fills the form and some fields are still empty.
        """
        texts = [field for field in self.fields if isinstance(field, gr.Textbox)]
        return [*(field.input for field in self.fields), *(text.blur for text in texts)]

    def wire(
        self, page: gr.Blocks, kept: gr.BrowserState, picked_model: gr.Button, tool_sources: ToolSourceHandlers
    ) -> list[Dependency]:
        """Fill the form with what the browser kept, show the fields that apply, and keep what a person changes.

        Args:
            page: The page that is built.
            kept: The settings that the browser keeps.
            picked_model: The button that the model picker presses when a model was chosen there.
            tool_sources: The handlers for added tools.

        Returns:
            The events after which another source of models may be chosen.
        """
        show = {
            "fn": partial(show_fields, config=self._config, own=self._own),
            "inputs": [self.source, self.agent],
            "outputs": self.fields_of_some,
            **LATEST,
        }
        listed, owners = gr.State([]), gr.State([])
        lists = [self.added, self.tools, listed]
        keeping = self.preset_form.keeping(kept, listed, self.fields)
        restore = partial(self._restore, tool_sources)
        filled = page.load(restore, kept, [*self.fields, listed, self.preset_form.chosen], **QUIET).then(**show)
        marked = filled.then(None, None, None, js=_MARK_FILLED, **QUIET)
        # In two steps, so that what a person changes in the lists while the owner's tools load is not lost.
        waited = marked.then(tool_sources.owners, kept, owners, **ENDLESS)
        waited.then(tool_sources.with_owners, [*lists, owners], lists, **QUIET)
        self.source.change(None, [self.key, self.source], self.key, js=_EMPTY_KEY, **QUIET)
        chosen = self.source.input(**show)
        picked = picked_model.click(None, None, self.current_model, js="() => pickedModel()", **QUIET).then(**show)
        picked.then(**keeping)
        self.check.click(None, self.current_model, None, js="(...current) => checkModel(current)", **QUIET)
        self.agent.input(**show)
        gr.on(self.edits, **keeping)
        self.prompt_form.wire_reset(self.agent, keeping)
        gr.on(self.edits, **self.prompt_form.hide_sent)
        self.tool_source_form.wire(tool_sources, self.added, self.tools, listed, keeping)
        self.preset_form.wire(kept, listed, self.fields, [show, keeping, self.prompt_form.hide_sent])
        self.appearance.wire(page)
        return [marked, chosen, picked]

    def _restore(self, tool_sources: ToolSourceHandlers, kept: Any) -> list[Any]:
        """Return updates of the fields, the names in the list of tools, and an update of the list of presets."""
        *values, listed = restore_form(kept, tool_sources=tool_sources, config=self._config)
        plain = [value["value"] if isinstance(value, dict) else value for value in values]
        return [*values, listed, self.preset_form.matching("", kept, listed, *plain)]

    def _lay_out_model(self, default: Settings) -> None:
        choices = [(source.label, source.name) for source in MODEL_SOURCES]
        label, shown = words("settings.source"), self._shows("source")
        self.source = gr.Dropdown(choices, value=default.source, label=label, visible=shown, elem_id="source")
        self.model = gr.Textbox(
            default.model,
            label=words("settings.model_name"),
            placeholder=HUB.model_placeholder,
            visible=False,
            elem_id="model",
        )
        self.key = gr.Textbox(
            label=words("settings.key"),
            type="password",
            placeholder=words("settings.key_hint"),
            visible=False,
            elem_id="key",
        )
        with gr.Column(visible=False, elem_id="checking") as self.checking:
            self.check = gr.Button(words("settings.test"), size="sm", elem_id="check-model")
            gr.HTML('<p role="status" id="checked-model"></p>', elem_classes="prose")
        self.address = gr.Textbox(
            default.address,
            label=words("settings.address"),
            placeholder=words("settings.address_hint"),
            visible=False,
            elem_id="address",
        )

    def _lay_out_agent(self, default: Settings) -> None:
        agents = [(words(f"settings.agent_{kind}"), kind) for kind in get_args(AgentKind)]
        label, shown = words("settings.agent"), self._runs_code and self._shows("agent")
        self.agent = gr.Radio(agents, value=default.agent, label=label, visible=shown, elem_id="agent")
        if not self._runs_code and not self._own:
            gr.Markdown(words("settings.only_tools"), elem_id="only-tools")
        offered = [tool.name for tool in TOOLS if self._runs_code or not needs_code(tool)]
        choices, on = [(label_of(name), name) for name in offered], [name for name in offered if name in default.tools]
        label, shown = words("settings.tools"), self._shows("tools")
        self.tools = gr.CheckboxGroup(choices, value=on, label=label, visible=shown, elem_id="tools")
        with gr.Accordion(words("settings.add_tools"), open=False, visible=shown, elem_id="adding"):
            self.added = gr.Dropdown(
                [],
                value=[],
                multiselect=True,
                allow_custom_value=True,  # the choices may not have what the browser kept yet
                label=words("settings.added"),
                visible=False,
                elem_id="added",
            )
            self.tool_source_form = ToolSourceForm()
        self.instructions = gr.Textbox(
            default.instructions,
            label=words("settings.instructions"),
            info=words("settings.instructions_about"),
            placeholder=words("settings.instructions_hint"),
            lines=2,
            max_lines=10,
            visible=self._shows("instructions"),
            elem_id="instructions",
        )

    def _lay_out_fallback(self, default: Settings) -> None:
        self.fallback = gr.Textbox(
            default.fallback,
            label=words("settings.fallback"),
            info=words("settings.fallback_about"),
            placeholder=words("settings.fallback_hint"),
            visible=False,
            elem_id="fallback",
        )
        self.code_form = gr.Dropdown(
            [(words(f"settings.code_form_{form}"), form) for form in get_args(CodeForm)],
            value=default.code_form,
            label=words("settings.code_form"),
            info=words("settings.code_form_about"),
            visible=self._runs_code and self._shows("code_form"),
            elem_id="code-form",
        )

    def _lay_out_reach(self, default: Settings) -> None:
        shown = self._shows("imports", "hosts")
        with gr.Accordion(words("settings.reach"), open=False, visible=shown, elem_id="reach"):
            self.imports = gr.Dropdown(
                ["*", *DEFAULT_IMPORTS],
                value=default.imports,
                multiselect=True,
                allow_custom_value=True,
                label=words("settings.imports"),
                info=words("settings.imports_about"),
                visible=self._runs_code and self._shows("imports"),
                elem_id="imports",
            )
            self.hosts = gr.Dropdown(
                [(words("settings.every_site"), "*")],
                value=default.hosts,
                multiselect=True,
                allow_custom_value=True,
                label=words("settings.hosts"),
                info=words("settings.hosts_about"),
                visible=self._shows("hosts"),
                elem_id="hosts",
            )

    def _lay_out_limits(self, default: Settings) -> None:
        shown = self._shows(*NUMBERS)
        with gr.Accordion(words("settings.limits"), open=False, visible=shown, elem_id="limits"):
            for name in NUMBERS:
                most, shown = most_of(name, self._config), self._shows(name)
                setattr(self, name, _number_box(name, getattr(default, name), most, visible=shown))


def can_sign_in(config: Config, own: OwnAgent | None) -> bool:
    """Return whether people can sign in: on a Space, which is set up for it if it is a Space of this page itself."""
    return bool(config.space_id) and (own is None or bool(os.environ.get("OAUTH_CLIENT_ID")))


def _number_box(name: str, default: int, owners_most: int | None, *, visible: bool) -> gr.Number:
    """Return the box for a number. If the owner says how much it can be at most, the box says so, too."""
    setting = Settings.model_json_schema()["properties"][name]
    about = [words(f"settings.{name}_about"), words("settings.at_most", most=owners_most) if owners_most else ""]
    return gr.Number(
        default,
        label=words(f"settings.{name}"),
        info=" ".join(filter(None, about)) or None,
        minimum=setting["minimum"],
        maximum=owners_most or setting["maximum"],
        precision=0,
        visible=visible,
    )


def show_fields(source_name: str, kind: AgentKind, *, config: Config, own: OwnAgent | None = None) -> list[Any]:
    """Return updates of the fields that only some sources of models or kinds of agent have.

    Args:
        source_name: The source of models that is chosen now.
        kind: The kind of agent that is chosen now.
        config: Says which fields strangers have, and who pays.
        own: The agent that the page was opened around, which has none of these fields.

    Returns:
        The updates in the order of `SettingsForm.fields_of_some`.
    """
    if own:
        return [gr.skip()] * 8
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
        gr.update(visible="key" in fields),
    ]


def who_pays(source: ModelSource, config: Config) -> str:
    """Return a sentence about whose credits are spent; "" if that is obvious, as on a person's own computer."""
    if source.owner_has_key is None:
        return ""
    if not config.share_keys:
        can_sign_in = config.space_id and source.takes_sign_in
        return fill(
            read_text("visitor_pays"), how=words("settings.sign_in_or_key" if can_sign_in else "settings.type_key")
        )
    return read_text("owner_pays") if config.public and source.owner_has_key() else ""
