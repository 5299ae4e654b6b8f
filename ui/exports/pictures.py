"""Whether what a record calls a picture is one: anybody can write a record, and browsers decode what it has."""

import base64
import io

from PIL import Image

from agent_core.execution import IMAGE_ENDINGS

_MOST_PIXELS = 100_000_000  # as many as the sandbox lets code show
_FORMATS = [kind.removeprefix("image/").upper() for kind in IMAGE_ENDINGS]


def is_picture(mime: str, content: str) -> bool:
    """Return whether the content, in base64, is a picture of this type and of a size that can be shown."""
    try:
        data = base64.b64decode(content, validate=True)
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            return picture.get_format_mimetype() == mime and picture.width * picture.height <= _MOST_PIXELS
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # what Pillow raises for what is none
        return False
