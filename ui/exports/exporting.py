"""Makes the files that a chat is exported as."""

import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

from agent_core.events import Event
from agent_core.file_names import safe_name
from ui.exports.markdown_text import markdown_file
from ui.exports.notebook import notebook_file
from ui.exports.record_file import record_file
from ui.exports.replay import replay_file
from ui.view.transcript import Transcript

ExportKind = Literal["markdown", "notebook", "html", "json"]
KINDS: tuple[ExportKind, ...] = get_args(ExportKind)
_LONGEST_NAME = 80  # characters
_TYPES = {
    ".md": "text/markdown; charset=utf-8",
    ".zip": "application/zip",
    ".ipynb": "application/x-ipynb+json",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
}


class Exported(NamedTuple):
    """A file that a chat was exported as.

    Attributes:
        name: Its name, which every system takes.
        content: Its bytes.
        content_type: Its MIME type.
    """

    name: str
    content: bytes
    content_type: str


def export(kind: ExportKind, title: str, events: Sequence[Event], memory: dict[str, Any] | None = None) -> Exported:
    """Return a chat as a file.

    Args:
        kind: "markdown" (a .zip with the pictures beside the text if there are any), "notebook", "html" (a replay), or
            "json" (a record that `read_export` reads).
        title: The chat's title, which is also the file's name.
        events: All events of the chat, in their order.
        memory: What the model is told of the chat, by `memory_record`; only the record has it.
    """
    if kind == "json":
        content, ending = record_file(title, events, memory), ".json"
    else:
        turns = Transcript(events).turns
        match kind:
            case "markdown":
                content, ending = markdown_file(title, turns)
            case "notebook":
                content, ending = notebook_file(title, turns), ".ipynb"
            case "html":
                content, ending = replay_file(title, turns), ".html"
    return Exported(_file_name(title) + ending, content, _TYPES[ending])


def _file_name(title: str) -> str:
    """Return the title as a name without ending, without the signs that some system does not take."""
    words = re.sub(r'[\\/:*?"<>|\s]+', " ", title)[:_LONGEST_NAME].strip(" .")
    return safe_name(words) if words else "chat"
