"""Interactive displays, each in a frame."""

from html import escape

import gradio as gr

from agent_core.execution import Display
from ui.texts import words
from ui.view.assets import NamedDisplays

_FRAME = (
    '<figure class="frame"><iframe src="{address}" title="{title}" loading="lazy"'
    ' sandbox="allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox"></iframe>{link}</figure>'
)
_LINK = '<figcaption><a href="{address}?file" download="">{download}</a></figcaption>'
_LONGEST_TITLE = 200  # characters


def frame(display: Display, frames: NamedDisplays) -> gr.HTML:
    """Return the frame that shows a display."""
    address = frames.address_of(display)
    # Sound, film and styled text are whole here; a chart may have more to show where it may load from the web.
    link = (
        _LINK.format(address=address, download=words("frames.download"))
        if "<script" in display.data.get("text/html", "")
        else ""
    )
    return gr.HTML(_FRAME.format(address=address, title=escape(str(display)[:_LONGEST_TITLE]), link=link))
