"""Builds the Glassbox page and launches it; a Hugging Face Space runs this file as it is."""

import os
import signal
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from agent_core import GlassboxError
from agent_core.tools_from.mcp import McpServer
from agent_core.tools_from.mcp_config import read_config
from ui.answers import Answers
from ui.api import Api, McpService
from ui.chats import Chats
from ui.files import LARGEST_FILE, file_route
from ui.owner_tools import OwnerTools
from ui.page import SCRIPT, STYLE, build_page, theme
from ui.security import OwnPagesOnly, SecurityHeaders


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as by Ctrl-C: sandboxes and their files go, too
    owner = OwnerTools(_servers())
    launch(owner, Answers(owner), port=int(os.environ.get("PORT", "7860")))


def launch(owner: OwnerTools, answers: Answers, port: int, *, block: bool = True) -> gr.Blocks:
    """Serve the page and the API until Ctrl-C, or without `block` until the returned page is closed.

    owner: the tools that all chats have. answers: of the questions that other programs ask.
    """
    chats, service = Chats(), McpService(answers)
    page = build_page(chats, owner, Api(answers))

    @asynccontextmanager
    async def lifespan(served: Any) -> AsyncGenerator[None]:
        async with service.lifespan(served), aclosing(owner):
            yield

    page.queue(default_concurrency_limit=None)
    page.launch(
        server_port=port,
        prevent_thread_lock=not block,
        theme=theme(),
        css_paths=STYLE,
        head_paths=SCRIPT,
        max_file_size=LARGEST_FILE,
        app_kwargs={
            "middleware": [Middleware(OwnPagesOnly), Middleware(SecurityHeaders)],
            "routes": [file_route(chats), service.route],
            "lifespan": lifespan,
        },
        footer_links=[],
        ssr_mode=False,
    )
    return page


def _servers() -> dict[str, McpServer]:
    """The MCP servers that the owner has configured. Ends the program where that cannot be read."""
    named = os.environ.get("GLASSBOX_MCP")
    path = Path(named or Path(__file__).with_name("mcp.json"))
    try:
        return read_config(path) if named or path.exists() else {}
    except GlassboxError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
