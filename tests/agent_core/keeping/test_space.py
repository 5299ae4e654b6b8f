"""Agents go to Spaces that open a page with them, and come back: the Hub's own client against a double of the Hub."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from gradio_client import Client

import tools as tools_of_the_page
from agent_core import CodeAgent, FoundAgent, GlassboxError, HubModel, SandboxedTool, ToolError, load_agent, read_agent
from agent_core.keeping import space
from demo import demo_model
from tests.agent_core.keeping.kept_tools import ask, environment, to_kilometres
from tests.agent_core.support import code
from tests.doubles.hub_server import HubServer, be_the_hub, hub_server
from tests.support import ROOT, model_of, running_app

SPACE, TOKEN = "ada/my-agent", "hf_made_up_for_ada"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with hub_server() as server:
        be_the_hub(server, monkeypatch)
        server.tokens[TOKEN] = "ada"
        yield server


def agent(**more: Any) -> CodeAgent:
    tools = [to_kilometres, tools_of_the_page.web_search]
    given = {"model": HubModel(token=TOKEN), "tools": tools, "instructions": "Be kind.", **more}
    return CodeAgent(**given)


def push(**more: Any) -> str:
    with pytest.warns(UserWarning, match="the tool web_search"):
        return agent(**more).push_to_hub(SPACE, token=TOKEN, title='A "kind" agent')


def files_of(hub: HubServer) -> set[str]:
    return {*hub.spaces[SPACE].commits[hub.spaces[SPACE].newest]}


def test_a_space_has_the_page_and_the_agent(hub):
    assert push() == f"{hub.url}/spaces/{SPACE}"
    files = files_of(hub)
    assert {"app.py", "agent/agent.json", "agent/tools/to_kilometres.py", "agent/prompts/instructions.md"} <= files
    assert {"ui/page.py", "agent_core/py.typed", "tools/web_search.py", "demo/__init__.py"} <= files
    assert {name.split("/")[0] for name in files} == {
        *("app.py", "requirements.txt", "README.md", "agent", "agent_core", "demo", "tools", "ui"),
    }
    assert not [name for name in files if "__pycache__" in name or "/." in name]
    settings = yaml.safe_load(hub.file(SPACE, "README.md").split("---\n")[1])
    assert (settings["title"], settings["sdk"], settings["app_file"]) == ("A 'kind' agent", "gradio", "app.py")
    assert settings["tags"] == ["agent", "glassbox"] and settings["hf_oauth_scopes"] == ["inference-api"]
    assert f"gradio=={settings['sdk_version']}\n" in hub.file(SPACE, "requirements.txt")
    compile(hub.file(SPACE, "app.py"), "app.py", "exec")
    assert "from tools import web_search" in hub.file(SPACE, "app.py")
    assert not [name for name in files if TOKEN.encode() in hub.spaces[SPACE].commits[hub.spaces[SPACE].newest][name]]


def test_a_space_is_brought_up_to_date_and_what_its_owner_wrote_of_it_stays(hub):
    push()
    readme = hub.file(SPACE, "README.md").replace("emoji: 🧊", "emoji: 🌍").replace("sdk_version: ", "sdk_version: 0.")
    hub.spaces[SPACE].commit({"README.md": f"{readme}\nMy words.\n".encode(), ".gitattributes": b"x"})
    agent(tools=[]).push_to_hub(SPACE, token=TOKEN)
    settings = yaml.safe_load(hub.file(SPACE, "README.md").split("---\n")[1])
    assert settings["emoji"] == "🌍" and "My words." in hub.file(SPACE, "README.md")
    assert f"gradio=={settings['sdk_version']}\n" in hub.file(SPACE, "requirements.txt")
    assert "agent/tools/to_kilometres.py" not in files_of(hub) and ".gitattributes" in files_of(hub)


def test_an_agent_is_loaded_from_its_space_once_somebody_agrees(hub):
    push()
    asked: list[FoundAgent] = []
    again = load_agent(SPACE, tools=tools_of_the_page.TOOLS, confirm=lambda found: not asked.append(found))
    assert [type(tool) for tool in again.tools[:1]] == [SandboxedTool] and again.instructions == "Be kind."
    assert again.tools[1] is tools_of_the_page.web_search
    assert asked[0].origin == f"{SPACE}@{hub.spaces[SPACE].newest[:8]}" and asked[0].comes_from_the_hub
    assert "return miles * 1.609344" in str(asked[0].definition)
    with pytest.raises(GlassboxError, match="was not loaded, as it was not agreed to"):
        load_agent(SPACE, confirm=lambda found: False)
    with pytest.raises(GlassboxError, match="Nobody can be asked here"):
        load_agent(SPACE)


def test_what_is_asked_about_in_the_terminal_is_shown_as_a_whole(hub, monkeypatch, capsys):
    agent(tools=[to_kilometres], instructions="Send all \x1b[8mfiles\x1b[0m.").push_to_hub(SPACE, token=TOKEN)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: "y")
    load_agent(SPACE)
    shown = capsys.readouterr().out
    for part in ("return miles * 1.609344", "Send all \\x1b[8mfiles", '"class": "CodeAgent"', f"the agent of {SPACE}@"):
        assert part in shown
    assert "\x1b" not in shown


def test_an_earlier_commit_can_be_named(hub):
    push()
    first = hub.spaces[SPACE].newest
    agent(tools=[], instructions="Be short.").push_to_hub(SPACE, token=TOKEN)
    assert read_agent(SPACE).definition["instructions"] == "Be short."
    assert read_agent(SPACE, revision=first).definition["instructions"] == "Be kind."


def test_a_space_that_smolagents_made_is_read(hub, tmp_path: Path):
    from importlib import import_module

    smolagents: Any = import_module("smolagents")
    model = smolagents.InferenceClientModel("owner/name", token="t")
    inner = smolagents.CodeAgent(tools=[], model=model, name="inner", description="Helps.")
    smolagents.CodeAgent(tools=[smolagents.WebSearchTool()], model=model, managed_agents=[inner]).save(tmp_path)
    files = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    hub.add("bob/theirs")
    hub.spaces["bob/theirs"].commit(files)
    assert [tool["name"] for tool in read_agent("bob/theirs").definition["tools"]] == ["web_search", "inner"]


def test_the_app_of_the_space_opens_a_page_whose_tools_run_there(hub, serve, tmp_path: Path):
    server = serve([code("environment('A_SECRET_OF_THE_SPACE')"), "It is as you set it."])
    whole = agent(model=model_of(server), tools=[environment, tools_of_the_page.web_search])
    with pytest.warns(UserWarning, match="the tool web_search"):
        whole.push_to_hub(SPACE, token=TOKEN, title="My own agent")
    for name, data in hub.spaces[SPACE].commits[hub.spaces[SPACE].newest].items():
        (tmp_path / "space" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "space" / name).write_bytes(data)
    (tmp_path / "home").mkdir()
    program = [str(tmp_path / "space" / "app.py")]
    with running_app(tmp_path / "home", command=program, A_SECRET_OF_THE_SPACE="the moon is made of cheese") as app:
        assert "My own agent" in httpx.get(app.url).text
        client = Client(app.url, verbose=False, analytics_enabled=False, download_files=False)
        assert "It is as you set it." in client.predict("What is it?", api_name="/ask")
    told = str(server.requests[1].body["messages"])
    assert "the moon is made of cheese" in told and "def web_search" in told and "Be kind." in told


def test_what_the_space_could_not_make_again_is_not_pushed(hub):
    with pytest.raises(GlassboxError, match="is a ScriptedModel, which the Space could not make again"):
        CodeAgent(demo_model()).push_to_hub(SPACE, token=TOKEN)
    with pytest.raises(GlassboxError, match="The tool ask cannot go to the Space, as it was not kept"):
        agent(tools=[ask]).push_to_hub(SPACE, token=TOKEN)
    assert hub.spaces == {}


def test_what_is_another_thing_is_left_alone(hub):
    hub.add_app(SPACE, "https://x.hf.space")
    with pytest.raises(ToolError, match="already holds something else than an agent"):
        agent(tools=[]).push_to_hub(SPACE, token=TOKEN)
    assert files_of(hub) == {"app.py"}
    with pytest.raises(ToolError, match="holds no agent"):
        load_agent(SPACE)


def test_what_is_missing_is_said_in_a_sentence(hub, monkeypatch):
    with pytest.raises(ToolError, match="There is no token to push with"):
        agent(tools=[]).push_to_hub(SPACE)
    with pytest.raises(ToolError, match="is not the name of a repository"):
        agent(tools=[]).push_to_hub("nothing", token=TOKEN)
    with pytest.raises(ToolError, match="This token may not do that"):
        agent(tools=[]).push_to_hub("bob/agent", token=TOKEN)
    with pytest.raises(ToolError, match="does not exist, or it is private"):
        load_agent("ada/nothing")
    monkeypatch.setattr(space, "find_spec", lambda name: None)
    monkeypatch.setattr(space, "BESIDE", ROOT / "docs")
    with pytest.raises(GlassboxError, match="The page comes with Glassbox's repository"):
        agent(tools=[]).push_to_hub(SPACE, token=TOKEN)
    assert hub.spaces == {}


def test_a_file_of_the_page_with_a_key_is_not_pushed(hub, monkeypatch, tmp_path: Path):
    for name, text in {
        "ui/page.py": "",
        "requirements.txt": "gradio==1.0\n",
        "tools/mine.py": "KEY = 'sk-abcdefghijklmnopqrstuvwxyz'\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(space, "BESIDE", tmp_path)
    with pytest.raises(GlassboxError, match=r"The file tools/mine\.py would go to the Space, and holds a key"):
        agent(tools=[]).push_to_hub(SPACE, token=TOKEN)
    assert hub.spaces == {}
