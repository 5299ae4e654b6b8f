"""The interactive displays of one chat, each in a frame."""

from html import escape

import gradio as gr

from agent_core.execution import Display

_FRAME = (
    '<figure class="frame"><iframe src="{address}" sandbox="allow-scripts allow-downloads" loading="lazy"'
    ' title="{title}"></iframe>{link}</figure>'
)
_LINK = '<figcaption><a href="{address}?file" download="">Download as HTML</a></figcaption>'
_LONGEST_TITLE = 200  # characters


class InteractiveDisplays:
    """Numbers the displays, so that the browser can fetch them.

    Args:
        address: The address of the chat's frames, relative to the page.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._displays: list[Display] = []

    def find(self, number: int) -> Display | None:
        """Return the display with a number; None if there is none."""
        return self._displays[number - 1] if 0 < number <= len(self._displays) else None

    def frame(self, display: Display) -> gr.HTML:
        """Return the frame that shows a display."""
        address = f"{self._address}/{self._number_of(display)}"
        # Sound, film and styled text are whole here; a chart may have more to show where it may load from the web.
        link = _LINK.format(address=address) if "<script" in display.data["text/html"] else ""
        return gr.HTML(_FRAME.format(address=address, title=escape(str(display)[:_LONGEST_TITLE]), link=link))

    def _number_of(self, display: Display) -> int:
        for number, known in enumerate(self._displays, start=1):
            if known is display:
                return number
        self._displays.append(display)
        return len(self._displays)
