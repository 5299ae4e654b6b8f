"""A tool that the page ships is one file in tools/, imported and named in TOOLS in tools/__init__.py."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import tools

ROOT = Path(tools.__file__).parents[1]
ROLL_DICE = '''
from agent_core.tools.base import tool


@tool
def roll_dice(sides: int = 6) -> int:
    """Roll a die."""
    return sides
'''
PAGE = """
import asyncio, json
import gradio as gr
from agent_core import CodeAgent, Session
from demo import demo_model
from ui.config import Config
from ui.settings.form import SettingsForm
from ui.settings.settings import Settings, apply_settings

async def names():
    async with CodeAgent(demo_model()) as agent:
        apply_settings(Session(agent), Settings(), [demo_model()])
        return [tool.name for tool in agent.tools]

with gr.Blocks():
    shown = SettingsForm(Config()).tools
print(json.dumps({"choices": shown.choices, "on": shown.value, "agent": asyncio.run(names())}))
"""


def test_a_new_tool_is_in_the_settings_switched_on_and_given_to_the_agent(tmp_path):
    shutil.copytree(ROOT / "tools", tmp_path / "tools")
    (tmp_path / "tools" / "roll_dice.py").write_text(ROLL_DICE)
    listed = tmp_path / "tools" / "__init__.py"
    text = listed.read_text().replace("[web_search, visit_webpage, ask_user]", "[web_search, roll_dice, ask_user]")
    listed.write_text(text.replace("TOOLS: ", "from tools.roll_dice import roll_dice\n\nTOOLS: "))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, "-c", PAGE], cwd=tmp_path, env=env, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout.decode().splitlines()[-1])
    assert ["Roll dice", "roll_dice"] in told["choices"]
    assert "visit_webpage" not in dict(told["choices"]).values()
    assert "roll_dice" in told["on"]
    assert told["agent"] == ["web_search", "roll_dice", "ask_user"]
