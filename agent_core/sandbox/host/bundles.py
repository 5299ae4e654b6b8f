"""What the code displays, checked before it is shown: a person's own code can call anything a picture."""

import base64
import binascii
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

_MIME = re.compile(r"[a-z]+/[\w.+-]+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_MOST_PIXELS = 100_000_000
_LARGEST_SVG = 2 * 2**20  # characters
_DEEPEST_SVG = 200  # elements within elements
_MOST_SEGMENTS = 1_000  # of a JPEG before the one that tells its size
_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # the segments that tell the size
_JPEG_BARE = {0x01, *range(0xD0, 0xD9)}  # those without a length


class InvalidPicture(Exception):
    """The picture is none; the text says why, as the end of a sentence."""


def check(data: dict[str, str]) -> tuple[dict[str, str], str]:
    """A MIME bundle with what can be shown of it, and in a sentence what cannot, "" for nothing.

    The sentence is added to the bundle's "text/plain", too.
    """
    checked, problems = {}, []
    for mime, content in data.items():
        if not _MIME.fullmatch(mime):
            continue
        try:
            checked[mime] = _check_picture(mime, content) if mime.startswith("image/") else _printable(content)
        except InvalidPicture as error:
            problems.append(f"What was given as {mime} cannot be shown: {error}.")
    if problems:
        checked["text/plain"] += f"\n({' '.join(problems)})"
    return checked, " ".join(problems)


def _printable(text: str) -> str:
    """The text with a sign in the place of each character that JSON or a page could stumble over."""
    return _UNPRINTABLE.sub("\ufffd", text)


def _check_picture(mime: str, content: str) -> str:
    """The content of a picture, in the form it has to have. Raises InvalidPicture."""
    if mime == "image/svg+xml":
        _check_svg(content)
        return content
    if mime not in _SIZES:
        raise InvalidPicture("pictures are PNG, JPEG, GIF, WebP or SVG")
    try:
        picture = base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidPicture("it is no base64") from None
    try:
        width, height = _SIZES[mime](picture)
    except (struct.error, IndexError):
        raise InvalidPicture("its data ends too soon") from None
    if not 0 < width * height <= _MOST_PIXELS:
        raise InvalidPicture(f"it says that it is {width:,} by {height:,} pixels large")
    return base64.b64encode(picture).decode()


def _png_size(picture: bytes) -> tuple[int, int]:
    if not picture.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"):
        raise InvalidPicture("it does not begin as a PNG does")
    width, height, crc = struct.unpack_from(">II5xI", picture, 16)
    if zlib.crc32(picture[12:29]) != crc:
        raise InvalidPicture("its header is damaged")
    return width, height


def _jpeg_size(picture: bytes) -> tuple[int, int]:
    if not picture.startswith(b"\xff\xd8\xff"):
        raise InvalidPicture("it does not begin as a JPEG does")
    place = 2
    for _ in range(_MOST_SEGMENTS):
        if picture[place] != 0xFF:
            break
        kind = picture[place + 1]
        if kind in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", picture, place + 5)
            return width, height
        if kind == 0xFF:  # it fills the room before a segment
            place += 1
        elif kind in _JPEG_BARE:
            place += 2
        else:
            place += 2 + struct.unpack_from(">H", picture, place + 2)[0]
    raise InvalidPicture("its header is damaged")


def _gif_size(picture: bytes) -> tuple[int, int]:
    if not picture.startswith((b"GIF87a", b"GIF89a")):
        raise InvalidPicture("it does not begin as a GIF does")
    width, height = struct.unpack_from("<HH", picture, 6)
    return width, height


def _webp_size(picture: bytes) -> tuple[int, int]:
    if picture[:4] != b"RIFF" or picture[8:12] != b"WEBP":
        raise InvalidPicture("it does not begin as a WebP does")
    match picture[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(picture[24:27], "little"), 1 + int.from_bytes(picture[27:30], "little")
        case b"VP8L":
            bits = struct.unpack_from("<I", picture, 21)[0]
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", picture, 26)
            return width & 0x3FFF, height & 0x3FFF
    raise InvalidPicture("its header is damaged")


_SIZES: dict[str, Callable[[bytes], tuple[int, int]]] = {
    "image/png": _png_size,
    "image/jpeg": _jpeg_size,
    "image/gif": _gif_size,
    "image/webp": _webp_size,
}


def _check_svg(content: str) -> None:
    """Raises InvalidPicture for what is no XML with an svg element around it, or declares entities of its own."""
    if len(content) > _LARGEST_SVG:
        raise InvalidPicture(f"it is longer than {_LARGEST_SVG // 2**20} MB")
    depth = 0

    def begin(name: str, _: Any) -> None:
        nonlocal depth
        if not depth and name.rpartition(" ")[2] != "svg":
            raise InvalidPicture("it does not begin as an SVG does")
        depth += 1
        if depth > _DEEPEST_SVG:
            raise InvalidPicture(f"it has more than {_DEEPEST_SVG} elements within each other")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: Any) -> None:
        raise InvalidPicture("it declares entities")

    parser = expat.ParserCreate("utf-8", " ")
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        raise InvalidPicture("it is no well-formed XML") from None
