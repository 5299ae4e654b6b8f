"""Makes a tool of whatever is given as one."""

import inspect
from typing import Any

from agent_core.errors import ToolError
from agent_core.tools.base import Tool
from agent_core.tools.given.of_langchain import is_langchain_tool, of_langchain
from agent_core.tools.given.of_pydantic import is_call_class, of_pydantic
from agent_core.tools.given.of_smolagents import is_of_library, is_smolagents_tool, of_smolagents
from agent_core.tools.given.refusals import refusal


def as_tool(thing: Any) -> Tool:
    """Return what is given as a tool. Agents do this with all that is in their `tools=`.

    Args:
        thing: A Tool, which is returned as it is; a function with type hints and a docstring, a bound method, a
            `functools.partial`, an object with `__call__`; a tool of smolagents or LangChain; a class of pydantic whose
            objects can be called; an agent that has a `name` and a `description`.

    Returns:
        The tool. Its time limit, for example, may be set: `tool.timeout = 900`.

    Raises:
        ToolError: It cannot be used as a tool. The text says what to do.
    """
    if isinstance(thing, Tool):
        return thing
    if is_smolagents_tool(thing):
        return of_smolagents(thing)
    if is_langchain_tool(thing):
        return of_langchain(thing)
    if is_call_class(thing) and not hasattr(thing, "ainvoke"):
        return of_pydantic(thing)
    if callable(getattr(thing, "as_tool", None)) and _named(thing):
        return thing.as_tool(thing.name, thing.description)
    if inspect.isclass(thing) or not callable(thing) or is_of_library(type(thing), "MultiStepAgent"):
        raise ToolError(refusal(thing))
    return Tool(thing)


def _named(thing: Any) -> bool:
    return all(isinstance(getattr(thing, name, None), str) for name in ("name", "description"))
