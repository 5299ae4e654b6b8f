"""Looks into files as a person would: what the model is told of those that come with a question.

Parsers of strangers' files can be fooled, so this runs in a worker, confined, and never in the app.
"""

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from . import file_contents, file_tables

_READERS: dict[str, Callable[[Path], str]] = {
    **dict.fromkeys((".csv", ".tsv"), file_tables.text_table),
    **dict.fromkeys((".xlsx", ".xlsm"), file_tables.excel),
    ".xls": file_tables.old_excel,
    ".ods": file_tables.open_document,
    ".parquet": file_tables.parquet,
    **dict.fromkeys((".feather", ".arrow"), file_tables.feather),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3", ".duckdb"), file_tables.database),
    **dict.fromkeys((".json", ".geojson"), file_contents.json_document),
    **dict.fromkeys((".jsonl", ".ndjson"), file_contents.json_lines),
    ".ipynb": file_contents.notebook,
    ".pdf": file_contents.pdf,
    ".docx": file_contents.word,
    ".pptx": file_contents.slides,
    **dict.fromkeys(
        (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif"), file_contents.picture
    ),
    **dict.fromkeys(
        (".wav", ".mp3", ".m4a", ".ogg", ".flac", ".mp4", ".mov", ".webm", ".mkv", ".avi"), file_contents.recording
    ),
    ".zip": file_contents.zip_archive,
    **dict.fromkeys((".tar", ".tgz"), file_contents.tar_archive),
}
_LONGEST_REASON = 100  # characters


def print_overviews(names: Sequence[str]) -> None:
    """Print what is in each file of the workspace, in a line of JSON each, as soon as it is known.

    Args:
        names: The files' names, those first that shall not wait for the others.
    """
    warnings.simplefilter("ignore")
    for name in names:
        print(json.dumps([name, overview(Path(name))]), flush=True)


def overview(path: Path) -> str:
    """Return what is in a file, in a few lines; "" if nothing here can read it."""
    if not path.stat().st_size:
        return "it is empty"
    read = _READERS.get(path.suffix.lower(), file_contents.text)
    try:
        return read(path)
    except ImportError:  # the library is not installed: the code cannot read it either
        return ""
    except Exception as error:  # parsers raise all kinds
        return f"it cannot be read ({reason(error)})"


def reason(error: Exception) -> str:
    """Return why a file cannot be read. A reason with a path in it could be one of the host's."""
    kind, text = type(error).__name__, " ".join(str(error).split())
    return kind if not text or "/" in text else f"{kind}: {text[:_LONGEST_REASON]}"
