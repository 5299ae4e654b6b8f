"""Images for models that can see, as data: URLs."""

import base64
import io
import sys
from pathlib import Path
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.execution import IMAGE_ENDINGS, Execution
from agent_core.file_names import mime_type

_OF_PNG = ("1", "L", "LA", "P", "RGB", "RGBA")
_LARGEST = 5 * 2**20  # bytes


def as_data_url(path: Path) -> str:
    """Return an image file as a data: URL.

    Raises:
        GlassboxError: The file is missing, too large, or of a type that models do not take.
    """
    kind = mime_type(path.name)
    if kind not in IMAGE_ENDINGS:
        raise GlassboxError(f"{path.name} is not an image that a model can see. Use a PNG, JPEG, GIF or WebP file.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise GlassboxError(f"{path.name} cannot be read ({error.strerror}). Check that the file is there.") from None
    if len(data) > _LARGEST:
        raise GlassboxError(f"{path.name} is too large; at most {_LARGEST // 2**20} MB fit. Make it smaller.")
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def picture_as_data_url(value: Any) -> str | None:
    """Return a picture of PIL as a data: URL; None for anything else, and for one that is too large."""
    images = sys.modules.get("PIL.Image")
    if images is None or not isinstance(value, images.Image):
        return None
    buffer = io.BytesIO()
    (value if value.mode in _OF_PNG else value.convert("RGB")).save(buffer, format="PNG")
    data = buffer.getvalue()
    return f"data:image/png;base64,{base64.b64encode(data).decode()}" if len(data) <= _LARGEST else None


def is_visible_image(path: Path) -> bool:
    """Return whether a file is, by its name and size, an image that models can see."""
    try:
        return mime_type(path.name) in IMAGE_ENDINGS and path.stat().st_size <= _LARGEST
    except OSError:
        return False


def shown_images(execution: Execution) -> list[str]:
    """Return the figures and images of an execution that models can see, as data: URLs."""
    return [
        f"data:{kind};base64,{display.data[kind]}"
        for display in execution.displays
        if (kind := display.image_type) in IMAGE_ENDINGS and len(display.data[kind]) <= _LARGEST
    ]
