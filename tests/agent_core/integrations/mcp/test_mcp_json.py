"""The file in which the app's owner names MCP servers."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from agent_core.errors import GlassboxError
from agent_core.integrations.mcp.mcp_json import read_config
from tests.doubles.mcp_server import McpDouble

SECRET = "sk-very-secret"


def written(folder: Path, content: Any) -> Path:
    path = folder / "mcp.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


async def test_the_servers_of_the_file_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NOTES_KEY", SECRET)
    with McpDouble() as double:
        program = {
            "command": sys.executable,
            "args": ["tests/doubles/mcp_program.py"],
            "env": {"LEVEL": "${NOTES_KEY}"},
        }
        site = {"url": double.url, "headers": {"Authorization": "Bearer ${NOTES_KEY}"}, "type": "http"}
        servers = read_config(written(tmp_path, {"mcpServers": {"local": program, "notes": site}}))
        assert list(servers) == ["local", "notes"]
        tools = {tool.name: tool for tool in await servers["local"].tools()}
        assert "LEVEL" in await tools["environment"].call({})
        assert len(await servers["notes"].tools()) > 3
        assert double.requests[0].headers["authorization"] == f"Bearer {SECRET}"
        for server in servers.values():
            await server.close()


WRONG = [
    ("{", "is no JSON"),
    ([], 'must hold an object with "mcpServers"'),
    ({"mcpServers": {}, "inputs": []}, "nothing else"),
    ({"mcpServers": {"a": 1}}, "'a' in mcp.json needs either"),
    ({"mcpServers": {"a": {}}}, "needs either"),
    ({"mcpServers": {"a": {"url": "https://x.org", "command": "x"}}}, "needs either"),
    ({"mcpServers": {"a": {"url": "https://x.org", "args": []}}}, "has 'args', which is not known here"),
    ({"mcpServers": {"a": {"url": "https://x.org", "type": "sse"}}}, '"type" that is not supported'),
    ({"mcpServers": {"a": {"url": "https://x.org", "type": []}}}, '"type" that is not supported'),
    ({"mcpServers": {"a": {"url": f"ftp://{SECRET}"}}}, "not the address"),
    ({"mcpServers": {"a": {"url": 7}}}, 'something else than text in "url"'),
    ({"mcpServers": {"a": {"url": "https://x.org", "headers": {"X": f"{SECRET}\n"}}}}, "A header"),
    ({"mcpServers": {"a": {"url": "https://x.org", "headers": [SECRET]}}}, 'an object of texts as "headers"'),
    ({"mcpServers": {"a": {"command": "x", "args": SECRET}}}, 'a list of texts as "args"'),
    ({"mcpServers": {"a": {"command": "x", "env": {"A": 1}}}}, 'something else than text in "env"'),
    ({"mcpServers": {"a": {"command": "x", "args": [f"{SECRET}${{MISSING}}"]}}}, "variable MISSING, which is not set"),
]


@pytest.mark.parametrize(("content", "expected"), WRONG)
def test_what_is_wrong_is_told_without_what_is_in_it(tmp_path: Path, content: Any, expected: str):
    with pytest.raises(GlassboxError) as caught:
        read_config(written(tmp_path, content))
    assert expected in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(GlassboxError, match=r"mcp\.json with the MCP servers cannot be read"):
        read_config(tmp_path / "mcp.json")
