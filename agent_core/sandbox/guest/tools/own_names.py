"""The sandbox's own names, such as final_answer and the tools, which code may overwrite only within its step."""

from collections.abc import Iterable
from typing import Any

OWN_NAMES = ("display", "final_answer", "get_ipython", "ToolError")  # beside the tools


class OwnNames:
    """Gives the code's values of own names other names, so that the next step finds what was there before.

    Args:
        namespace: The agent's variables.
        given: The builtins of the agent's code, among them what the own names stand for.
    """

    def __init__(self, namespace: dict[str, Any], given: dict[str, Any]) -> None:
        self._namespace = namespace
        self._given = given
        self._used: set[str] = set()  # new names
        self._renamed: dict[str, str] = {}

    def free(self, names: Iterable[str], same: Iterable[object] = ()) -> None:
        """Rename the variables of these names.

        Args:
            names: The own names.
            same: Objects that may go, because they do what an own name does.
        """
        for name in names:
            if name not in self._namespace:
                continue
            value = self._namespace.pop(name)
            if value is self._given.get(name) or any(value is other for other in same):
                continue
            new = f"{name}_"
            while new in self._namespace and new not in self._used:
                new += "_"
            self._used.add(new)
            self._namespace[new] = value
            self._renamed[name] = new

    def take_renamed(self) -> dict[str, str]:
        """Return the new names of what was renamed since the last call."""
        renamed, self._renamed = self._renamed, {}
        return renamed


def the_only_value(values: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Return what final_answer was given, under whatever name. Raises TypeError unless it is one value."""
    given = [*values, *named.values()]
    if not given:
        raise TypeError("final_answer(answer) needs the answer, as in final_answer(42).")
    if len(given) > 1:
        raise TypeError(
            f"final_answer(answer) takes one value and got {len(given)}. Put them into one: an f-string, a list "
            "or a dict."
        )
    return given[0]
