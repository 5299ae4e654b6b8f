"""Pictures of PIL, and figures of matplotlib, as PNG. Neither library is imported before there is something to read."""

import base64
import io
import struct
import sys
from typing import Any

from ..showing.figures import figure_of
from ..showing.figures import png as drawn
from .forms import Form

MOST_PIXELS = 50_000_000  # of all pictures in one value
_OF_PNG = ("1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16")
_WITH_ALPHA = ("PA", "La", "RGBa")
_BEGINNING = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


def form_of(value: Any) -> Form | None:
    """Return the form of a picture or a figure; None for other values."""
    if figure := figure_of(value):
        return Form("image", drawn(figure))
    images = sys.modules.get("PIL.Image")
    return Form("image", png(value)) if images and isinstance(value, images.Image) and value.size != (0, 0) else None


def is_picture(value: Any) -> bool:
    """Return whether a value is a picture or a figure."""
    images = sys.modules.get("PIL.Image")
    return figure_of(value) is not None or (images is not None and isinstance(value, images.Image))


def png(image: Any) -> str:
    """Return a picture of PIL as PNG in base64. Colours of print and the like, which PNG does not have, become RGB."""
    if image.mode not in _OF_PNG:
        image = image.convert("RGBA" if image.mode in _WITH_ALPHA else "RGB")
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def pixels_of(data: bytes) -> int:
    """Return how many pixels a PNG claims to have. Raises ValueError if it is none."""
    if not data.startswith(_BEGINNING) or len(data) < 24:
        raise ValueError("it does not begin as a PNG does")
    width, height = struct.unpack_from(">II", data, 16)
    return width * height


def read(data: bytes, most_pixels: int = MOST_PIXELS) -> Any:
    """Return a PNG as a picture of PIL, which no other reader of PIL looks at.

    Raises:
        ImportError: PIL is not installed.
        ValueError, OSError, SyntaxError: It is too large, or damaged.
    """
    from PIL import Image

    claimed = pixels_of(data)
    if claimed > most_pixels:
        raise ValueError(f"a picture claims {claimed:,} pixels")
    with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
        if image.width * image.height != claimed:  # a second header says something else
            raise ValueError("a picture has two sizes")
        image.load()
        return image.copy()
