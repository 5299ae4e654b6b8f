import gradio as gr
import pytest

from agent_core.sandbox import confinement
from agent_core.sandbox.confinement import Confinement
from ui.answers import Answers
from ui.api import Api
from ui.chats import Chats
from ui.config import Config
from ui.owner_tools import OwnerTools
from ui.page import build_page


def texts(page: gr.Blocks) -> str:
    return "\n".join(str(block.value) for block in page.blocks.values() if isinstance(block, gr.Markdown))


@pytest.mark.parametrize("missing", [(), ("file rules (Landlock)",)])
def test_the_page_names_the_layers_that_hold_and_warns_of_those_that_are_missing(monkeypatch, missing):
    monkeypatch.setattr(confinement, "probe", lambda: Confinement(("system-call filter (seccomp)",), missing))
    config, owner = Config(), OwnerTools({})
    shown = texts(build_page(config, Chats(config), owner, Api(config, Answers(config, owner))))
    assert "What holds it on this machine: system-call filter (seccomp)." in shown
    assert ("⚠️" in shown) == bool(missing)
    assert ("Missing on this machine: file rules (Landlock)." in shown) == bool(missing)
