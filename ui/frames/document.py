"""Makes the document of a frame from HTML that code displays."""

import re
from functools import lru_cache
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from ui.frames.libraries import library_for

_HERE = Path(__file__).parent
_SCRIPT = re.compile(r"<script\b[^>]*\bsrc\s*=\s*[\"']?(https?:[^\"'\s>]+)[^>]*>\s*</script\s*>", re.IGNORECASE)
_STYLE_SHEET = re.compile(r"<link\b[^>]*\bhref\s*=\s*[\"']?(https?:[^\"'\s>]+)[^>]*>", re.IGNORECASE)
# What holds a document of its own, or has the browser look up hosts. The guard keeps scripts from making them.
_LOADING = re.compile(r"<(?=(?:iframe|frame|object|embed|link|portal|fencedframe)[\s/>])", re.IGNORECASE)
_NOTE = (
    '<p id="glassbox-missing"{hidden}>Nothing is loaded from the web here, so this lacks what comes from'
    " <b>{hosts}</b>. Download it as HTML to see it whole.</p>"
)


def frame_document(html: str, libraries_at: str) -> str:
    """Return a whole document that shows HTML, to be sent with the policy of frames.

    Scripts and style sheets with public addresses come from this app if it has them, and are left out if not; the
    document says so then.

    Args:
        html: HTML of a chart library, or of anybody.
        libraries_at: The address of the libraries, relative to the document.
    """
    missing: dict[str, None] = {}  # in the order of their appearance

    def served(address: str, tag: str) -> str:
        name = library_for(address)
        if name is None:
            missing[urlsplit(address).netloc] = None
        return tag.format(f"{libraries_at}/{name}") if name else ""

    styles: list[str] = []

    def take_style(match: re.Match[str]) -> str:
        if tag := served(match[1], '<link rel="stylesheet" href="{}">'):
            styles.append(tag)
        return ""

    body = _SCRIPT.sub(lambda match: served(match[1], '<script src="{}"></script>'), html)
    body = _LOADING.sub("&lt;", _STYLE_SHEET.sub(take_style, body))
    note = _NOTE.format(hidden="" if missing else " hidden", hosts=escape(", ".join(missing)))
    return f"{_head()}{''.join(styles)}{note}{body}"


@lru_cache(maxsize=1)
def _head() -> str:
    guard = (_HERE / "guard.js").read_text(encoding="utf-8")
    style = (_HERE / "frame.css").read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<script>{guard}</script><style>{style}</style>"
    )
