"""Which tools are switched on. A browser keeps the ones that were switched off, so that a new tool is on."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

_MOST_KEPT = 2_500  # names


def switched_on(kept: Any, names: Iterable[str]) -> list[str]:
    """Return the names of the tools that are on.

    Args:
        kept: The settings that the browser kept. An older page kept the tools that were on; all others are off then.
        names: The names of all tools.
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
    """Return the names that the browser should keep as "tools_off".

    Args:
        kept: The settings that it has kept until now. A tool that was off and is not listed now, for example because
            its server is down, stays off.
        listed: The names in the list of tools.
        on: The names of those that are on.
    """
    before = kept.get("tools_off") if isinstance(kept, dict) else None
    unlisted = _words(before) - {*listed} if isinstance(before, list) else set()
    return [*(name for name in listed if name not in on), *sorted(unlisted)][:_MOST_KEPT]


def _words(kept: list[Any]) -> set[str]:
    return {name for name in kept[:_MOST_KEPT] if isinstance(name, str)}
