"""Builds the Glassbox page and launches it; a Hugging Face Space runs this file as it is."""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from agent_core import GlassboxError, __version__
from agent_core.integrations.mcp.mcp_json import read_config as read_mcp_config
from agent_core.integrations.mcp.server import McpServer
from agent_core.sandbox.leftovers import remove_leftovers
from agent_core.temporary import own_folder
from ui import looks
from ui.api.ask_endpoint import AskEndpoint
from ui.api.ask_service import AskService
from ui.api.mcp_service import McpService
from ui.chat_list.routes import HEAD, ChatList
from ui.chats import Chats
from ui.config import Config, ConfigError, read_config
from ui.data_folder import DataFolder
from ui.descriptors import raise_limit, say_once_when_none_is_left
from ui.downloads import download_routes
from ui.ending import AppEnding, WhileEnding, end_process
from ui.exports.routes import ChatExports
from ui.file_list import file_list_routes
from ui.frames.routes import frame_routes
from ui.heartbeats import Heartbeats
from ui.loop_lag import LoopLag
from ui.model_picker import routes as model_picker
from ui.owners import BrowserCookie, owner_of
from ui.pace import Pace
from ui.page import build_page
from ui.picture_routes import picture_route
from ui.pulse import pulse_route
from ui.security import middleware
from ui.seeing.health import Health
from ui.seeing.logs import log, log_unhandled, set_up_logs
from ui.seeing.owner_access import OwnerAccess
from ui.seeing.routes import SeeingRoutes
from ui.seeing.seeing import Seeing
from ui.seeing.state import StateReader
from ui.seeing.traces import traces_of_environment
from ui.texts.languages import InLanguageOfVisitor
from ui.tool_sources.owner_tools import OwnerTools
from ui.whole_page import WholePage

HERE = Path(__file__).parent
_CLOSING_SECONDS = 15.0  # for the server to end, in case that nothing ends the app before


def main() -> None:
    raise_limit()
    threading.Thread(target=remove_leftovers, daemon=True).start()
    try:
        config = read_config(HERE / ".env")
        set_up_logs(config.log)
        owner, ending = OwnerTools(_servers(config)), AppEnding(config)
        ending.listen()
        answers = AskService(config, owner, seeing=Seeing(traces_of_environment()))
        page = launch(config, owner, answers, ending)
    except GlassboxError as error:
        raise SystemExit(str(error)) from None
    server = page.server
    assert server is not None, "it was launched"
    ending.wait_for_signal(server.thread)
    log("ending", runs=len(answers.seeing.runs.runs))
    ending.wind_down()
    server.config.timeout_graceful_shutdown = 0  # all is written
    logging.getLogger("uvicorn.error").disabled = True  # to it, pages that are still open are an error
    page.close(verbose=False)
    server.thread.join(_CLOSING_SECONDS)
    end_process()


def launch(config: Config, owner: OwnerTools, answers: AskService, ending: AppEnding | None = None) -> gr.Blocks:
    """Serve the page and the API until the returned page is closed. Raises ConfigError if chats cannot be kept.

    owner: the tools that all chats have. answers: of the questions that other programs ask. ending: winds them down
    before the page is closed, if that is to be.
    """
    ending = ending or AppEnding(config)
    os.environ.setdefault("GRADIO_TEMP_DIR", _folder_for_uploads())
    folder = DataFolder(config)
    store = folder.open_store(config)
    seeing, lag, health = answers.seeing, LoopLag(), Health(store.check, lambda: ending.begun)
    chats, service = Chats(config, store, seeing), McpService(config, answers)
    state = StateReader(chats, store, folder.path, seeing.runs, health, lambda: lag.seconds)
    page = build_page(config, chats, owner, AskEndpoint(config, answers), Pace(lag), lasting=folder.lasts)
    listed = ChatList(store, lambda request: owner_of(request, config), chats)

    @asynccontextmanager
    async def lifespan(served: Any) -> AsyncGenerator[None]:
        ending.serve(chats, answers)
        measuring, idle = asyncio.create_task(lag.measure()), asyncio.create_task(chats.look_after())
        asyncio.get_running_loop().set_exception_handler(log_unhandled)
        say_once_when_none_is_left(asyncio.get_running_loop())
        log("started", version=__version__, public=config.public)
        served.api_info = page.get_api_info()  # Gradio's own would tell everybody the host that the first one named
        async with service.lifespan(served), aclosing(owner):
            yield
            idle.cancel()
            measuring.cancel()
            await chats.close_all()
        await store.close()
        folder.close()
        await asyncio.to_thread(seeing.close)
        log("ended")

    page.launch(
        server_port=config.port,
        prevent_thread_lock=True,
        theme=looks.theme(),
        css_paths=looks.STYLES,
        head=looks.HEAD + HEAD + model_picker.HEAD,
        max_file_size=config.upload_mb * 2**20,
        app_kwargs={
            "middleware": [
                Middleware(InLanguageOfVisitor),
                *middleware(config),
                Middleware(WhileEnding, ending=ending),
                Middleware(BrowserCookie, config=config, signed_in=chats.move_all),
                Middleware(WholePage, config=config, head=looks.EARLY_HEAD),
                Middleware(Heartbeats, page=page),
            ],
            "routes": [
                looks.script_route(),
                *ChatExports(config, store, chats).routes,
                *listed.routes,
                *model_picker.ModelPicker(config, chats).routes,
                *download_routes(config, chats),
                *file_list_routes(config, chats),
                *frame_routes(config, chats),
                picture_route(config, chats),
                pulse_route(config, chats),
                *SeeingRoutes(OwnerAccess(config), seeing, state, health).routes,
                service.route,
            ],
            "lifespan": lifespan,
        },
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        favicon_path=looks.ICON,
        pwa=True,
        ssr_mode=False,
    )
    assert page.server is not None, "it was launched"
    page.server.config.timeout_graceful_shutdown = 1  # open pages keep connections; what follows them is written
    return page


def _folder_for_uploads() -> str:
    """Raises ConfigError if there is no place for temporary folders."""
    try:
        return str(own_folder() / "uploads")
    except OSError as error:
        raise ConfigError(f"No temporary folder can be made: {error.strerror}. TMPDIR names another place.") from None


def _servers(config: Config) -> dict[str, McpServer]:
    """The MCP servers that the owner has configured. Raises GlassboxError where that cannot be read."""
    path = config.mcp or HERE / "mcp.json"
    return read_mcp_config(path) if config.mcp or path.exists() else {}


if __name__ == "__main__":
    main()
