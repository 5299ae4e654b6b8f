"""Pictures that code displays, as elements of a message. Gradio's own have no name for who cannot see them."""

import base64

from agent_core.execution import SVG, Display
from ui.texts import words
from ui.view.assets import NamedDisplays


def picture_html(display: Display, pictures: NamedDisplays) -> str:
    """Return a display that is an image as one line of HTML.

    Args:
        display: The display. Browsers load and run nothing that an SVG refers to in such an element.
        pictures: The others of its chat, which the browser fetches.
    """
    if display.image_type == SVG:
        source = f"data:{SVG};base64,{base64.b64encode(display.data[SVG].encode()).decode()}"
    else:
        assert display.image_type, "it is an image"
        source = pictures.address_of(display)
    alt = words("turn.picture")
    return f'<img src="{source}" alt="{alt}">'
