"""Turns bytes into text as browsers do, even if a server names the wrong charset."""

import codecs
import re

import charset_normalizer
import webencodings
from bs4.dammit import EncodingDetector

_NOT_FOR_PAGES = ("idna", "punycode", "utf-7", "unicode_escape", "raw_unicode_escape")  # the first two take hours
_WIDER = {"gbk": "gb18030"}  # what browsers read the encoding as
_MULTI_BYTE = ("gb", "big5", "shift_jis", "euc", "cp9", "iso2022", "hz", "johab", "utf")
_MOST_WRONG = 0.1  # share of characters beyond ASCII that may be unreadable in the encoding that is named
_FOREIGN_WORD = re.compile(rb"[^\s<>]*[\x80-\xff][^\s<>]*")
_IN_A_ROW = re.compile(rb"[\x80-\xff]{3,}")  # Western languages have such letters one by one
_FOREIGN = 0.3  # share of such rows from which on a text is not in a Western encoding
_GUESSED_FROM = 16_384  # bytes


def decode(body: bytes, charset: str | None, *, is_html: bool = False) -> str:
    """Return the text of a document.

    The encoding is that of its byte-order mark; or else `charset`, the one that the document declares, UTF-8, or a
    guess. A few bytes that are wrong in the encoding that is named become U+FFFD, and it is used all the same.

    Args:
        body: The document.
        charset: The encoding that the server names; None if it names none.
        is_html: Whether the document may declare its encoding as HTML does.
    """
    body, marked = EncodingDetector.strip_byte_order_mark(body)
    named = _codec(charset), _declared(body, is_html=is_html)
    if not any(_is_multi_byte(codec) for codec in named) and (text := _strictly_utf_8(body)) is not None:
        return text  # old names of one-byte encodings often stand on what is UTF-8
    for codec in (_codec(marked), *named, codecs.lookup("utf-8")):
        if codec is not None and (text := _decoded(body, codec)) is not None:
            return text
    return _guessed(body)


def _codec(label: str | None) -> codecs.CodecInfo | None:
    """Return what reads an encoding, by its name as browsers know it or else as Python does; None if unknown."""
    if not label:
        return None
    if (found := webencodings.lookup(label)) and found.name != "replacement":
        return codecs.lookup(_WIDER.get(found.name, found.name)) if found.name in _WIDER else found.codec_info
    try:
        codec = codecs.lookup(label.strip())
    except (LookupError, ValueError):
        return None
    if codec.name in _NOT_FOR_PAGES:
        return None
    browsers = webencodings.lookup(codec.name.replace("iso8859", "iso-8859"))  # it knows "latin1", but not "latin-1"
    return _codec(browsers.name) if browsers and browsers.name != "replacement" else codec


def _declared(body: bytes, *, is_html: bool) -> codecs.CodecInfo | None:
    """Return what reads the encoding that a document declares. It is not UTF-16, or it could not be read there."""
    codec = _codec(EncodingDetector.find_declared_encoding(body, is_html=is_html))
    return codecs.lookup("utf-8") if codec and codec.name.startswith(("utf-16", "utf-32")) else codec


def _is_multi_byte(codec: codecs.CodecInfo | None) -> bool:
    return codec is not None and codec.name.startswith(_MULTI_BYTE)


def _strictly_utf_8(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except ValueError:
        return None


def _decoded(body: bytes, codec: codecs.CodecInfo) -> str | None:
    """Return the text; None if too much of it cannot be read in this encoding."""
    try:
        text = codec.decode(body, "replace")[0]
    except (LookupError, ValueError):  # a codec that is not for texts
        return None
    wrong = text.count("\ufffd")
    beyond = len(re.findall(r"[^\x00-\x7f]", text)) if wrong else 0
    return text if isinstance(text, str) and wrong <= max(1, beyond * _MOST_WRONG) else None


def _guessed(body: bytes) -> str:
    """Return the text in the encoding that its letters suggest."""
    words = b" ".join(_FOREIGN_WORD.findall(re.sub(rb"<[^>]*>", b" ", body)))[:_GUESSED_FROM]
    if sum(map(len, _IN_A_ROW.findall(words))) > len(words) * _FOREIGN:
        best = charset_normalizer.from_bytes(words).best()
        if best is not None and (codec := _codec(best.encoding)) and (text := _decoded(body, codec)) is not None:
            return text
    return body.decode("windows-1252", "replace")
