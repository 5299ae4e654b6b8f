"""Says why something cannot be used as a tool, and what to do."""

import inspect
from collections.abc import Mapping
from typing import Any

from agent_core.net.hub_names import is_repository
from agent_core.net.urls import host_of
from agent_core.tools.given.of_smolagents import is_of_library

_WAYS = (
    "Give a function with type hints and a docstring, or what has `__call__` with them, a tool of smolagents or "
    "LangChain, an MCP server or a Space."
)


def refusal(thing: Any) -> str:
    """Return why this is no tool, in a sentence, and what to do in another."""
    if thing is None:
        return f"None is no tool. {_WAYS}"
    if inspect.isclass(thing):
        return f"{thing.__name__} is a class, not a tool. Give an object of it, such as {thing.__name__}(…)."
    if isinstance(thing, str):
        return f"A text is no tool: {thing[:80]!r}. {_of_text(thing.strip())}"
    if isinstance(thing, Mapping):
        return f"A dict is no tool. {_of_dict(thing)}"
    if inspect.iscoroutine(thing):
        thing.close()  # it will never be awaited
        return "A coroutine is no tool. Write `await` before it, as in tools=await server.tools()."
    if inspect.ismodule(thing):
        return f"The module {thing.__name__} is no tool. Give a function of it."
    return _of_object(thing, type(thing))


def of_single(thing: Any) -> str:
    """Return that tools are given as a list."""
    if inspect.iscoroutine(thing):
        return refusal(thing)
    shown = getattr(thing, "__name__", None) or getattr(thing, "name", None) or "it"
    return f"Tools are given as a list, even a single one: tools=[{shown}]."


def _of_text(text: str) -> str:
    if host_of(text):
        return f"For an MCP server give McpServer({text!r})."
    if is_repository(text):
        return f"For a tool of the Hub give load_tool({text!r}), for a Space await find_space({text!r})."
    return "Give the tool itself, not its name."


def _of_dict(thing: Mapping[Any, Any]) -> str:
    if isinstance(url := thing.get("url"), str):
        return f"For an MCP server give McpServer({url!r})."
    if "command" in thing:
        return "For an MCP server that is a program give McpServer.of_command(command, arguments)."
    return "A description alone cannot be called: give the function that does the work."


def _of_object(thing: Any, kind: type) -> str:
    if hasattr(thing, "as_tool"):
        return "An agent is no tool by itself. Give agent.as_tool(name, description), which say when it is asked."
    if is_of_library(kind, "MultiStepAgent"):
        return (
            "An agent of smolagents is no tool here. Make it again with CodeAgent or ToolCallingAgent, and give "
            "agent.as_tool(name, description)."
        )
    if hasattr(thing, "tools") or hasattr(thing, "get_tools"):
        return f"An object of {kind.__name__} has several tools. Give it in the list of an agent: tools=[…]."
    if kind.__name__ == "StdioServerParameters":
        return "For an MCP server that is a program give McpServer.of_command(command, arguments)."
    if callable(getattr(thing, "tool", None)):
        return f"An object of {kind.__name__} is no tool by itself. Give what its method `tool` returns."
    return f"An object of {kind.__name__} is no tool. {_WAYS}"
