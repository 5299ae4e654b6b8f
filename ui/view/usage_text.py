"""Tokens, their price, and times, as a person reads them."""

from agent_core.usage import Usage


def usage_text(usage: Usage) -> str:
    """Return tokens and, if known, their cost for a person; with ~ if they are estimates."""
    text = f"{'~' if usage.estimated else ''}{usage.total_tokens:,} tokens"
    if usage.cached_tokens:
        text += f" ({usage.cached_tokens:,} cached)"
    return text if usage.cost is None else f"{text} · {_dollars(usage.cost)}"


def seconds_text(seconds: float) -> str:
    """Return a time for a person, such as "8 s" or "1 min 5 s"."""
    minutes, rest = divmod(max(1, round(seconds)), 60)
    return " ".join(text for text in (minutes and f"{minutes} min", rest and f"{rest} s") if text)


def _dollars(cost: float) -> str:
    return f"${cost:.2f}" if cost >= 0.1 else f"${cost:.4f}"
