"""Truncates texts, and repairs broken characters."""


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
