"""What models need is loaded before the first question."""

import subprocess
import sys

from tests.support import ROOT

# In a program of its own: in this one other tests may have loaded it.
PROGRAM = """
import asyncio, sys
from pathlib import Path
from tests.ui.support import kept_chats, request_of
from ui.config import Config
from ui.loop_lag import LoopLag
from ui.pace import Pace
from ui.handlers import Handlers
from ui.tool_sources.owner_tools import OwnerTools

async def main():
    async with kept_chats(Path(sys.argv[1])) as chats:
        handlers = Handlers(Config(), chats, OwnerTools({}), Pace(LoopLag()))
        await handlers.label("", "", "demo", "", None, request_of())
        await asyncio.sleep(0.5)
        assert "litellm" not in sys.modules, "the demo needs none of it"
        await handlers.label("", "sk-typed", "litellm", "openai/test", None, request_of())
        while not hasattr(sys.modules.get("litellm"), "acompletion"):
            await asyncio.sleep(0.1)

asyncio.run(main())
"""


def test_litellm_is_loaded_as_soon_as_its_model_is_chosen(tmp_path):
    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, check=True, timeout=120)
