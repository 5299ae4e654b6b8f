"""Texts that are too long, or that are no whole characters."""


def truncate(text: str, limit: int, mark: str = "…") -> str:
    """Return the text, cut to `limit` characters with a mark after them where it is longer."""
    return text if len(text) <= limit else f"{text[:limit].rstrip()}{mark}"


def truncate_middle(text: str, limit: int) -> str:
    """Return the text, or its head and tail with a line between them that says how much is missing.

    Args:
        text: of any length.
        limit: characters of head and tail together; two thirds of them are the head's.
    """
    if len(text) <= limit:
        return text
    head, tail = text[: limit * 2 // 3], text[-limit // 3 :]
    return f"{head}\n… {len(text) - len(head) - len(tail):,} characters left out …\n{tail}"


def whole_characters(text: str) -> str:
    """The text with a � for each half of a surrogate pair: a str can hold these, but no request and no page can."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
