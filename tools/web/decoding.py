"""Turns bytes into text, even if a server names the wrong charset."""

import codecs
import re

from bs4.dammit import EncodingDetector

FOR_NAMES = ("idna", "punycode")  # codecs for host names, which would take hours for a page


def decode(body: bytes, charset: str | None, *, is_html: bool = False) -> str:
    """Return the text of a document.

    The encoding is that of its byte-order mark; or else `charset`, the one that the document declares, or a guess.

    Args:
        body: The document.
        charset: The encoding that the server names; None if it names none.
        is_html: Whether the document may declare its encoding as HTML does.
    """
    body, marked = EncodingDetector.strip_byte_order_mark(body)
    declared = EncodingDetector.find_declared_encoding(body, is_html=is_html)
    for encoding in filter(None, (marked, charset, declared, "utf-8")):
        try:
            if codecs.lookup(encoding).name not in FOR_NAMES:
                return body.decode(encoding)
        except (LookupError, ValueError):
            continue  # the encoding is unknown or wrong
    text = body.decode("utf-8", "replace")
    readable = len(re.findall(r"[^\x00-\x7f\ufffd]", text))
    return text if readable >= text.count("\ufffd") else body.decode("windows-1252", "replace")
