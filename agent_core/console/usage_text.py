"""Steps, times, tokens and their price, as a person reads them."""

from agent_core.console.words import words
from agent_core.usage import Usage


def usage_text(usage: Usage) -> str:
    """Return the tokens and, if known, their price; "" if nothing was used."""
    if not usage.total_tokens:
        return ""
    text = f"{'~' if usage.estimated else ''}{words('end.tokens', count=usage.total_tokens)}"
    return text if usage.cost is None else f"{text} · ${usage.cost:.4f}"


def seconds_text(seconds: float) -> str:
    """Return a time, such as "0.4 s", "12 s" or "2 min 5 s"; "" if it is not worth a word."""
    if seconds < 0.05:
        return ""
    return words("end.seconds", seconds=f"{seconds:.1f}") if seconds < 10 else whole_seconds_text(seconds)


def whole_seconds_text(seconds: float) -> str:
    """Return a time in whole seconds."""
    if round(seconds) < 60:
        return words("end.seconds", seconds=round(seconds))
    minutes, rest = divmod(round(seconds), 60)
    return words("end.minutes", minutes=minutes, seconds=rest)


def summary(*parts: str) -> str:
    """Return what there is of the parts in one line."""
    return " · ".join(part for part in parts if part)
