import html

import gradio as gr
import pytest

from agent_core.sandbox import confinement
from agent_core.sandbox.confinement import Confinement
from ui.api.ask_endpoint import AskEndpoint
from ui.api.ask_service import AskService
from ui.chats import Chats
from ui.config import Config
from ui.page import build_page
from ui.tool_sources.owner_tools import OwnerTools


def texts(page: gr.Blocks) -> str:
    return "\n".join(str(block.value) for block in page.blocks.values() if isinstance(block, gr.Markdown))


FILES, REMEDY = "file rules (Landlock)", "Boot with lsm=landlock."


@pytest.mark.parametrize(
    ("missing", "unconfined", "warning"),
    [
        ((), "0", ""),
        (
            (FILES,),
            "1",
            f"⚠️ Code runs, but the sandbox is **not fully held** by the kernel. Missing on this machine: {FILES}.",
        ),
        ((FILES,), "0", f"⚠️ **No code is run** on this machine, as its kernel cannot hold it. Missing: {FILES}."),
        (("signal rules (Landlock)",), "0", "⚠️ Code runs, but the sandbox is **not fully held**"),
    ],
)
def test_the_page_names_the_layers_that_hold_and_says_what_comes_of_those_that_are_missing(
    monkeypatch, missing, unconfined, warning
):
    monkeypatch.setenv("GLASSBOX_ALLOW_UNCONFINED", unconfined)
    found = Confinement(("system-call filter (seccomp)",), missing, dict.fromkeys(missing, REMEDY))
    monkeypatch.setattr(confinement, "probe", lambda: found)
    config, owner = Config(), OwnerTools({})
    shown = html.unescape(
        texts(build_page(config, Chats(config), owner, AskEndpoint(config, AskService(config, owner))))
    )
    assert ("What holds it on this machine: system-call filter (seccomp)." in shown) == ("No code" not in warning)
    assert warning in shown
    assert ("⚠️" in shown) == (REMEDY in shown) == bool(missing)
