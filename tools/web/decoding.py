"""From bytes to text, even where a server names the wrong charset."""

import codecs
import re

from bs4.dammit import EncodingDetector

FOR_NAMES = ("idna", "punycode")  # codecs for the names of hosts, which take hours for a page


def decode(body: bytes, charset: str | None, *, is_html: bool = False) -> str:
    """The text of `body`: by its byte-order mark, else by `charset`, the document's own word or a guess."""
    body, marked = EncodingDetector.strip_byte_order_mark(body)
    declared = EncodingDetector.find_declared_encoding(body, is_html=is_html)
    for encoding in filter(None, (marked, charset, declared, "utf-8")):
        try:
            if codecs.lookup(encoding).name not in FOR_NAMES:
                return body.decode(encoding)
        except (LookupError, ValueError):
            continue  # unknown, or not what the bytes are
    text = body.decode("utf-8", "replace")
    readable = len(re.findall(r"[^\x00-\x7f\ufffd]", text))
    return text if readable >= text.count("\ufffd") else body.decode("windows-1252", "replace")
