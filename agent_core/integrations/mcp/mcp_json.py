"""Reads the file that lists the MCP servers of the app's owner, in the format that other programs use as well.

    {"mcpServers": {"files": {"command": "uvx", "args": ["some-server"], "env": {"LEVEL": "1"}},
                    "notes": {"url": "https://example.org/mcp", "headers": {"Authorization": "Bearer ${NOTES_KEY}"}}}}

`${NAME}` stands for an environment variable, so that secrets need not be in the file.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.integrations.mcp.server import McpServer

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_OF_SITES = {"url", "headers", "type"}
_OF_PROGRAMS = {"command", "args", "env", "cwd", "type"}
_TYPES = ("http", "streamable-http", "stdio")


def read_config(path: Path) -> dict[str, McpServer]:
    """Read the servers of a file. Nothing is connected or started yet.

    Args:
        path: The file.

    Returns:
        The servers, by their names in the file.

    Raises:
        GlassboxError: The file cannot be read, or an entry is wrong. The text names the entry, but does not repeat
            its values.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise GlassboxError(f"The file {path.name} with the MCP servers cannot be read.") from None
    except (ValueError, RecursionError):
        raise GlassboxError(f"The file {path.name} with the MCP servers is no JSON; correct it.") from None
    servers = content.get("mcpServers") if isinstance(content, dict) else None
    if not isinstance(servers, dict) or len(content) > 1:
        raise GlassboxError(f'The file {path.name} must hold an object with "mcpServers" and nothing else.')
    return {name: _server(f"The MCP server {name!r} in {path.name}", entry) for name, entry in servers.items()}


def _server(where: str, entry: Any) -> McpServer:
    if not isinstance(entry, dict) or ("url" in entry) == ("command" in entry):
        raise GlassboxError(f'{where} needs either "url" or "command".')
    for key in entry:
        if key not in (_OF_SITES if "url" in entry else _OF_PROGRAMS):
            raise GlassboxError(f"{where} has {key!r}, which is not known here; remove it.")
    if entry.get("type", _TYPES[0]) not in _TYPES:
        raise GlassboxError(f'{where} has a "type" that is not supported; it may be {", ".join(_TYPES)}.')
    texts = _Entry(where, entry)
    if "url" in entry:
        url, headers = texts.text("url"), texts.texts("headers")
        try:
            return McpServer(url, headers=headers)
        except GlassboxError as error:
            raise GlassboxError(f"{where} cannot be used. {error}") from None
    folder = Path(texts.text("cwd")) if "cwd" in entry else None
    return McpServer.of_command(texts.text("command"), texts.list("args"), env=texts.texts("env"), folder=folder)


class _Entry:
    """Reads the values of one entry and fills in its variables. The text `where` begins the errors."""

    def __init__(self, where: str, entry: Mapping[str, Any]) -> None:
        self._where = where
        self._entry = entry

    def text(self, key: str) -> str:
        return self._filled(key, self._entry[key])

    def list(self, key: str) -> list[str]:
        values = self._entry.get(key, [])
        if not isinstance(values, list):
            raise GlassboxError(f'{self._where} needs a list of texts as "{key}".')
        return [self._filled(key, value) for value in values]

    def texts(self, key: str) -> dict[str, str]:
        values = self._entry.get(key, {})
        if not isinstance(values, dict):
            raise GlassboxError(f'{self._where} needs an object of texts as "{key}".')
        return {name: self._filled(key, value) for name, value in values.items()}

    def _filled(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or "\0" in value:
            raise GlassboxError(f'{self._where} has something else than text in "{key}".')
        return _VARIABLE.sub(self._variable, value)

    def _variable(self, found: re.Match[str]) -> str:
        if (value := os.environ.get(found[1])) is None:
            raise GlassboxError(f"{self._where} needs the environment variable {found[1]}, which is not set.")
        return value
