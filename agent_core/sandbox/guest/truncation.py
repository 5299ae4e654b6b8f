"""Texts that are too long, cut. The host has its own agent_core/text.py, which cannot be imported here."""


def truncate(text: str, limit: int) -> str:
    """Return the text, cut to `limit` characters with "…" after them where it is longer."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def truncate_middle(text: str, limit: int) -> str:
    """Return the text, or its head and tail with a line between them that says how much is missing."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
