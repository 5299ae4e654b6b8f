"""Tokens and their price, as a person reads them."""

from agent_core.usage import Usage


def usage_text(usage: Usage) -> str:
    """Return tokens and, if known, their cost for a person; with ~ if they are estimates."""
    text = f"{'~' if usage.estimated else ''}{usage.total_tokens:,} tokens"
    if usage.cached_tokens:
        text += f" ({usage.cached_tokens:,} cached)"
    return text if usage.cost is None else f"{text} · {_dollars(usage.cost)}"


def _dollars(cost: float) -> str:
    return f"${cost:.2f}" if cost >= 0.1 else f"${cost:.4f}"
