"""Keeping what is secret out of texts that leave the host, or that somebody else reads than the one who gave it."""

import os

_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD")  # what the names of variables with secrets end with
_SHORTEST = 8  # characters; shorter values of the environment may be words
_SHORTEST_GIVEN = 4  # characters of a secret that is named as one


def redact(text: str, *secrets: str | None) -> str:
    """Return the text with a … for each secret in it.

    Args:
        text: Any text, whole: half a secret is not found.
        secrets: What is secret here, beside the keys, tokens, secrets and passwords of the environment. None and
            values of fewer than four characters are left out.
    """
    known = {value for name, value in os.environ.items() if name.endswith(_NAMES) and len(value) >= _SHORTEST}
    known |= {secret for secret in secrets if secret and len(secret) >= _SHORTEST_GIVEN}
    for secret in sorted(known, key=len, reverse=True):  # one may be a part of another
        text = text.replace(secret, "…")
    return text
