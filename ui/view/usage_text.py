"""Tokens, their price, and times, as a person reads them."""

from agent_core.usage import Usage
from ui.texts import words
from ui.texts.numbers import dollars, number


def usage_text(usage: Usage) -> str:
    """Return tokens and, if known, their cost for a person; with ~ if they are estimates."""
    text = f"{'~' if usage.estimated else ''}{words('usage.tokens', count=usage.total_tokens)}"
    if usage.cached_tokens:
        text += f" ({words('usage.cached', count=usage.cached_tokens)})"
    return text if usage.cost is None else f"{text} · {dollars(usage.cost)}"


def seconds_text(seconds: float) -> str:
    """Return a time for a person, such as "8 s" or "1 min 5 s"."""
    minutes, rest = divmod(max(1, round(seconds)), 60)
    parts = (minutes and words("usage.minutes", minutes=minutes), rest and words("usage.seconds", seconds=rest))
    return " ".join(part for part in parts if part)


def size_text(size: int) -> str:
    """Return a number of bytes as people write it, such as "1.5 MB"."""
    if size < 1_000:
        return words("usage.bytes", count=size)
    if size < 1_000_000:
        return f"{number(size / 1_000)} kB"
    return f"{number(size / 1_000_000, 1)} MB" if size < 1_000_000_000 else f"{number(size / 1_000_000_000, 1)} GB"
