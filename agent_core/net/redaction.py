"""Removes secrets from texts that leave the host, or that people read who must not know the secrets."""

import os
import re

from agent_core.text import truncate

_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD")  # endings of the names of environment variables that hold secrets
_SHORTEST = 8  # characters; a shorter value of such a variable may be an ordinary word
_SHORTEST_GIVEN = 4  # characters of a secret that the caller passes
_LONGEST_LINE = 300  # characters of an error
_KEY = re.compile(r"\b(?:hf_\w{20,}|sk-[\w-]{20,}|gh[pousr]_\w{20,}|AKIA[A-Z0-9]{16}|xox[abp]-[\w-]{10,})")


def redact(text: str, *secrets: str | None) -> str:
    """Return the text with a … for each secret in it.

    Args:
        text: The whole text: half a secret is not found.
        secrets: Further secrets, besides the keys, tokens, secrets and passwords in the environment. None and values
            of fewer than four characters are ignored.
    """
    known = {value for name, value in os.environ.items() if name.endswith(_NAMES) and len(value) >= _SHORTEST}
    known |= {secret for secret in secrets if secret and len(secret) >= _SHORTEST_GIVEN}
    for secret in sorted(known, key=len, reverse=True):  # a secret may contain another
        text = text.replace(secret, "…")
    return text


def in_a_line(error: Exception) -> str:
    """Return the kind of an exception and the first line of its text, without secrets."""
    line = redact(f"{type(error).__name__}: {error}").strip().partition("\n")[0]
    return truncate(line.rstrip(": "), _LONGEST_LINE)


def holds_key(text: str, *secrets: str | None) -> bool:
    """Return whether a text holds one of these secrets, one of the environment, or what looks like a key of a service.

    Args:
        text: The text.
        secrets: Further secrets, as for `redact`.
    """
    return redact(text, *secrets) != text or bool(_KEY.search(text))
