"""What can be called, as tools take it: functions, bound methods, `functools.partial`, objects with `__call__`."""

import inspect
from collections.abc import Callable
from dataclasses import is_dataclass
from functools import partial
from typing import Any

from agent_core.errors import ToolError
from agent_core.tools.names import snake_case


def check_callable(thing: Any) -> None:
    """Raise ToolError unless this can be called as a tool's function."""
    if inspect.isclass(thing):
        raise ToolError(
            f"{thing.__name__} is a class. Give an object of it that can be called, such as {thing.__name__}(…)."
        )
    if isinstance(thing, str):
        raise ToolError(f"{thing[:60]!r} is not a function. A name is given as @tool(name=…).")
    if not callable(thing):
        raise ToolError(f"It cannot be called: it is of the type {type(thing).__name__}. Give a function.")


def without_given(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function; for a `partial`, one in whose signature there is nothing that the partial gives."""
    if not isinstance(function, partial) or not function.keywords:
        return function
    signature = inspect.signature(function)
    open_ones = [parameter for name, parameter in signature.parameters.items() if name not in function.keywords]
    shown = partial(function)  # a copy
    shown.__signature__ = signature.replace(parameters=open_ones)  # pyright: ignore[reportAttributeAccessIssue]
    return shown


def name_of(thing: Any) -> str:
    """Return a name for the tool: the function's, or that of the object or its class."""
    while isinstance(thing, partial):
        thing = thing.func
    own = getattr(thing, "__name__", None) or getattr(thing, "name", None)
    return own if isinstance(own, str) and own else snake_case(type(thing).__name__)


def docstring_of(thing: Any) -> str:
    """Return the docstring of a function or a class, not an inherited one; of an object that of its class."""
    while isinstance(thing, partial):
        thing = thing.func
    if thing is None or inspect.isclass(thing) or inspect.isroutine(thing):
        return inspect.cleandoc(getattr(thing, "__doc__", None) or "")
    kind = type(thing)
    own = vars(kind).get("__doc__") or ""
    written = not (is_dataclass(kind) and own.startswith(f"{kind.__name__}("))
    texts = [own if written else "", kind.__call__.__doc__ or ""]
    return "\n\n".join(filter(None, map(inspect.cleandoc, texts)))
