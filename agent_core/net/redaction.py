"""Keeping what is secret out of texts that leave the host, or that somebody else reads than the one who gave it."""

import os

_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD")  # what the names of variables with secrets end with
_SHORTEST = 8  # characters; shorter values may be words


def redact(text: str, *secrets: str | None) -> str:
    """Return the text with a … for each secret in it.

    Args:
        text: Any text, whole: half a secret is not found.
        secrets: What is secret here, beside the keys, tokens, secrets and passwords of the environment. None and
            values that are so short that they may be words are left out.
    """
    of_environment = (value for name, value in os.environ.items() if name.endswith(_NAMES))
    known = {secret for secret in (*of_environment, *secrets) if secret and len(secret) >= _SHORTEST}
    for secret in sorted(known, key=len, reverse=True):  # one may be a part of another
        text = text.replace(secret, "…")
    return text
