"""Removes secrets from texts that leave the host, or that people read who must not know the secrets."""

import os

_NAMES = ("KEY", "TOKEN", "SECRET", "PASSWORD")  # endings of the names of environment variables that hold secrets
_SHORTEST = 8  # characters; a shorter value of such a variable may be an ordinary word
_SHORTEST_GIVEN = 4  # characters of a secret that the caller passes


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
