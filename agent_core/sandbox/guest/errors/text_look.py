"""What bytes look like that could not be read as text or as a table: a format, an encoding, a separator."""

import re
from dataclasses import dataclass

from ..files.encodings import guess_encoding

LOOKED_AT = 2**16  # bytes of a file
_FORMATS = {
    b"PK\x03\x04": "a ZIP archive, as .xlsx and .docx are: pd.read_excel, docx.Document or zipfile reads it",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file: pd.read_excel reads .xls",
    b"%PDF": "a PDF: pdfplumber.open or pypdf.PdfReader reads it",
    b"\x1f\x8b": "compressed by gzip: pd.read_csv(…, compression='gzip') or gzip.open reads it",
    b"PAR1": "Parquet: pd.read_parquet reads it",
    b"ARROW1": "Feather: pd.read_feather reads it",
    b"SQLite format 3": "a database: sqlite3.connect opens it",
    b"\x89PNG": "an image: PIL.Image.open reads it",
    b"\xff\xd8\xff": "an image: PIL.Image.open reads it",
}
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SEPARATORS = (";", "\t", "|", ",")
_LINES = 6


@dataclass(frozen=True)
class TextLook:
    """What bytes look like.

    Attributes:
        format: What they are if no text, and what reads it; "" for text.
        encoding: The encoding of the text; "" if unknown.
        separator: What stands between columns; "" if there are none.
        decimal_comma: Whether numbers have a comma before their decimals.
    """

    format: str = ""
    encoding: str = ""
    separator: str = ""
    decimal_comma: bool = False

    @classmethod
    def at(cls, data: bytes) -> "TextLook":
        """Look at the beginning of a file."""
        if name := next((name for start, name in _FORMATS.items() if data.startswith(start)), ""):
            return cls(format=name)
        encoding = _encoding(data)
        text = data.decode(encoding or "latin-1", "ignore")
        separator = _separator(text)
        comma = separator != "," and bool(re.search(rf"(?:^|{re.escape(separator)})-?[\d.]*\d,\d+", text, re.MULTILINE))
        return cls("", encoding, separator, comma)

    @property
    def reading(self) -> str:
        """How pandas reads the columns; "" for as it does by itself."""
        separator = f"sep={self.separator!r}" if self.separator not in ("", ",") else ""
        return ", ".join(filter(None, [separator, "decimal=','" if separator and self.decimal_comma else ""]))


def _encoding(data: bytes) -> str:
    if mark := next((name for start, name in _MARKS.items() if data.startswith(start)), ""):
        return mark
    if data[1:400:2].count(0) > len(data[:400]) // 4:
        return "utf-16-le"
    try:
        data[: data.rfind(b"\n") + 1 or None].decode()
    except UnicodeDecodeError:
        return _one_byte_encoding(data)
    return "utf-8"


def _one_byte_encoding(data: bytes) -> str:
    """Return the encoding of text that is no UTF-8: where most letters are ASCII, a western European one."""
    ascii_letters, others = len(re.findall(rb"[A-Za-z]", data)), len(re.findall(rb"[\x80-\xff]", data))
    if others > ascii_letters:
        return guess_encoding(data)
    return "latin-1" if re.search(rb"[\x81\x8d\x8f\x90\x9d]", data) else "cp1252"


def _separator(text: str) -> str:
    """Return what each of the first lines has, the same number of times if possible; "" for nothing."""
    lines = [line for line in text.splitlines() if line.strip()][:_LINES]
    counts = {mark: [line.count(mark) for line in lines] for mark in _SEPARATORS}
    there = [mark for mark in _SEPARATORS if counts[mark] and counts[mark][0] and all(counts[mark])]
    return min(there, key=lambda mark: (len(set(counts[mark])), -counts[mark][0]), default="")
