"""What code displays, and answers with: as a part of a message, or as a message of its own."""

from typing import Any

from agent_core.execution import Display
from agent_core.text import truncate_middle
from ui.texts import words
from ui.view.assets import Assets, NamedDisplays
from ui.view.escaping import fence
from ui.view.formulas import formula_markdown
from ui.view.interactive import frame
from ui.view.pictures import picture_html
from ui.view.sanitizing import clean_html, clean_markdown, is_light_enough
from ui.view.tables import links_html

APART = ("image", "interactive")
"""Kinds of displays that are messages of their own."""
SHOWN_CHARACTERS = 6_000
_RICH = ("text/html", "text/latex", "text/markdown")  # the first of them is shown


def rich_source(display: Display) -> str:
    """Return what of a display is more than text; "" if nothing is."""
    return next((display.data[mime] for mime in _RICH if mime in display.data), "")


def rich(display: Display, tables: NamedDisplays, *, has_room: bool = True) -> str:
    """Return a table, a formula or Markdown that code displays as a part of a message; "" for plain text."""
    source, text = rich_source(display), str(display)
    if not source.strip():
        return ""
    if not has_room or (display.kind == "table" and not is_light_enough(source)):
        plain = as_text("\n".join([text, words("turn.too_large")]))
        return f"{plain}\n\n{links_html(display, tables)}".rstrip()
    match display.kind:
        case "table":
            return (clean_html(source) or as_text(text)) + links_html(display, tables)
        case "formula":
            return formula_markdown(source) or as_text(text)
        case _:
            return clean_markdown(source)


def as_text(text: str) -> str:
    """Return a text as it is, as a part of a message; a long one is cut in the middle."""
    return fence(truncate_middle(text, SHOWN_CHARACTERS), "text")


def apart(display: Display, assets: Assets) -> dict[str, Any]:
    """Return the message of a display that has one of its own."""
    if display.kind == "interactive":
        return {"role": "assistant", "content": frame(display, assets.frames)}
    return {"role": "assistant", "content": picture_html(display, assets.pictures)}
