"""Names of repositories on the Hub."""

import re

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


def is_repository(text: str) -> bool:
    """Return whether this is the name of a repository, "owner/name"."""
    return bool(REPOSITORY.fullmatch(text)) and ".." not in text and "--" not in text
