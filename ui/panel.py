"""The panel at the right of the page, with its tabs, and the buttons at the top that open it (scripts/panel.js)."""

from pathlib import Path

import gradio as gr

from ui.config import Config
from ui.settings.form import SettingsForm
from ui.settings.own_agent import OwnAgent
from ui.texts import with_words, words

_FILES = Path(__file__).with_name("files_panel.html").read_text(encoding="utf-8")


class Panel:
    """The panel, laid out inside the current Blocks. It is closed until a person wants it.

    Args:
        config: How the app is configured.
        own: The agent that the page was opened around, if it was.

    Attributes:
        form: The settings, in their tab.
        opened: The events after which the settings are seen.
    """

    def __init__(self, config: Config, own: OwnAgent | None = None) -> None:
        with gr.Row(elem_id="panel-buttons"):
            gr.Button(words("panel.files"), size="sm", scale=0, min_width=0, elem_id="open-files")
            settings = gr.Button(words("panel.settings"), size="sm", scale=0, min_width=0, elem_id="open-settings")
        with gr.Sidebar(position="right", open=False, width="var(--panel-width)", elem_id="panel"):
            gr.Button(words("panel.close"), size="sm", scale=0, min_width=0, elem_id="close-panel")
            with gr.Tabs(selected="settings"):
                with gr.Tab(words("panel.files"), id="files", elem_id="files"):
                    gr.HTML('<div class="place"></div>', padding=False, elem_id="files-panel")  # files.js
                with gr.Tab(words("panel.settings"), id="settings", elem_id="settings") as tab:
                    self.form = SettingsForm(config, own)
                    gr.Button(words("panel.shortcuts"), size="sm", elem_id="open-shortcuts")  # shortcuts.js
        gr.HTML(with_words(_FILES), elem_id="files-parts")  # here, as a tab is made when it is opened
        self.opened = [settings.click, tab.select]
