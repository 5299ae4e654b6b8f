"""What the names of files say and may be: safe names, and the types that names suggest."""

import mimetypes
import re
import unicodedata

_LONGEST = 255  # bytes, as file systems have it
_LONGEST_ENDING = 20  # bytes; a longer one is a part of the name that happens to follow a dot
# What no name can hold, what would break the line that it stands in or turn its direction, and halves of characters.
_REPLACED = re.compile("[/\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_TYPES = mimetypes.MimeTypes()
for _ending, _type in {
    ".avif": "image/avif",
    ".db": "application/vnd.sqlite3",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".duckdb": "application/vnd.duckdb",
    ".feather": "application/vnd.apache.arrow.file",
    ".geojson": "application/geo+json",
    ".heic": "image/heic",
    ".ipynb": "application/x-ipynb+json",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".ndjson": "application/jsonl",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".parquet": "application/vnd.apache.parquet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".sqlite": "application/vnd.sqlite3",
    ".sqlite3": "application/vnd.sqlite3",
    ".toml": "application/toml",
    ".ts": "text/plain",
    ".tsv": "text/tab-separated-values",
    ".webp": "image/webp",
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}.items():
    _TYPES.add_type(_type, _ending)
_PACKED = {
    "gzip": "application/gzip",
    "bzip2": "application/x-bzip2",
    "xz": "application/x-xz",
    "br": "application/x-br",
}


def safe_name(name: str, number: int = 1) -> str:
    """Return a name as its author wrote it, as far as a file can have it.

    It is put into the composed form of Unicode (macOS gives letters and their accents apart), only what no name can
    hold or no line can show becomes "_", and one that is too long is cut before its ending.

    Args:
        name: A name without folders, from anywhere.
        number: From 2 on it stands before the ending, for files that would else have one name.
    """
    name = _REPLACED.sub("_", unicodedata.normalize("NFC", name))
    name = "file" if name in ("", ".", "..") else name
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if stem and len(ending.encode()) < _LONGEST_ENDING else (name, "")
    ending = f"_{number}{ending}" if number > 1 else ending
    return stem.encode()[: _LONGEST - len(ending.encode())].decode(errors="ignore") + ending


def mime_type(name: str) -> str:
    """Return the MIME type that a file's name suggests, the same on every machine for types of data."""
    kind, packed = _TYPES.guess_type(name)
    return _PACKED.get(packed, "application/octet-stream") if packed else kind or "application/octet-stream"
