"""Turns any value into a MIME bundle: its text, and its picture, table or HTML if it has one."""

import base64
import io
import pprint
import sys
from collections.abc import Callable
from typing import Any

from ..message_limits import LONGEST_NAME, MOST_MIME_TYPES
from .charts import FILM, chart_of, film_of
from .figures import figure_of, png
from .formulas import formula_of
from .tables import table_of
from .truncation import truncate_middle
from .variables import describe

TEXT_LIMIT = 100_000  # characters of an answer
VALUE_LIMIT = 6_000  # characters of the value of a step, or of a display
BUNDLE_LIMIT = 8 * 2**20  # bytes
_METHODS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_latex_": "text/latex",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
}


def bundle(value: Any, text_limit: int = TEXT_LIMIT, look: Callable[[Any], str] = repr) -> dict[str, str]:
    """Return a value as a MIME bundle.

    Args:
        value: Any object.
        text_limit: Characters of the text. A longer one is cut in the middle, and says the value's type and size.
        look: Makes the text of what is neither text nor a container: `repr`, or `str` to have it as print() does.

    Returns:
        MIME types to contents; binary contents are base64 text. "text/plain" is always there.

    Raises:
        Exception: Whatever drawing a figure raises.
    """
    data = {} if isinstance(value, type) else _rich(value)
    text = data.pop("text/plain", None) or _as_text(value, text_limit, look)
    if len(text) > text_limit:
        text = f"{truncate_middle(text, text_limit)}\n({describe(value)})"
    size = sum(len(content.encode("utf-8", "replace")) for content in data.values())
    if size > BUNDLE_LIMIT:
        return {"text/plain": f"{text}\n(Too large to be shown: {size / 2**20:.1f} MB.)"}
    return {"text/plain": text, **data}


def show_images(show: Callable[[Any], None]) -> None:
    """Make PIL's `image.show()` display the image, because there is no program to open it with."""
    if images := sys.modules.get("PIL.Image"):
        images.Image.show = lambda image, title=None: show(image)


def _as_text(value: Any, limit: int, look: Callable[[Any], str]) -> str:
    """Return the value as text: a str as it is, a container pretty-printed unless it is longer than `limit`."""
    if isinstance(value, str):
        return value
    try:
        text = look(value)
        if isinstance(value, (dict, list, tuple, set, frozenset)) and len(text) < limit:
            return pprint.pformat(value, width=100, compact=True, sort_dicts=False)
    except Exception as error:
        return f"<{type(value).__name__}; its {look.__name__}() raised {type(error).__name__}>"
    return text


def _rich(value: Any) -> dict[str, str]:
    if figure := figure_of(value):
        return {"image/png": png(figure)}
    return table_of(value) or _image(value) or chart_of(value) or formula_of(value) or _by_methods(value)


def _image(value: Any) -> dict[str, str]:
    images = sys.modules.get("PIL.Image")
    if not images or not isinstance(value, images.Image):
        return {}
    buffer = io.BytesIO()
    try:
        value.save(buffer, format="PNG")
    except OSError:  # a colour mode that PNG does not have
        buffer = io.BytesIO()
        value.convert("RGB").save(buffer, format="PNG")
    return {"image/png": base64.b64encode(buffer.getvalue()).decode()}


def _by_methods(value: Any) -> dict[str, str]:
    """Return what the value's `_repr_*_` methods return, as in notebooks. Methods that raise are skipped."""
    data = {}
    for name, mime in _METHODS.items():
        if content := _call(value, name):
            data[mime] = content
    several = _call(value, "_repr_mimebundle_")
    several = several[0] if isinstance(several, tuple) and several else several
    if isinstance(several, dict):
        data |= several
    shown = {mime: _as_str(content) for mime, content in data.items() if _is_shown(mime, content)}
    if film := film_of(shown.get("text/html", "")):
        shown = {FILM: film}
    return dict([*shown.items()][: MOST_MIME_TYPES - 2])


def _is_shown(mime: Any, content: Any) -> bool:
    return isinstance(mime, str) and len(mime) <= LONGEST_NAME and isinstance(content, (str, bytes))


def _call(value: Any, name: str) -> Any:
    method = getattr(type(value), name, None)
    try:
        return method(value) if callable(method) else None
    except Exception:
        return None


def _as_str(content: str | bytes) -> str:
    return base64.b64encode(content).decode() if isinstance(content, bytes) else content
