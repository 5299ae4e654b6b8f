"""The files of a chat's workspace, as links in a message."""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from agent_core.execution import IMAGE_ENDINGS, FileNote
from ui.texts import words
from ui.view.escaping import escape
from ui.view.usage_text import size_text

_MOST_SHOWN = 20


def files_html(notes: Sequence[FileNote], address: str) -> str:
    """Return files as a line of links, images with thumbnails. `address` is where the browser fetches them."""
    links = "".join(
        _link(note, f"{address}/{quote(note.name, errors='surrogateescape')}") for note in notes[:_MOST_SHOWN]
    )
    left = len(notes) - _MOST_SHOWN
    more = f"<small>{words('files.more_in_workspace', count=left)}</small>" if left > 0 else ""
    return f'<div class="files">{links}{more}</div>'


def _link(note: FileNote, address: str) -> str:
    picture = f'<img src="{address}?picture" alt="" loading="lazy">' if note.kind in IMAGE_ENDINGS else ""
    name = escape(re.sub(r"\s+", " ", note.name))
    return f'<a href="{address}" download="">{picture}{name} <small>{escape(described(note))}</small></a>'


def described(note: FileNote) -> str:
    """Return a file's type and size for a person."""
    ending = Path(note.name).suffix.removeprefix(".").upper()
    kind = ending if 0 < len(ending) <= 5 else note.kind.partition("/")[0]
    return f"{kind} · {size_text(note.size)}"
