"""Truncates texts, repairs broken characters, and shows those that would control a terminal."""

import re

# Control characters but tabs and ends of lines, and those that change the direction of the text after them.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_PICTURES = 0x2400  # where Unicode has pictures of the first 32 control characters


def truncate(text: str, limit: int, mark: str = "…") -> str:
    """Return the text; if it is longer than `limit` characters, cut it there and append the mark."""
    return text if len(text) <= limit else f"{text[:limit].rstrip()}{mark}"


def truncate_middle(text: str, limit: int) -> str:
    """Return the text; if it is too long, its head and tail with a line between them that says how much is left out.

    Args:
        text: A text of any length.
        limit: Characters of head and tail together; two thirds of them go to the head.
    """
    if len(text) <= limit:
        return text
    head, tail = text[: limit * 2 // 3], text[-limit // 3 :]
    return f"{head}\n… {len(text) - len(head) - len(tail):,} characters left out …\n{tail}"


def whole_characters(text: str) -> str:
    """Return the text with � for each unpaired surrogate, which a str can hold, but no request and no page."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def visible(text: str) -> str:
    """Return a text of a model, code or a tool in which nothing controls a terminal; ESC becomes ␛."""
    return _CONTROLS.sub(_shown, whole_characters(text.replace("\r\n", "\n")))


def _shown(control: re.Match[str]) -> str:
    code = ord(control[0])
    return chr(_PICTURES + code) if code < 0x20 else f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
