"""Reads how many tokens a request had that was too long, and how many fit, from what a service says of it."""

import re

_NUMBER = r"(\d[\d,_]{2,})"
_WINDOWS = (  # how services name their context window, the clearest first
    rf"(?:maximum context length|context (?:length|window|size)|n_ctx)(?: is| of| \(|:|=|\D{{0,12}})\s*{_NUMBER}",
    rf">\s*{_NUMBER}",
    rf"(?:must be <=|must have less than|cannot exceed)\s*{_NUMBER}",
    rf"(?:maximum|limit|at most|up to)\D{{0,40}}?{_NUMBER}",
    rf"{_NUMBER}\s*(?:tokens? )?(?:maximum|limit|is the maximum)",
)
_SIZES = (  # how services name the size of a request that was too long
    rf"n_prompt_tokens\W{{1,4}}{_NUMBER}",
    rf"(?:resulted in|requested|has|have|contains?|is|\()\s*{_NUMBER}\s+tokens",
)


def named_size(said: str) -> int | None:
    """Return how many tokens a request had that was too long, if the service named them."""
    found = next((found for pattern in _SIZES if (found := re.search(pattern, said, re.IGNORECASE))), None)
    return int(re.sub(r"\D", "", found[1])) if found else None


def named_window(said: str) -> int | None:
    """Return the context window that a service named when a request was too long, not the size of the request."""
    for pattern in _WINDOWS:
        if found := re.search(pattern, said, re.IGNORECASE):
            return int(re.sub(r"\D", "", found[1]))
    return None
