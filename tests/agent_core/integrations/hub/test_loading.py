"""Tools go to the Hub and come from it, with its own client and the real smolagents against a Hub on loopback."""

import asyncio
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import constants
from smolagents import load_tool as load_in_smolagents
from smolagents import tool
from smolagents.tools import Tool as TheirTool

from agent_core import Sandbox, Tool
from agent_core.errors import ToolError
from agent_core.integrations.hub import loading
from agent_core.integrations.hub.loading import FoundTool, load_tool, read_tool
from agent_core.integrations.hub.publishing import push_to_hub
from tests.agent_core.integrations.hub import sample_tools
from tests.agent_core.integrations.hub.published import PUBLISHED
from tests.doubles.hub_server import HubServer, be_the_hub, hub_server

TOKEN = "hf_made_up_for_ann"
OTHERS = "hf_made_up_for_bob"
CODE = PUBLISHED[0].source
MISSING = "does not exist, or it is private"


@pytest.fixture(scope="module")
def server() -> Generator[HubServer]:
    with hub_server() as server:
        yield server


@pytest.fixture(autouse=True)
def the_hub(server: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> HubServer:
    """The Hub, empty, as the one that all clients of this process use; nobody is logged in."""
    server.spaces.clear()
    server.faults.clear()
    server.requests.clear()
    server.tokens.update({TOKEN: "ann", OTHERS: "bob"})
    be_the_hub(server, monkeypatch)
    # which always asks huggingface.co whether the metadata that smolagents writes is right
    monkeypatch.setattr(huggingface_hub.RepoCard, "validate", lambda *_, **__: None)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return server


def log_in(token: str) -> None:
    Path(constants.HF_TOKEN_PATH).write_text(token)


def refusal(work: Callable[[], Any]) -> str:
    """The sentence with which this is refused; without a token in it or anything of the network."""
    with pytest.raises(ToolError) as told:
        work()
    text = str(told.value)
    assert TOKEN not in text
    assert "127.0.0.1" not in text
    assert "\n" not in text
    return text


@tool
def shout(text: str, times: int = 2, mark: str | None = None) -> str:
    """Shouts a text.

    Args:
        text: What to shout.
        times: How often.
        mark: What stands at the end.
    """
    return " ".join([text.upper()] * times) + (mark or "")


class Halve(TheirTool):
    name = "halve"
    description = 'Halves a number. "Really."'
    inputs = {"number": {"type": "number", "description": "any"}}  # noqa: RUF012
    output_type = "number"

    def forward(self, number: float) -> float:
        import math

        return math.fsum([number]) / 2


@pytest.mark.parametrize("tool", [shout, Halve()], ids=["by @tool", "a class"])
def test_what_smolagents_pushes_is_read(the_hub: HubServer, tool: TheirTool) -> None:
    tool.push_to_hub(f"ann/{tool.name}", token=TOKEN)
    found = read_tool(f"ann/{tool.name}")
    assert (found.code.name, found.code.description) == (tool.name, tool.description)
    assert {parameter.name: parameter.description for parameter in found.code.parameters} == {
        name: entry["description"] for name, entry in tool.inputs.items()
    }
    assert found.revision == the_hub.spaces[f"ann/{tool.name}"].newest
    assert found.code.output == {"string": str, "number": float}[tool.output_type]


def test_types_of_what_smolagents_pushes() -> None:
    shout.push_to_hub("ann/shout", token=TOKEN)
    text, times, mark = read_tool("ann/shout").code.parameters
    assert (text.type, text.required) == (str, True)
    assert (times.type, times.default, times.required) == (int, 2, False)
    assert (mark.type, mark.default, mark.required) == (str | None, None, False)


PUSHED: list[tuple[Tool, dict[str, Any]]] = [
    (sample_tools.convert, {"amount": 2.0}),
    (sample_tools.wait_for, {"word": "a"}),
    (sample_tools.Counter(), {"word": "house"}),
    (sample_tools.plan, {"start": {"name": "a", "height": 1.0}}),
    (sample_tools.length, {"value": 1.6, "unit": "m"}),
    (sample_tools.middle, {"first": None, "second": "3"}),
]


@pytest.mark.parametrize(("tool", "given"), PUSHED, ids=[tool.name for tool, _ in PUSHED])
async def test_what_is_pushed_loads_in_smolagents_and_here(tool: Tool, given: dict[str, Any]) -> None:
    await asyncio.to_thread(tool.push_to_hub, f"ann/{tool.name}", token=TOKEN)
    loaded = await asyncio.to_thread(load_in_smolagents, f"ann/{tool.name}", trust_remote_code=True)
    assert repr(loaded(**given)) == repr(await tool.call(given))
    assert read_tool(f"ann/{tool.name}").code.name == tool.name == loaded.name


def test_the_layout_is_the_one_of_smolagents(the_hub: HubServer) -> None:
    shout.push_to_hub("ann/theirs", token=TOKEN)
    url = sample_tools.convert.push_to_hub("ann/ours", token=TOKEN, private=True)
    assert url == f"{the_hub.url}/spaces/ann/ours"
    theirs, ours = the_hub.spaces["ann/theirs"], the_hub.spaces["ann/ours"]
    assert ours.commits[ours.newest].keys() == theirs.commits[theirs.newest].keys()
    assert the_hub.file("ann/ours", "requirements.txt") == "smolagents\n"
    card = huggingface_hub.RepoCard(the_hub.file("ann/ours", "README.md"))
    assert card.data.to_dict() == {"sdk": "gradio", "title": "ours", "tags": ["smolagents", "tool", "glassbox"]}
    assert (theirs.private, ours.private) == (False, True)


def test_pushing_again_changes_what_is_there(the_hub: HubServer) -> None:
    log_in(TOKEN)
    push_to_hub(sample_tools.convert, "ann/it")
    first = read_tool("ann/it")
    push_to_hub(sample_tools.convert, "ann/it")
    push_to_hub(sample_tools.length, "ann/it")
    assert read_tool("ann/it").code.name == "length"
    assert read_tool("ann/it", first.revision).code.name == "convert"


def test_the_commit_is_pinned(the_hub: HubServer) -> None:
    old = the_hub.add("ann/it", tool_py=CODE)
    the_hub.add("ann/it", tool_py=CODE.replace("most_liked", "other"))
    assert read_tool("ann/it", old).code.name == "most_liked"
    found = read_tool("ann/it", "main")
    assert found.code.name == "other"
    assert found.origin == f"ann/it@{found.revision[:8]}"
    assert the_hub.requests[-1].path == f"/spaces/ann/it/resolve/{found.revision}/tool.py"


def test_whose_token_is_sent(the_hub: HubServer) -> None:
    log_in(TOKEN)
    the_hub.add("ann/open", tool_py=CODE)
    the_hub.add("ann/closed", tool_py=CODE, private=True)
    read_tool("ann/open")
    read_tool("ann/open", token=None)
    assert {request.token for request in the_hub.requests} == {""}
    assert MISSING in refusal(lambda: read_tool("ann/closed"))
    assert MISSING in refusal(lambda: read_tool("ann/closed", token=OTHERS))
    the_hub.requests.clear()
    assert read_tool("ann/closed", token=True).code.name == "most_liked"
    assert read_tool("ann/closed", token=TOKEN).code.name == "most_liked"
    assert {request.token for request in the_hub.requests} == {TOKEN}
    Path(constants.HF_TOKEN_PATH).unlink()
    assert "no stored login" in refusal(lambda: read_tool("ann/closed", token=True))


def test_a_token_goes_to_the_hub_only(the_hub: HubServer) -> None:
    commit = the_hub.add("ann/it", tool_py=CODE)
    with hub_server() as elsewhere:
        elsewhere.add("ann/it", tool_py=CODE)
        there = f"{elsewhere.url}/spaces/ann/it/resolve/main/tool.py".replace("127.0.0.1", "localhost")
        path = f"/spaces/ann/it/resolve/{commit}/tool.py"
        the_hub.faults[path] = lambda handler: handler.reply({}, 302, Location=there)
        assert read_tool("ann/it", token=TOKEN).code.name == "most_liked"
        assert [request.token for request in elsewhere.requests] == [""]


NO_NAMES = ["", "name", "a/b/c", "../b", "a/../b", "a b/c", "https://x.y/z", "a/b\n", "a/b?c", "a" * 999]


@pytest.mark.parametrize("repo", NO_NAMES, ids=range(len(NO_NAMES)))
def test_names_that_are_none(the_hub: HubServer, repo: str) -> None:
    assert 'the form "owner/name"' in refusal(lambda: read_tool(repo))
    assert 'the form "owner/name"' in refusal(lambda: push_to_hub(sample_tools.convert, repo, token=TOKEN))
    assert not the_hub.requests


def test_spaces_without_a_tool(the_hub: HubServer) -> None:
    the_hub.add("ann/app", app_py="import gradio")
    the_hub.add("ann/empty", README_md="nothing")
    the_hub.add("ann/text", tool_py=b"\xff\xfe\x00")
    the_hub.add("ann/large", tool_py="#" * 900_000)
    the_hub.add("ann/long", tool_py="#" * 300_000)
    the_hub.add("ann/broken", tool_py="def (")
    the_hub.add("ann/it", tool_py=CODE)
    assert MISSING in refusal(lambda: read_tool("ann/none"))
    assert "can be added as a Space" in refusal(lambda: read_tool("ann/app"))
    assert "has no file tool.py" in refusal(lambda: read_tool("ann/empty"))
    assert "is not text" in refusal(lambda: read_tool("ann/text"))
    assert "too large" in refusal(lambda: read_tool("ann/large"))
    assert not any("ann/large/resolve" in request.path for request in the_hub.requests)
    assert "300,000 characters" in refusal(lambda: read_tool("ann/long"))
    assert "not Python" in refusal(lambda: read_tool("ann/broken"))
    assert "no revision 'v9'" in refusal(lambda: read_tool("ann/it", "v9"))
    assert "no revision '../x'" in refusal(lambda: read_tool("ann/it", "../x"))


def test_a_size_that_was_a_lie(the_hub: HubServer) -> None:
    commit = the_hub.add("ann/it", tool_py=CODE)
    path = f"/spaces/ann/it/resolve/{commit}/tool.py"
    the_hub.faults[path] = lambda handler: handler.send(b"#" * 900_000)
    assert "too large" in refusal(lambda: read_tool("ann/it"))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (500, "cannot be reached"),
        (401, "this token"),
        (429, "too many requests"),
        (403, "needs the right"),
        (418, "418"),
    ],
)
def test_a_hub_that_refuses(the_hub: HubServer, status: int, words: str) -> None:
    the_hub.faults["/api/spaces/ann/it"] = lambda handler: handler.reply({"error": TOKEN}, status)
    assert words in refusal(lambda: read_tool("ann/it", token=TOKEN))


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": "ann/it", "siblings": 3}', b"\xff", b"<html>"])
def test_a_hub_that_answers_nonsense(the_hub: HubServer, body: bytes) -> None:
    the_hub.faults["/api/spaces/ann/it"] = lambda handler: handler.send(body)
    assert "cannot be understood" in refusal(lambda: read_tool("ann/it"))


