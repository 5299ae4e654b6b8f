"""The part of the settings where a person chooses a preset, and saves their own."""

from typing import Any

import gradio as gr

from agent_core import GlassboxError
from ui.event_options import LATEST, QUIET
from ui.settings.kept import collect, keep
from ui.settings.presets import (
    CUSTOM,
    LONGEST_NAME,
    STANDARD,
    Presets,
    describe_changes,
    own_presets,
    without_preset,
)
from ui.settings.settings import FIELDS
from ui.texts import words
from ui.view import toasts


class PresetForm:
    """The list of presets, laid out inside the current Blocks.

    Attributes:
        chosen: The list. It shows the preset that the settings are like.
    """

    def __init__(self, presets: Presets, *, visible: bool = True) -> None:
        self._presets = presets
        self.chosen = gr.Dropdown(
            _choices(presets, None),
            value=STANDARD,
            label=words("presets.preset"),
            info=words("presets.about"),
            visible=visible,
            elem_id="preset",
        )
        self.changes = gr.Markdown(visible=visible, elem_id="preset-changes")
        with gr.Accordion(words("presets.own"), open=False, visible=visible, elem_id="own-presets"):
            self.name = gr.Textbox(
                label=words("presets.name"),
                info=words("presets.name_about"),
                max_length=LONGEST_NAME,
                elem_id="preset-name",
            )
            with gr.Row():
                self.save = gr.Button(words("presets.save"), size="sm", min_width=90, elem_id="save-preset")
                self.delete = gr.Button(words("presets.delete"), size="sm", min_width=90, elem_id="delete-preset")

    def keeping(self, kept: gr.BrowserState, listed: gr.State, fields: list[Any]) -> dict[str, Any]:
        """Return the event that has the browser keep the settings, and the list show which preset they are like."""
        return {
            "fn": self._keep,
            "inputs": [kept, listed, self.chosen, *fields],
            "outputs": [kept, self.chosen],
            **LATEST,
        }

    def wire(self, kept: gr.BrowserState, listed: gr.State, fields: list[Any], then: list[dict[str, Any]]) -> None:
        """Let a person choose, save and delete presets.

        Args:
            kept: What the browser keeps.
            listed: The names of the tools that can be switched on.
            fields: The components of the settings.
            then: The events that follow when a preset was chosen.
        """
        chosen = self.chosen.select(
            self._choose, [self.chosen, kept, listed, *fields], [self.changes, self.name, *fields], **LATEST
        )
        for event in then:
            chosen = chosen.then(**event)
        shown = [kept, self.chosen, self.changes]
        gr.on([self.save.click, self.name.submit], self._save, [self.name, kept, listed, *fields], shown, **QUIET)
        self.delete.click(self._delete, [self.name, kept, listed, *fields], shown, **QUIET)

    def matching(self, chosen: str, kept: Any, listed: list[str], *values: Any) -> Any:
        """Return an update of the list: all presets, and the one that the settings are like, if possible the chosen."""
        name = self._presets.match(kept, listed, collect(*values), chosen)
        return gr.update(choices=_choices(self._presets, kept), value=name)

    def _choose(self, name: str, kept: Any, listed: list[str], *values: Any) -> list[Any]:
        before = collect(*values)
        after = self._presets.apply(name, kept, listed, before)
        changes = describe_changes(before, after)
        said = words("presets.changed", changes=changes) if changes else words("presets.unchanged")
        fields = [gr.skip() if after[field] == before[field] else gr.update(value=after[field]) for field in FIELDS]
        return [said, name if name in own_presets(kept) else gr.skip(), *fields]

    def _keep(self, kept: Any, listed: list[str], chosen: str, *values: Any) -> list[Any]:
        new = keep(kept, listed, *values)
        return [new, self.matching(chosen, new, listed, *values)]

    def _save(self, name: str | None, kept: Any, listed: list[str], *values: Any) -> list[Any]:
        try:
            new = self._presets.save(name, kept, listed, *values)
        except GlassboxError as error:
            raise toasts.error(error) from None
        saved = [*own_presets(new)][-1]
        return [new, self.matching(saved, new, listed, *values), words("presets.saved")]

    def _delete(self, name: str | None, kept: Any, listed: list[str], *values: Any) -> list[Any]:
        try:
            new = without_preset(name, kept)
        except GlassboxError as error:
            raise toasts.error(error) from None
        return [new, self.matching(CUSTOM, new, listed, *values), words("presets.deleted")]


def _choices(presets: Presets, kept: Any) -> list[tuple[str, str]]:
    """Return the entries of the list, each with its name for people: those of the page have one in each language."""
    return [(words("presets.custom"), CUSTOM), *((presets.label_of(name), name) for name in presets.names(kept))]
