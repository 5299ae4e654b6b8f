"""Serves the page and the API: what belongs together, the routes, what each request passes, and what goes on beside."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from agent_core import __version__
from agent_core.temporary import own_folder
from ui import looks
from ui.api.ask_endpoint import AskEndpoint
from ui.api.ask_service import AskService
from ui.api.mcp_service import McpService
from ui.chat_list.routes import HEAD, ChatList
from ui.chats import Chats
from ui.config import Config, ConfigError
from ui.data_folder import DataFolder
from ui.descriptors import say_once_when_none_is_left
from ui.downloads import download_routes
from ui.ending import AppEnding, WhileEnding
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
from ui.seeing.logs import log, log_unhandled
from ui.seeing.owner_access import OwnerAccess
from ui.seeing.routes import SeeingRoutes
from ui.seeing.state import StateReader
from ui.settings.own_agent import OwnAgent
from ui.texts.languages import InLanguageOfVisitor
from ui.tool_sources.owner_tools import OwnerTools
from ui.whole_page import WholePage


def serve(
    config: Config,
    owner: OwnerTools,
    answers: AskService,
    ending: AppEnding | None = None,
    own: OwnAgent | None = None,
) -> gr.Blocks:
    """Serve the page and the API until the returned page is closed.

    Args:
        config: How the app is configured.
        owner: The tools that all chats have.
        answers: Answers the questions that other programs ask.
        ending: Winds everything down before the page is closed, if that is to be.
        own: The agent that the page is opened around; None for one that each person puts together.

    Raises:
        ConfigError: Chats cannot be kept, or the port is taken.
    """
    return _Served(config, owner, answers, ending or AppEnding(config), own).launch()


class _Served:
    """The parts of the app that serves the page."""

    def __init__(
        self, config: Config, owner: OwnerTools, answers: AskService, ending: AppEnding, own: OwnAgent | None
    ) -> None:
        os.environ.setdefault("GRADIO_TEMP_DIR", _folder_for_uploads())
        self._config, self._owner, self._answers, self._ending, self._own = config, owner, answers, ending, own
        self._folder = DataFolder(config, own.title if own else "")
        self._store = self._folder.open_store(config)
        self._seeing, self._lag = answers.seeing, LoopLag()
        self._health = Health(self._store.check, lambda: ending.begun)
        self._chats, self._programs = Chats(config, self._store, self._seeing, own), McpService(config, answers)
        api, pace = AskEndpoint(config, answers), Pace(self._lag)
        self._page = build_page(config, self._chats, owner, api, pace, lasting=self._folder.lasts, own=own)

    def launch(self) -> gr.Blocks:
        """Begin to serve. Raises ConfigError."""
        app_parts = {"middleware": self._middleware(), "routes": self._routes(), "lifespan": self._lifespan}
        try:
            self._page.launch(
                server_port=self._config.port,
                prevent_thread_lock=True,
                inline=False,
                theme=looks.theme(),
                css_paths=looks.STYLES,
                head=looks.HEAD + HEAD + model_picker.HEAD,
                max_file_size=self._config.upload_mb * 2**20,
                app_kwargs=app_parts,
                footer_links=[],
                run_history=False,
                enable_monitoring=False,
                favicon_path=looks.ICON,
                pwa=True,
                ssr_mode=False,
                share=False,  # in a hosted notebook Gradio would open a public address by itself
                quiet=True,  # its lines advise to share
            )
        except OSError:  # it says so only in its text, with advice that would not help here
            asyncio.run(self._store.close())
            self._folder.close()
            raise ConfigError(f"The port {self._config.port} is taken. PORT names another one.") from None
        assert self._page.server is not None, "it was launched"
        print(f"* Running on local URL:  {self._page.local_url}", flush=True)
        self._page.server.config.timeout_graceful_shutdown = 1  # pages keep connections; what follows them is written
        return self._page

    def _middleware(self) -> list[Middleware]:
        config = self._config
        return [
            Middleware(InLanguageOfVisitor),
            *middleware(config),
            Middleware(WhileEnding, ending=self._ending),
            Middleware(BrowserCookie, config=config, signed_in=self._chats.move_all),
            Middleware(WholePage, config=config, head=looks.EARLY_HEAD),
            Middleware(Heartbeats, page=self._page),
        ]

    def _routes(self) -> list[BaseRoute]:
        config, chats = self._config, self._chats
        state = StateReader(
            chats, self._store, self._folder.path, self._seeing.runs, self._health, lambda: self._lag.seconds
        )
        return [
            looks.script_route(),
            *ChatExports(config, self._store, chats).routes,
            *ChatList(self._store, lambda request: owner_of(request, config), chats).routes,
            *model_picker.ModelPicker(config, chats, self._own).routes,
            *download_routes(config, chats),
            *file_list_routes(config, chats),
            *frame_routes(config, chats),
            picture_route(config, chats),
            pulse_route(config, chats),
            *SeeingRoutes(OwnerAccess(config), self._seeing, state, self._health).routes,
            self._programs.route,
        ]

    @asynccontextmanager
    async def _lifespan(self, served: Any) -> AsyncGenerator[None]:
        self._ending.serve(self._chats, self._answers)
        measuring, idle = asyncio.create_task(self._lag.measure()), asyncio.create_task(self._chats.look_after())
        asyncio.get_running_loop().set_exception_handler(log_unhandled)
        say_once_when_none_is_left(asyncio.get_running_loop())
        log("started", version=__version__, public=self._config.public)
        # Gradio's own would tell everybody the host that the first one named
        served.api_info = self._page.get_api_info()
        async with self._programs.lifespan(served), aclosing(self._owner):
            yield
            idle.cancel()
            measuring.cancel()
            await self._chats.close_all()
        await self._store.close()
        self._folder.close()
        await asyncio.to_thread(self._seeing.close)
        log("ended")


def _folder_for_uploads() -> str:
    """Raises ConfigError if there is no place for temporary folders."""
    try:
        return str(own_folder() / "uploads")
    except OSError as error:
        raise ConfigError(f"No temporary folder can be made: {error.strerror}. TMPDIR names another place.") from None