def test_a_hub_that_is_gone_or_slow(the_hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_READ_SECONDS", 0.2)

    def wait(handler: Any) -> None:
        the_hub.closing.wait(20)

    the_hub.faults["/api/spaces/ann/it"] = wait
    assert "cannot be reached or is too slow" in refusal(lambda: read_tool("ann/it"))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(loading, "_READ_SECONDS", 10)
    assert "cannot be reached or is too slow" in refusal(lambda: read_tool("ann/it"))


def test_pushing_without_the_right(the_hub: HubServer) -> None:
    the_hub.add("bob/app", app_py="import gradio", README_md="---\nsdk: gradio\n---\n")
    assert "no token to push with" in refusal(lambda: push_to_hub(sample_tools.convert, "ann/it"))
    assert "does not take this token" in refusal(lambda: push_to_hub(sample_tools.convert, "ann/it", token="hf_wrong"))
    assert "needs the right" in refusal(lambda: push_to_hub(sample_tools.convert, "bob/it", token=TOKEN))
    assert "already an app that is not a tool" in refusal(
        lambda: push_to_hub(sample_tools.convert, "bob/app", token=OTHERS)
    )
    assert "made with arguments" in refusal(lambda: push_to_hub(sample_tools.Keyed("k"), "ann/it", token=TOKEN))
    assert "ann/it" not in the_hub.spaces


def test_loading_shows_the_code_and_asks(the_hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    the_hub.add("ann/it", tool_py=CODE)
    seen: list[FoundTool] = []
    assert "not agreed to" in refusal(lambda: load_tool("ann/it", confirm=lambda found: bool(seen.append(found))))
    assert seen[0].code.source == CODE
    monkeypatch.setattr(sys, "stdin", None)
    assert "pass `confirm`" in refusal(lambda: load_tool("ann/it"))


@pytest.mark.parametrize(("answer", "loads"), [("y\n", True), ("yes\n", True), ("n\n", False), ("\n", False)])
def test_asking_in_the_terminal(
    the_hub: HubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, answer: str, loads: bool
) -> None:
    the_hub.add("ann/it", tool_py=CODE + "# \x1b[2J hidden")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: print(question) or answer.strip())
    assert loading.ask_in_terminal(read_tool("ann/it")) is loads
    shown = capsys.readouterr().out
    assert "class SimpleTool(Tool):" in shown
    assert "\\x1b[2J hidden" in shown
    assert "imports huggingface_hub, typing" in shown


async def test_a_loaded_tool_runs_in_the_sandbox() -> None:
    await asyncio.to_thread(shout.push_to_hub, "ann/shout", token=TOKEN)
    for ours in (sample_tools.plan, sample_tools.wait_for, sample_tools.Counter()):
        await asyncio.to_thread(ours.push_to_hub, f"ann/{ours.name}", token=TOKEN)
    names = ("plan", "wait_for", "counter", "shout")
    tools = [await asyncio.to_thread(load_tool, f"ann/{name}", confirm=lambda found: True) for name in names]
    async with Sandbox(tools=tools) as box:
        code = (
            "[plan({'name': 'a'}).stops[0].height, wait_for('a', times=3), counter(word='house'), shout('a', mark='!')]"
        )
        assert (await box.run(code)).value == "[1.0, ['a', 'a', 'a'], 3, 'A A!']"


def test_no_code_in_the_repr(the_hub: HubServer) -> None:
    the_hub.add("ann/it", tool_py=CODE)
    assert "class" not in repr(read_tool("ann/it"))
