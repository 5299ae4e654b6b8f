"""Checks what the code displays before it is shown: the code can label anything as a picture."""

import base64
import binascii
import json
import re
import struct
import zlib
from collections.abc import Callable
from typing import Any, NoReturn
from xml.parsers import expat

from agent_core.execution import CHARTS, CSV, IMAGE_ENDINGS, SVG, VALUE
from agent_core.sandbox.guest.message_limits import LONGEST_CSV, LONGEST_VALUE
from agent_core.sandbox.host.terminal import plain

_MIME = re.compile(r"[a-z]+/[\w.+-]+")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LONGEST = {CSV: LONGEST_CSV, VALUE: LONGEST_VALUE}
_MOST_PIXELS = 100_000_000
_LARGEST_SVG = 2 * 2**20  # characters
_DEEPEST_SVG = 200  # nested elements
_MOST_SEGMENTS = 1_000  # of a JPEG before the one with its size
_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # the segments with the size
_JPEG_BARE = {0x01, *range(0xD0, 0xD9)}  # the segments without a length


class InvalidContent(Exception):
    """The data is not a valid picture or chart. The text says why, as the end of a sentence."""


def check(data: dict[str, str]) -> tuple[dict[str, str], str]:
    """Return the parts of a MIME bundle that can be shown.

    Args:
        data: MIME types to contents, with "text/plain".

    Returns:
        The bundle without invalid pictures and charts, and a sentence that says what is wrong with them, "" if nothing
        is. The bundle's "text/plain" has the sentence too.
    """
    checked, problems = {}, []
    for mime, content in data.items():
        if not _MIME.fullmatch(mime) or len(content) > _LONGEST.get(mime, len(content)):
            continue
        try:
            checked[mime] = _check(mime, content)
        except InvalidContent as error:
            problems.append(f"What was given as {mime} cannot be shown: {error}.")
    if problems:
        checked["text/plain"] += f"\n({' '.join(problems)})"
    return checked, " ".join(problems)


def _printable(text: str) -> str:
    """Drop the codes of colours, and replace each character that JSON or a page could stumble over."""
    return _UNPRINTABLE.sub("\ufffd", plain(text))


def _check(mime: str, content: str) -> str:
    """Return content that can be shown as this type. Raises InvalidContent."""
    if mime.startswith("image/"):
        return _check_picture(mime, content)
    if mime == VALUE:  # it is read when somebody asks for it
        return content.encode("utf-8", "replace").decode()
    text = _printable(content)
    if mime in CHARTS:
        _check_chart(text)
    return text


def _check_chart(text: str) -> None:
    """Raise InvalidContent unless the text is JSON, as browsers read it, of an object."""

    def refuse(_: str) -> NoReturn:
        raise ValueError

    try:
        chart = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise InvalidContent("it is not valid JSON") from None
    if not isinstance(chart, dict):
        raise InvalidContent("it is not an object")


def _check_picture(mime: str, content: str) -> str:
    """Return the content of a picture in canonical form. Raises InvalidContent."""
    if mime == SVG:
        _check_svg(content)
        return content
    if mime not in _SIZES:
        raise InvalidContent("pictures are PNG, JPEG, GIF, WebP or SVG")
    try:
        picture = base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidContent("it is not valid base64") from None
    try:
        width, height = _SIZES[mime](picture)
    except (struct.error, IndexError):
        raise InvalidContent("its data ends too early") from None
    if not 0 < width * height <= _MOST_PIXELS:
        raise InvalidContent(f"it claims a size of {width:,} by {height:,} pixels")
    return base64.b64encode(picture).decode()


def _png_size(picture: bytes) -> tuple[int, int]:
    if not picture.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"):
        raise InvalidContent("it does not begin as a PNG does")
    width, height, crc = struct.unpack_from(">II5xI", picture, 16)
    if zlib.crc32(picture[12:29]) != crc:
        raise InvalidContent("its header is damaged")
    return width, height


def _jpeg_size(picture: bytes) -> tuple[int, int]:
    if not picture.startswith(b"\xff\xd8\xff"):
        raise InvalidContent("it does not begin as a JPEG does")
    position = 2
    for _ in range(_MOST_SEGMENTS):
        if picture[position] != 0xFF:
            break
        kind = picture[position + 1]
        if kind in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", picture, position + 5)
            return width, height
        if kind == 0xFF:  # padding before a segment
            position += 1
        elif kind in _JPEG_BARE:
            position += 2
        else:
            position += 2 + struct.unpack_from(">H", picture, position + 2)[0]
    raise InvalidContent("its header is damaged")


def _gif_size(picture: bytes) -> tuple[int, int]:
    if not picture.startswith((b"GIF87a", b"GIF89a")):
        raise InvalidContent("it does not begin as a GIF does")
    width, height = struct.unpack_from("<HH", picture, 6)
    return width, height


def _webp_size(picture: bytes) -> tuple[int, int]:
    if picture[:4] != b"RIFF" or picture[8:12] != b"WEBP":
        raise InvalidContent("it does not begin as a WebP does")
    match picture[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(picture[24:27], "little"), 1 + int.from_bytes(picture[27:30], "little")
        case b"VP8L":
            bits = struct.unpack_from("<I", picture, 21)[0]
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", picture, 26)
            return width & 0x3FFF, height & 0x3FFF
    raise InvalidContent("its header is damaged")


_SIZES: dict[str, Callable[[bytes], tuple[int, int]]] = {
    "image/png": _png_size,
    "image/jpeg": _jpeg_size,
    "image/gif": _gif_size,
    "image/webp": _webp_size,
}
assert _SIZES.keys() == IMAGE_ENDINGS.keys(), "each type of image needs a reader of its size"


def _check_svg(content: str) -> None:
    """Raise InvalidContent unless the content is well-formed XML with an svg root and declares no entities."""
    if len(content) > _LARGEST_SVG:
        raise InvalidContent(f"it is longer than {_LARGEST_SVG // 2**20} MB")
    depth = 0

    def begin(name: str, _: Any) -> None:
        nonlocal depth
        if not depth and name.rpartition(" ")[2] != "svg":
            raise InvalidContent("it does not begin as an SVG does")
        depth += 1
        if depth > _DEEPEST_SVG:
            raise InvalidContent(f"it has more than {_DEEPEST_SVG} nested elements")

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: Any) -> None:
        raise InvalidContent("it declares entities")

    parser = expat.ParserCreate("utf-8", " ")
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        raise InvalidContent("it is not well-formed XML") from None
