"""The tools of an agent: whatever was given, as tools with different names."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set, ValuesView
from typing import Any

from agent_core.errors import ToolError
from agent_core.tools.base import Tool
from agent_core.tools.given.as_tool import as_tool
from agent_core.tools.given.of_smolagents import is_own_final_answer
from agent_core.tools.given.refusals import of_single

_LISTS = (Sequence, Set, Iterator, ValuesView)


class Toolbox:
    """The tools of an agent, which may be changed.

    Servers that list their tools only when they are asked are asked by `list_tools`, once.

    Args:
        given: Whatever `as_tool` takes, and sets of tools: lists, collections of smolagents, toolkits of LangChain,
            Spaces, MCP servers. The tool with which smolagents' agents answer is left out, as ours answer without one.

    Raises:
        ToolError: Something in it is no tool, or two tools have the same name.
    """

    def __init__(self, given: Iterable[Any]) -> None:
        self._tools: list[Any] = list(_items(given))
        self._servers: list[Any] = []
        self.tools  # noqa: B018 - so that what is wrong is said now

    @property
    def tools(self) -> list[Tool]:
        """The tools that are known. What was added to this list is made a tool of by the next look at it."""
        if not all(isinstance(tool, Tool) for tool in self._tools):
            found = [part for thing in self._tools for part in _parts(thing)]
            self._servers += [part for part in found if not isinstance(part, Tool)]
            self._tools[:] = [part for part in found if isinstance(part, Tool)]
        _check_names(self._tools)
        return self._tools

    @property
    def given(self) -> list[Any]:
        """The tools, and the servers that were not asked yet: what another toolbox like this one is given."""
        return [*self.tools, *self._servers]

    async def list_tools(self) -> None:
        """Add the tools of servers that were not asked yet.

        Raises:
            ToolError: A server cannot be reached, one of its tools has the name of another tool, or something that was
                added is no tool.
        """
        self.tools  # noqa: B018 - what was added to the list may be a server, too
        while self._servers:
            self._tools += await self._servers[0].tools()
            del self._servers[0]
        _check_names(self._tools)


def known_tools(given: Iterable[Any]) -> list[Tool]:
    """Return what is given as tools, for those who cannot wait for a server.

    Raises:
        ToolError: Something in it is no tool, or has to be asked for its tools; or two tools have the same name.
    """
    tools = [part for thing in _items(given) for part in _parts(thing)]
    if any(not isinstance(tool, Tool) for tool in tools):
        raise ToolError("A server has to be asked for its tools: tools=await server.tools().")
    _check_names(tools)
    return tools


def _items(given: Any) -> Iterable[Any]:
    if isinstance(given, Mapping):
        return given.values()
    if isinstance(given, _LISTS) and not isinstance(given, (str, bytes)):
        return given
    raise ToolError(of_single(given))


def _parts(thing: Any) -> Iterator[Any]:
    """Yield the tools of what was given; of a server that has to be asked, the server."""
    if is_own_final_answer(thing):
        return
    if isinstance(thing, Tool) or hasattr(thing, "as_tool"):
        yield as_tool(thing)
    elif isinstance(thing, _LISTS) and not isinstance(thing, (str, bytes)):
        for part in thing:
            yield from _parts(part)
    elif inspect.iscoroutinefunction(_method(thing, "tools")):
        yield thing
    elif lists := _method(thing, "tools") or _method(thing, "get_tools"):
        yield from _parts(lists())
    elif isinstance(inside := getattr(thing, "tools", None), list) and not callable(thing):
        yield from _parts(inside)
    else:
        yield as_tool(thing)


def _method(thing: Any, name: str) -> Callable[[], Any] | None:
    found = getattr(thing, name, None)
    return found if inspect.ismethod(found) and not inspect.isclass(thing) else None


def _check_names(tools: Iterable[Tool]) -> None:
    for name, count in Counter(tool.name for tool in tools).items():
        if count > 1:
            raise ToolError(
                f"{count} tools are named {name!r}. Leave one out, or give it another name: tool.renamed(…)."
            )
