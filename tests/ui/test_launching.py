"""Opening the page around an agent: from a program, beside an event loop, with what cannot be used."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from typing import Any

import httpx
import pytest

from agent_core import CodeAgent, GlassboxError
from demo import demo_model
from tests.support import ROOT, free_port, running_app
from ui import launch
from ui.config import ConfigError

PROGRAM = str(ROOT / "tests" / "doubles" / "own_page.py")


@pytest.fixture
def agent(tmp_path, monkeypatch) -> CodeAgent:
    monkeypatch.setenv("GLASSBOX_DATA", str(tmp_path))
    return CodeAgent(demo_model(delay=0))


def test_it_can_be_opened_and_closed_beside_other_work_more_than_once(agent):
    heard = signal.getsignal(signal.SIGINT)
    for title in ("One", "Another"):
        page = launch(agent, title=title, port=free_port(), block=False)
        assert f'"title":"{title}"' in httpx.get(page.url).text
        page.close()
        with pytest.raises(httpx.ConnectError):
            httpx.get(page.url)
    assert signal.getsignal(signal.SIGINT) is heard


async def test_it_can_be_opened_where_an_event_loop_runs_as_in_a_notebook(agent):
    page = launch(agent, port=free_port(), block=False)
    assert (await asyncio.to_thread(httpx.get, page.url)).status_code == 200
    await asyncio.to_thread(page.close)


def test_a_port_that_is_taken_is_said_and_leaves_nothing_behind(agent):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"The port {port} is taken"):
            launch(agent, port=port)
    page = launch(agent, port=port, block=False)
    page.close()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"port": 70_000}, "The port 70000 is none"),
        ({"port": "7860"}, "The port '7860' is none"),
        ({"title": " "}, "a title cannot be empty"),
        ({"description": None}, "title and description are texts"),
        ({"examples": [5]}, "examples are a list of texts"),
        ({"share": True}, "launch has no argument 'share'. Use a Space, or a proxy before the page"),
        ({"server_port": 7861}, "Use port=…"),
    ],
)
def test_what_cannot_be_used_is_said_at_once(agent, wrong, said):
    with pytest.raises(GlassboxError, match=said):
        launch(agent, **wrong)


def test_the_terminal_tells_the_address_and_advises_nothing_that_is_not_there(agent, capsys):
    page = launch(agent, port=free_port(), block=False)
    page.close()
    told = capsys.readouterr().out
    assert page.url in told and "share" not in told


def test_a_program_goes_on_after_the_page_was_closed(tmp_path):
    with running_app(tmp_path, command=[PROGRAM], PYTHONPATH=str(ROOT)) as app:
        assert httpx.get(app.url).status_code == 200
    assert "Closed." in app.log.read_text().splitlines()
    folders = [path.name for path in (tmp_path / ".local" / "share" / "glassbox-pages").iterdir()]
    assert len(folders) == 1 and folders[0].startswith("weather-more-"), "its chats lie apart"


def test_the_programs_of_the_documentation_open_the_page(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_DATA", str(tmp_path))
    section = (ROOT / "docs" / "library.md").read_text("utf-8").partition("## The page around your own agent")[2]
    programs = re.findall(r"```python\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    opened = []

    def launch_and_go_on(agent: Any, **options: Any) -> None:
        opened.append(launch(agent, **options, port=free_port(), block=False))

    monkeypatch.setattr("ui.launching.launch", launch_and_go_on)
    names: dict[str, Any] = {}
    for program in programs:
        exec(program, names)
        assert httpx.get(opened[-1].url).status_code == 200
        opened[-1].close()
    assert len(opened) == 2


def test_on_a_space_that_has_no_sign_in_the_page_opens_without_it(tmp_path):
    space = {"SYSTEM": "spaces", "SPACE_ID": "owner/name", "SPACE_HOST": "owner-name.hf.space"}
    with running_app(tmp_path, command=[PROGRAM], PYTHONPATH=str(ROOT), **space) as app:
        assert httpx.get(app.url, headers={"host": "owner-name.hf.space"}).status_code == 200


def test_the_name_of_the_package_costs_nothing_before_it_is_used():
    program = "import sys, ui; assert 'gradio' not in sys.modules; from ui import launch; print(launch.__module__)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ui.launching"]
