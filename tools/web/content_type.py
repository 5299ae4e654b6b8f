"""Tells what a document is. Its first bytes count more than what the server says."""

import re
from typing import Literal

from agent_core.net.urls import path_of

Kind = Literal["html", "xml", "json", "csv", "markdown", "text", "pdf", "image", "binary"]

START = 1_024  # bytes to look at
IMAGES = re.compile(
    rb"\x89PNG\r\n\x1a\n|GIF8[79]a|\xff\xd8\xff|RIFF....WEBP|....ftypavif|BM....\x00{4}|II\*\x00|MM\x00\*|\x00\x00\x01\x00[\x01-\x20]\x00",
    re.DOTALL,
)
BINARIES = {
    "a ZIP archive or an Office document": rb"PK\x03\x04|PK\x05\x06",
    "a compressed archive": rb"\x1f\x8b|7z\xbc\xaf\x27\x1c|Rar!\x1a|BZh[1-9]|\xfd7zXZ\0|\x28\xb5\x2f\xfd",
    "a video or a sound": rb"....ftyp|\x1aE\xdf\xa3|OggS|ID3|\xff[\xfb\xf3\xf2]|RIFF....(?:AVI |WAVE)|fLaC|FLV\x01",
    "a program": rb"\x7fELF|MZ|\xcf\xfa\xed\xfe|\xca\xfe\xba\xbe|\0asm",
    "a database": rb"SQLite format 3\0",
    "an old Office document": rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
}
HTML = re.compile(r"(?:<!--(?:(?!-->).)*-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body)\b", re.DOTALL)
XML = re.compile(r"<\?xml|<rss\b|<feed\b|<urlset\b|<svg\b")
PLAIN = ("", "text/plain", "application/octet-stream", "binary/octet-stream", "application/vnd.ms-excel")


def content_type_of(start: bytes, media_type: str, url: str) -> Kind:
    """Return how to read a document.

    Args:
        start: Its first bytes.
        media_type: The media type that the server names; "" if it names none.
        url: Its address.
    """
    start = start[:START]
    if b"%PDF-" in start:
        return "pdf"
    if IMAGES.match(start):
        return "image"
    if not _is_text(start) or (b"\0" in start and _named_binary(start)):
        return "binary"
    return _kind_of_text(
        start.decode("utf-8", "ignore").replace("\0", "").lstrip("\ufeff \t\r\n").lower(), media_type, url
    )


def name_binary(start: bytes, media_type: str) -> str:
    """Return words for a document that cannot be read, such as "a program"."""
    return _named_binary(start) or (media_type if media_type not in PLAIN else "") or "binary data"


def _named_binary(start: bytes) -> str:
    return next((name for name, mark in BINARIES.items() if re.match(mark, start, re.DOTALL)), "")


def _is_text(start: bytes) -> bool:
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        return True
    odd = len(re.findall(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", start))
    return odd <= len(start) // 100


def _kind_of_text(start: str, media_type: str, url: str) -> Kind:
    path = path_of(url).lower()
    subtype = media_type.rpartition("/")[2].rpartition("+")[2]
    is_plain = media_type in PLAIN
    looks_json = start[:1] in ("{", "[") and "<" not in start[:200]
    if HTML.match(start) or (subtype in ("html", "xhtml") and not looks_json and not XML.match(start)):
        return "html"
    if XML.match(start) or subtype == "xml":
        return "xml"
    if subtype == "json" or (looks_json and (subtype == "html" or path.endswith(".json"))):
        return "json"
    if subtype in ("csv", "tab-separated-values") or (is_plain and path.endswith((".csv", ".tsv"))):
        return "csv"
    if subtype == "markdown" or (is_plain and path.endswith((".md", ".markdown"))):
        return "markdown"
    return "json" if looks_json and is_plain and media_type != "text/plain" else "text"
