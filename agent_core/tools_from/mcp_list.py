"""What an MCP server says of its tools, read within bounds."""

import hashlib
import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from mcp import McpError, types

from agent_core.tools_from.mcp_connection import Connection
from agent_core.waiting import in_own_thread

MOST_TOOLS = 100
_MOST_PAGES = 50
_MOST_COUNTED = 5_000
_LONGEST_NAME = 200  # characters
_LONGEST_DESCRIPTION = 2_000  # characters
_LONGEST_SCHEMA = 30_000  # characters; it goes to the model with each request


@dataclass(frozen=True)
class Listed:
    """One tool. inputs, output: JSON Schemas; fingerprint: of all that is said of it, before anything was cut."""

    name: str
    description: str
    inputs: dict[str, Any]
    output: dict[str, Any] | None
    fingerprint: str


@dataclass(frozen=True)
class Listing:
    """The tools of a server, at most MOST_TOOLS. left_out: how many there are beyond; None: more than were counted.

    unusable: why those that are no tools are none, by their names. fingerprints: of all, by their names.
    """

    tools: tuple[Listed, ...] = ()
    left_out: int | None = 0
    unusable: Mapping[str, str] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)


async def read_list(connection: Connection) -> Listing:
    """Ask for the tools. Raises Broken and McpError."""
    said, is_whole = await _all_said(connection)
    return await in_own_thread(lambda: _listing(said, is_whole=is_whole))


def _listing(said: list[Any], *, is_whole: bool) -> Listing:
    tools: dict[str, Listed] = {}
    unusable: dict[str, str] = {}
    for number, one in enumerate(said):
        try:
            tool = _listed(one, tools)
            tools[tool.name] = tool
        except _Unusable as reason:
            unusable[_name_of(one) or f"tool {number + 1}"] = str(reason)
    taken = tuple(tools.values())[:MOST_TOOLS]
    left_out = len(tools) - len(taken) if is_whole else None
    return Listing(taken, left_out, unusable, {tool.name: tool.fingerprint for tool in tools.values()})


class _Unusable(Exception):
    """Why something in the list is no tool."""


async def _all_said(connection: Connection) -> tuple[list[Any], bool]:
    """What the server lists, and whether that is all: a list may have no end."""
    said: list[Any] = []
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(_MOST_PAGES):
        page = await _page(connection, cursor)
        tools, cursor = page.get("tools"), page.get("nextCursor")
        said += tools if isinstance(tools, list) else []
        if not isinstance(cursor, str) or cursor in seen:
            return said[:_MOST_COUNTED], len(said) <= _MOST_COUNTED and not cursor
        seen.add(cursor)
        if len(said) > _MOST_COUNTED:
            break
    return said[:_MOST_COUNTED], False


async def _page(connection: Connection, cursor: str | None) -> Mapping[str, Any]:
    try:
        page = await connection.request(lambda session: session.list(cursor))
    except McpError as error:
        if error.error.code == types.METHOD_NOT_FOUND:  # it has no tools, only other things
            return {}
        raise
    return page.model_extra or {}


def _listed(said: Any, others: Container[str]) -> Listed:
    name = _name_of(said)
    if not name:
        raise _Unusable("It has no name, or none that can be used.")
    if name in others:
        raise _Unusable("Another tool of the server has the same name.")
    description, inputs, output = said.get("description"), said.get("inputSchema"), said.get("outputSchema")
    if not isinstance(inputs, dict) or inputs.get("type", "object") != "object":
        raise _Unusable("Its inputs are not described as an object with fields.")
    told = json.dumps([name, description, inputs, output], sort_keys=True)
    if len(json.dumps([inputs, output])) > _LONGEST_SCHEMA:
        raise _Unusable("The description of its inputs and its result is too long.")
    return Listed(
        name,
        _plain(description) if isinstance(description, str) else "",
        _with_plain_texts(inputs),
        output if isinstance(output, dict) else None,
        hashlib.sha256(told.encode()).hexdigest(),
    )


def _name_of(said: Any) -> str:
    name = said.get("name") if isinstance(said, dict) else None
    return name if isinstance(name, str) and len(name) <= _LONGEST_NAME and name.isprintable() else ""


def _with_plain_texts(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_with_plain_texts(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _plain(part) if key in ("title", "description") and isinstance(part, str) else _with_plain_texts(part)
        for key, part in schema.items()
    }


def _plain(text: str) -> str:
    """The text without characters that are not seen, which may hide something or do something to a terminal."""
    shown = "".join(char if char == "\n" or char.isprintable() else " " for char in text[: _LONGEST_DESCRIPTION + 1])
    return shown.strip() if len(shown) <= _LONGEST_DESCRIPTION else f"{shown[:_LONGEST_DESCRIPTION].strip()}…"
