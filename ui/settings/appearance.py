"""How the page looks to this person: settings of the browser alone, which it keeps itself (scripts/early/theme.js)."""

import gradio as gr

from ui.event_options import QUIET
from ui.texts import words

_THEMES = ("system", "light", "dark")
_CHOSEN = """() => {
    let shown = {};
    try {
        shown = JSON.parse(localStorage.getItem("glassbox-presenting")) ?? {};
    } catch {}
    return [window.chosenTheme(), Boolean(shown.everything), Boolean(shown.large)];
}"""
_PRESENT = "(everything, large) => { window.setPresenting({ everything, large }); }"


class Appearance:
    """The switches for the theme and for presenters, laid out inside the current Blocks."""

    def __init__(self) -> None:
        with gr.Group(elem_id="appearance"):
            themes = [(words(f"settings.{name}"), name) for name in _THEMES]
            self.theme = gr.Radio(themes, value="system", label=words("settings.colours"), elem_id="theme")
            self.everything = gr.Checkbox(
                label=words("settings.everything"), info=words("settings.everything_about"), elem_id="show-everything"
            )
            self.large = gr.Checkbox(
                label=words("settings.large"), info=words("settings.large_about"), elem_id="large-type"
            )

    def wire(self, page: gr.Blocks) -> None:
        """Show what the browser kept, and follow what a person chooses."""
        switches = [self.everything, self.large]
        page.load(None, None, [self.theme, *switches], js=_CHOSEN, **QUIET)
        self.theme.input(None, self.theme, None, js="theme => { window.setTheme(theme); }", **QUIET)
        gr.on([switch.input for switch in switches], None, switches, None, js=_PRESENT, **QUIET)
