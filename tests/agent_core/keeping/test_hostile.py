"""Kept agents that were made up to do harm: nothing outside their folder is read or written, and no key goes astray."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from agent_core import CodeAgent, GlassboxError, HubModel, load_agent
from agent_core.integrations.mcp.server import McpServer
from tests.agent_core.keeping.kept_tools import to_kilometres

KEY, SECRET = "a-key-that-nobody-may-see", "what only its owner may read"
MODEL = {"class": "OpenAIModel", "name": "m", "address": "http://127.0.0.1:1/v1"}
KEPT = {"glassbox": 1, "class": "CodeAgent", "model": MODEL}
THEIRS = {"class": "CodeAgent", "model": {"class": "OpenAIModel", "data": {"model_id": "m"}}, "tools": []}
CODE = CodeAgent(HubModel(), tools=[to_kilometres]).to_dict()["tools"][0]


def refusal(source: Any, **given: Any) -> str:
    with pytest.raises(GlassboxError) as told:
        load_agent(source, **given)
    assert KEY not in str(told.value) and SECRET not in str(told.value)
    return str(told.value)


def folder(path: Path, **more: Any) -> Path:
    path.mkdir()
    (path / "agent.json").write_text(json.dumps({**KEPT, **more}))
    return path


def nested(depth: int) -> Any:
    data: list[Any] = []
    for _ in range(depth):
        data = [data]
    return data


@pytest.mark.parametrize("kind", ["OpenAIModel", "LiteLLMModel", "HubModel"])
@pytest.mark.parametrize("name", ["base_url", "api_base", "find_key", "api_key", "token"])
def test_a_key_that_is_given_goes_to_no_address_among_the_settings(kind: str, name: str):
    model = {"class": kind, "name": "owner/m", "settings": {name: "http://127.0.0.1:9/v1"}}
    assert f"no setting {name}" in refusal({**KEPT, "model": model}, api_key=KEY)


@pytest.mark.parametrize("place", ["prompts/instructions.md", "tools/to_kilometres.py", "agents/inner/agent.json"])
def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path, place: str):
    (tmp_path / "secret").write_text(SECRET)
    code = {name: CODE[name] for name in CODE.keys() - {"code"}}
    inner = {"kind": "agent", "name": "inner", "description": "I."}
    tool = code if place.startswith("tools") else inner
    tools = [] if place.startswith("prompts") else [tool]
    kept = folder(tmp_path / "kept", instructions={"file": "x"}, tools=tools)
    (kept / "prompts").mkdir()
    (kept / "prompts" / "instructions.md").write_text("Be kind.")
    (kept / place).unlink(missing_ok=True)
    (kept / place).parent.mkdir(parents=True, exist_ok=True)
    (kept / place).symlink_to(tmp_path / "secret")
    assert "is a link out of the folder" in refusal(kept)


def test_links_within_a_download_of_the_hub_are_followed(tmp_path: Path):
    snapshot = tmp_path / "models--a--b" / "snapshots" / "1234"
    snapshot.parent.mkdir(parents=True)
    CodeAgent(HubModel(), instructions="Be kind.").save(snapshot)
    blobs = tmp_path / "models--a--b" / "blobs"
    blobs.mkdir()
    for number, path in enumerate([path for path in snapshot.rglob("*") if path.is_file()]):
        path.rename(blobs / str(number))
        path.symlink_to(blobs / str(number))
    assert load_agent(snapshot).instructions == "Be kind."


def test_files_that_never_end_are_not_read(tmp_path: Path):
    kept = folder(tmp_path / "kept")
    (kept / "agent.json").unlink()
    os.mkfifo(kept / "agent.json")
    assert "cannot be read as text" in refusal(kept)
    (kept / "agent.json").unlink()
    with (kept / "agent.json").open("wb") as file:
        file.truncate(2**33)
    assert "more than" in refusal(kept)
    (kept / "agent.json").unlink()
    (kept / "agent.json").symlink_to("agent.json")
    assert "cannot be read as text" in refusal(kept)


def test_agents_in_agents_without_end_are_not_read(tmp_path: Path):
    names = [f"a{number}" for number in range(30)]
    data = {**THEIRS, "prompt_templates": {}, "name": "n", "description": "d"}
    data["managed_agents"] = dict.fromkeys(names, "A")
    kept = tmp_path / "kept"
    (kept / "managed_agents").mkdir(parents=True)
    (kept / "agent.json").write_text(json.dumps(data))
    for name in names:
        (kept / "managed_agents" / name).symlink_to("..", target_is_directory=True)
    assert "more than 500 files" in refusal(kept) or "cannot be read" in refusal(kept)


@pytest.mark.parametrize(
    "more",
    [
        {"model": {**MODEL, "settings": {"extra_body": {"x": nested(900)}}}},
        {"tools": [{"kind": "space", "name": "a", "source": "http://127.0.0.1:1", "endpoint": {"x": nested(900)}}]},
    ],
)
def test_what_is_nested_too_deep_is_said(tmp_path: Path, more: dict[str, Any]):
    assert "nested too deep" in refusal({**KEPT, **more})
    assert "nested too deep" in refusal(folder(tmp_path / "kept", **more))


def test_what_is_nested_too_deep_of_smolagents_is_said():
    agent: dict[str, Any] = {**THEIRS, "prompt_templates": {}, "name": "n", "description": "d"}
    for _ in range(450):
        agent = {**agent, "managed_agents": [agent]}
    assert "nested too deep" in refusal(agent)


def test_keeping_an_agent_where_another_was_removes_and_writes_nothing_elsewhere(tmp_path: Path):
    victim = tmp_path / "victim.py"
    victim.write_text(SECRET)
    named = folder(tmp_path / "named", tools=[{**CODE, "name": "../../victim"}])
    CodeAgent(HubModel()).save(named)
    assert victim.read_text() == SECRET
    linked = folder(tmp_path / "linked")
    (linked / "agent.json").unlink()
    (linked / "agent.json").symlink_to(victim)
    CodeAgent(HubModel()).save(linked)
    assert victim.read_text() == SECRET and load_agent(linked).tools == []
    (tmp_path / "elsewhere").mkdir()
    below = folder(tmp_path / "below")
    (below / "tools").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(GlassboxError, match="is a link out of the folder"):
        CodeAgent(HubModel(), tools=[to_kilometres]).save(below)
    assert not [*(tmp_path / "elsewhere").iterdir()]


def test_no_tool_of_code_takes_the_place_of_python():
    assert "because of tools.0" in refusal({**KEPT, "tools": [{"kind": "python", "name": "final_answer"}]})
    assert "cannot be named 'python'" in refusal({**KEPT, "tools": [{**CODE, "name": "python"}]})


def test_a_server_under_another_name_is_taken():
    [server] = load_agent(
        {**KEPT, "tools": [{"kind": "mcp", "name": "mine", "url": "http://127.0.0.1:1/"}]}
    ).given_tools
    assert isinstance(server, McpServer)


def test_keys_among_the_arguments_of_a_program_are_not_written():
    for arguments in (["--api-key", "short"], ["--api-key=short"], ["-x", "--github-token=short"]):
        agent = CodeAgent(HubModel(), tools=[McpServer.of_command("program", arguments)])
        with pytest.raises(GlassboxError, match="holds a key, in tools"):
            agent.to_dict()
    for name in ("x-api-key", "CLIENT_SECRET"):
        with pytest.raises(GlassboxError, match=f"holds a key, in model.settings.extra_body.{name}"):
            CodeAgent(HubModel(extra_body={name: "short"})).to_dict()
    CodeAgent(HubModel(), tools=[McpServer.of_command("program", ["--folder", "x", "-y=1"])]).to_dict()


@pytest.mark.parametrize("more", [{"timeout": -1}, {"timeout": float("nan")}, {"timeout": 0}, {"retries": -1}])
def test_how_long_and_how_often_a_tool_tries_has_limits_as_elsewhere(more: dict[str, Any]):
    assert f"because of tools.0.code.{next(iter(more))}" in refusal({**KEPT, "tools": [{**CODE, **more}]})
