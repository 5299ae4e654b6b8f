"""The part of the settings with the system prompts: to change them, and to read the one that is sent."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from ui.event_options import ENDLESS, QUIET
from ui.settings.settings import DEFAULT_SYSTEM_PROMPT, DEFAULT_TOOL_PROMPT, AgentKind, Settings
from ui.texts import words

_HIDE = "() => ({ __type__: 'update', visible: false })"


class PromptForm:
    """The prompts, laid out inside the current Blocks. That of the kind of agent that is not chosen is hidden.

    Attributes:
        system_prompt: The prompt of the agent that writes code.
        tool_prompt: The prompt of the agent that calls tools.
        hide_sent: The event that hides the prompt as it was sent, because it may be another one now.
    """

    def __init__(self, default: Settings, *, visible: bool = True) -> None:
        with gr.Accordion(words("settings.prompt"), open=False, visible=visible, elem_id="prompt"):
            self.system_prompt = _prompt_box(default.system_prompt, elem_id="system-prompt")
            self.tool_prompt = _prompt_box(default.tool_prompt, elem_id="tool-prompt", visible=False)
            self._reset = gr.Button(words("settings.prompt_reset"), size="sm")
            self._show = gr.Button(words("settings.prompt_show"), size="sm", elem_id="show-prompt")
            self._sent = gr.Textbox(
                label=words("settings.prompt_sent"),
                lines=10,
                max_lines=30,
                interactive=False,
                visible=False,
                buttons=["copy"],
                elem_id="sent-prompt",
            )
        self.hide_sent: dict[str, Any] = {"fn": None, "outputs": self._sent, "js": _HIDE, **QUIET}

    def wire(self, fill: Callable[..., Any], inputs: list[Any]) -> None:
        """Show the prompt as it is sent on a click.

        Args:
            fill: Returns the prompt, filled.
            inputs: What it takes.
        """
        filled = self._show.click(fill, inputs, self._sent, **ENDLESS)
        filled.success(None, None, self._sent, js="() => ({ __type__: 'update', visible: true })", **QUIET)

    def wire_reset(self, agent: gr.Radio, keeping: dict[str, Any]) -> None:
        """Reset the prompt of the chosen kind of agent on a click, and have the browser keep it."""
        prompts = [self.system_prompt, self.tool_prompt]
        self._reset.click(_default_prompts, agent, prompts, **QUIET).then(**keeping).then(**self.hide_sent)


def _prompt_box(prompt: str, **settings: Any) -> gr.Textbox:
    info = words("settings.prompt_about")
    return gr.Textbox(prompt, show_label=False, lines=10, max_lines=24, info=info, **settings)


def _default_prompts(kind: AgentKind) -> list[Any]:
    """Return updates of the two prompts: that of this kind of agent becomes the default, the other one stays."""
    if kind == "code":
        return [DEFAULT_SYSTEM_PROMPT, gr.skip()]
    return [gr.skip(), DEFAULT_TOOL_PROMPT]
