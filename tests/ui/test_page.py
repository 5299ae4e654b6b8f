import html
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from agent_core import CodeAgent, ToolCallingAgent
from agent_core.sandbox import confinement
from agent_core.sandbox.confinement import Confinement
from agent_core.sandbox.guest.confinement import layer_names
from demo import demo_model
from ui.api.ask_endpoint import AskEndpoint
from ui.api.ask_service import AskService
from ui.chats import Chats
from ui.config import Config
from ui.data_folder import DataFolder
from ui.loop_lag import LoopLag
from ui.pace import Pace
from ui.page import build_page
from ui.settings.own_agent import OwnAgent
from ui.tool_sources.owner_tools import OwnerTools


def texts(page: gr.Blocks) -> str:
    return "\n".join(str(block.value) for block in page.blocks.values() if isinstance(block, gr.Markdown))


def shown_by_page(data: Path, *, lasting: bool = True, own: OwnAgent | None = None, **settings: Any) -> str:
    config, owner = Config(data=data, **settings), OwnerTools({})
    chats = Chats(config, DataFolder(config).open_store(config))
    api = AskEndpoint(config, AskService(config, owner))
    return html.unescape(texts(build_page(config, chats, owner, api, Pace(LoopLag()), lasting=lasting, own=own)))


FILES, REMEDY = layer_names.FILES, "Boot with lsm=landlock."


@pytest.mark.parametrize(
    ("missing", "unconfined", "warning"),
    [
        ((), "0", ""),
        (
            FILES,
            "1",
            "⚠️ Code runs, but the kernel does **not fully confine** it. Missing on this machine: file rules. "
            "`python -m agent_core.sandbox.doctor` says why",
        ),
        (
            FILES,
            "0",
            "⚠️ **No code runs here**, because this machine cannot confine it.",
        ),
        (("signal rules (Landlock)",), "0", "⚠️ Code runs, but the kernel does **not fully confine** it"),
    ],
)
def test_the_page_names_the_layers_that_hold_and_says_what_comes_of_those_that_are_missing(
    monkeypatch, tmp_path, missing, unconfined, warning
):
    monkeypatch.setenv("GLASSBOX_ALLOW_UNCONFINED", unconfined)
    found = Confinement(("system-call filter (seccomp)",), missing, dict.fromkeys(missing, REMEDY))
    monkeypatch.setattr(confinement, "probe", lambda: found)
    shown = shown_by_page(tmp_path)
    assert ("Active protections on this machine: system-call filter" in shown) == ("No code runs" not in warning)
    assert warning in shown
    assert ("⚠️" in shown) == ("agent_core.sandbox.doctor" in shown) == bool(missing)
    assert (REMEDY in shown) == ("No code runs" in warning)


def test_a_page_around_an_agent_says_where_code_runs_only_if_the_agent_runs_some(monkeypatch, tmp_path):
    monkeypatch.setattr(confinement, "probe", lambda: Confinement((), FILES, dict.fromkeys(FILES, REMEDY)))
    shown = {
        kind: shown_by_page(tmp_path, own=OwnAgent(kind(demo_model()), title="Own"))
        for kind in (CodeAgent, ToolCallingAgent)
    }
    assert "so here it cannot" in shown[CodeAgent] and "demo" not in shown[CodeAgent]
    assert "⚠️" not in shown[ToolCallingAgent]


def test_where_code_runs_elsewhere_nothing_is_said_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setattr(confinement, "probe", lambda: Confinement((), FILES, dict.fromkeys(FILES, REMEDY)))
    (tmp_path / "docker").touch(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    shown = shown_by_page(tmp_path, sandbox="docker")
    assert "Code runs in a Docker container, one for each chat" in shown
    assert "⚠️" not in shown and "on this machine" not in shown


def test_the_page_says_where_chats_do_not_outlast_the_app(tmp_path):
    line = "Chats last until the app restarts"
    assert line in shown_by_page(tmp_path, lasting=False) and line not in shown_by_page(tmp_path)
