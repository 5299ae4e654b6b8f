"""How the page looks to this person: settings of the browser alone, which it keeps itself (scripts/early/theme.js)."""

import gradio as gr

from ui.event_options import QUIET

_THEMES = [("As the system", "system"), ("Light", "light"), ("Dark", "dark")]
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
            self.theme = gr.Radio(_THEMES, value="system", label="Colours", elem_id="theme")
            self.everything = gr.Checkbox(
                label="Show everything", info="All steps stand open: for an audience.", elem_id="show-everything"
            )
            self.large = gr.Checkbox(
                label="Large type", info="The conversation can be read from afar.", elem_id="large-type"
            )

    def wire(self, page: gr.Blocks) -> None:
        """Show what the browser kept, and follow what a person chooses."""
        switches = [self.everything, self.large]
        page.load(None, None, [self.theme, *switches], js=_CHOSEN, **QUIET)
        self.theme.input(None, self.theme, None, js="theme => { window.setTheme(theme); }", **QUIET)
        gr.on([switch.input for switch in switches], None, switches, None, js=_PRESENT, **QUIET)
