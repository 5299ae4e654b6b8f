"""Reads the list of an MCP server's tools, up to a limit."""

import hashlib
import inspect
import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mcp import McpError, types

from agent_core.concurrency import run_in_own_thread
from agent_core.integrations.mcp.connection import McpConnection
from agent_core.text import truncate

MOST_TOOLS = 100
_MOST_PAGES = 50
_MOST_COUNTED = 5_000
_LONGEST_NAME = 200  # characters
_LONGEST_DESCRIPTION = 2_000  # characters
_LONGEST_SCHEMA = 30_000  # characters; it goes to the model with each request


@dataclass(frozen=True)
class Listed:
    """One tool, as the server describes it.

    Attributes:
        name: The server's name for it.
        description: What it does; "" if the server does not say.
        inputs: The JSON Schema of its arguments.
        output: The JSON Schema of its result; None if the server gives none.
        fingerprint: A hash of the whole description, before anything was cut off.
    """

    name: str
    description: str
    inputs: dict[str, Any]
    output: dict[str, Any] | None
    fingerprint: str


@dataclass(frozen=True)
class Listing:
    """The tools of a server.

    Attributes:
        tools: The first MOST_TOOLS usable tools.
        left_out: How many more usable tools there are; None if they were too many to count.
        unusable: Why each unusable tool cannot be used, by its name.
        fingerprints: The fingerprints of all usable tools, by their names.
    """

    tools: tuple[Listed, ...] = ()
    left_out: int | None = 0
    unusable: Mapping[str, str] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)


async def read_list(connection: McpConnection) -> Listing:
    """Ask a server for its tools.

    Raises:
        McpConnectionError: The connection could not be made, or broke off.
        McpError: The server refused the request.
    """
    reader = _ListReader()
    is_whole = await _read_pages(connection, reader)
    left_out = len(reader.fingerprints) - len(reader.tools) if is_whole else None
    return Listing(tuple(reader.tools), left_out, reader.unusable, reader.fingerprints)


class _ListReader:
    """Reads the list page by page. It keeps only what is needed, because a page may be as long as a reply can be.

    The attributes are those of a Listing, and `count`: how many tools were read.
    """

    def __init__(self) -> None:
        self.tools: list[Listed] = []
        self.unusable: dict[str, str] = {}
        self.fingerprints: dict[str, str] = {}
        self.count = 0

    def take(self, said: list[Any]) -> None:
        for one in said[: _MOST_COUNTED - self.count]:
            self.count += 1
            try:
                tool = _listed(one, self.fingerprints)
            except _Unusable as reason:
                self.unusable[_name_of(one) or f"tool {self.count}"] = str(reason)
                continue
            self.fingerprints[tool.name] = tool.fingerprint
            if len(self.tools) < MOST_TOOLS:
                self.tools.append(tool)


class _Unusable(Exception):
    """An entry of the list cannot be used as a tool; the text says why."""


async def _read_pages(connection: McpConnection, reader: _ListReader) -> bool:
    """Read the pages of the list. Return whether that is all of them: a list may have no end."""
    cursor: str | None = None
    seen: set[str] = set()
    for _ in range(_MOST_PAGES):
        page = await _page(connection, cursor)
        tools, cursor = page.get("tools"), page.get("nextCursor")
        said = tools if isinstance(tools, list) else []
        is_cut = len(said) > _MOST_COUNTED - reader.count
        await run_in_own_thread(partial(reader.take, said))
        if not isinstance(cursor, str) or cursor in seen:
            return not is_cut and not cursor
        if is_cut:
            break
        seen.add(cursor)
    return False


async def _page(connection: McpConnection, cursor: str | None) -> Mapping[str, Any]:
    try:
        page = await connection.request(lambda session: session.list(cursor))
    except McpError as error:
        if error.error.code == types.METHOD_NOT_FOUND:  # the server has no tools, only other things
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
        _plain(inspect.cleandoc(description)) if isinstance(description, str) else "",  # often a docstring as it stands
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
    """Return the text without invisible characters, which may hide something or control a terminal."""
    shown = "".join(char if char == "\n" or char.isprintable() else " " for char in text[: _LONGEST_DESCRIPTION + 1])
    return truncate(shown, _LONGEST_DESCRIPTION).strip()
