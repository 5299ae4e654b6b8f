"""Keeping what the environment holds in secret out of texts that leave the host."""

import os

_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD")  # what the names of such variables end with
_SHORTEST = 8  # characters; shorter values may be words


def redact(text: str) -> str:
    """The text with a … for each key, token, secret or password of the environment."""
    for name, value in os.environ.items():
        if name.endswith(_NAMES) and len(value) >= _SHORTEST:
            text = text.replace(value, "…")
    return text
