"""Builds the Glassbox page and launches it; a Hugging Face Space runs this file as it is."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import gradio as gr

from agent_core import GlassboxError
from agent_core.integrations.mcp.mcp_json import read_config as read_mcp_config
from agent_core.integrations.mcp.server import McpServer
from agent_core.store import Store
from ui.api.ask_endpoint import AskEndpoint
from ui.api.ask_service import AskService
from ui.api.mcp_service import McpService
from ui.chat_list.routes import HEAD, ChatList
from ui.chats import Chats
from ui.config import Config, read_config
from ui.downloads import download_routes
from ui.frames.routes import frame_routes
from ui.page import SCRIPTS, STYLE, build_page, script_routes, theme
from ui.security import middleware
from ui.tool_sources.owner_tools import OwnerTools

HERE = Path(__file__).parent
DATA = Path.home() / ".local" / "share" / "glassbox"


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as by Ctrl-C: sandboxes and their files go, too
    try:
        config = read_config(HERE / ".env")
        owner = OwnerTools(_servers(config))
    except GlassboxError as error:
        raise SystemExit(str(error)) from None
    launch(config, owner, AskService(config, owner))


def launch(config: Config, owner: OwnerTools, answers: AskService, *, block: bool = True) -> gr.Blocks:
    """Serve the page and the API until Ctrl-C, or without `block` until the returned page is closed.

    owner: the tools that all chats have. answers: of the questions that other programs ask.
    """
    chats, service = Chats(config), McpService(config, answers)
    page = build_page(config, chats, owner, AskEndpoint(config, answers))
    store = asyncio.run(Store.open(DATA))
    listed = ChatList(store, lambda _: "browser", lambda _: {}, _nothing_to_close)

    @asynccontextmanager
    async def lifespan(served: Any) -> AsyncGenerator[None]:
        idle = asyncio.create_task(chats.look_after())
        served.api_info = page.get_api_info()  # Gradio's own would tell everybody the host that the first one named
        async with service.lifespan(served), aclosing(owner):
            yield
        idle.cancel()
        await store.close()

    page.launch(
        server_port=config.port,
        prevent_thread_lock=not block,
        theme=theme(),
        css_paths=STYLE,
        head="".join(f'<script src="{name}"></script>' for name in SCRIPTS) + HEAD,
        max_file_size=config.upload_mb * 2**20,
        app_kwargs={
            "middleware": middleware(config),
            "routes": [
                *script_routes(),
                *listed.routes,
                *download_routes(config, chats),
                *frame_routes(chats),
                service.route,
            ],
            "lifespan": lifespan,
        },
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        pwa=False,
        ssr_mode=False,
    )
    return page


async def _nothing_to_close(_owner: str, _chat_id: str | None) -> None:
    """No chat in memory is one of the store's."""


def _servers(config: Config) -> dict[str, McpServer]:
    """The MCP servers that the owner has configured. Raises GlassboxError where that cannot be read."""
    path = config.mcp or HERE / "mcp.json"
    return read_mcp_config(path) if config.mcp or path.exists() else {}


if __name__ == "__main__":
    main()
