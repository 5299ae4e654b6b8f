"""Truncates texts. The host has its own agent_core/text.py, which cannot be imported here."""


def truncate(text: str, limit: int) -> str:
    """Return the text; if it is longer than `limit` characters, cut it there and append "…"."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def truncate_middle(text: str, limit: int) -> str:
    """Return the text; if it is longer than `limit` characters, its head and tail with a line on what is left out."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
