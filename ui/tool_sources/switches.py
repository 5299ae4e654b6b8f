"""Which tools are switched on, as a browser keeps it: by those that were switched off, so that a new tool is on."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

_MOST_KEPT = 2_500  # names


def switched_on(kept: Any, names: Iterable[str]) -> list[str]:
    """Return those of these tools that are on.

    Args:
        kept: the settings that the browser kept. An older page kept there which tools were on; all others are off then.
        names: of the tools that there are.
    """
    kept = kept if isinstance(kept, dict) else {}
    if isinstance(kept.get("tools_off"), list):
        off = _words(kept["tools_off"])
        return [name for name in names if name not in off]
    if isinstance(kept.get("tools"), list):
        on = _words(kept["tools"])
        return [name for name in names if name in on]
    return list(names)


def switched_off(kept: Any, listed: Sequence[str], on: Collection[str]) -> list[str]:
    """Return the names that the browser is to keep as "tools_off".

    Args:
        kept: the settings that it has kept until now. A tool that is not listed now, as its server is down, stays off
            if it was.
        listed: the names in the list of tools.
        on: those of them that are on.
    """
    before = kept.get("tools_off") if isinstance(kept, dict) else None
    unlisted = _words(before) - {*listed} if isinstance(before, list) else set()
    return [*(name for name in listed if name not in on), *sorted(unlisted)][:_MOST_KEPT]


def _words(kept: list[Any]) -> set[str]:
    return {name for name in kept[:_MOST_KEPT] if isinstance(name, str)}
