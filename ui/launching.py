"""Opens the page, Glassbox's own or one around a program's agent, and closes it when it is time."""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gradio as gr

from agent_core import Agent
from agent_core.elsewhere import PAGE_ARGUMENTS, advising
from agent_core.integrations.mcp.mcp_json import read_config as read_mcp_config
from agent_core.integrations.mcp.server import McpServer
from agent_core.models.base import Model
from agent_core.sandbox.leftovers import remove_leftovers
from ui.api.ask_service import AskService
from ui.config import Config, ConfigError, read_config
from ui.descriptors import raise_limit
from ui.ending import AppEnding
from ui.page import TITLE
from ui.seeing.logs import log, set_up_logs
from ui.seeing.seeing import Seeing
from ui.seeing.traces import traces_of_environment
from ui.serving import serve
from ui.settings.own_agent import MakeAgent, OwnAgent
from ui.tool_sources.owner_tools import OwnerTools

_CLOSING_SECONDS = 15.0  # for the server to end, in case that nothing ends the app before


@advising(PAGE_ARGUMENTS, ConfigError)
def launch(
    agent: Agent | MakeAgent,
    *,
    title: str = TITLE,
    description: str = "",
    examples: Sequence[str] = (),
    models: Sequence[Model] = (),
    settings: Sequence[str] = (),
    port: int | None = None,
    block: bool = True,
) -> "OpenPage":
    """Open the page around an agent, and serve it until Ctrl-C.

    Each chat has a copy of the agent, with a memory, files and permissions of its own; see `Agent.for_new_chat`. What
    the agent may not do unasked, the person is asked about, unless its policy has an `ask` of its own. The agent's
    models are asked with the keys that they have, whoever opens the page; no key goes to a browser.

    Variables of the environment, and of a file `.env` beside the program, configure the rest; see docs/configure.md.

    Args:
        agent: The agent; or a function that is given the settings of a person and returns one. It is called once at
            once, so that what is wrong with it is seen before anybody comes, then for each chat, and again when the
            person has changed a setting. It may take a while, as it works in a thread.
        title: The page's title.
        description: What the agent is for, in Markdown.
        examples: Questions to begin with.
        models: Further models that a person may choose.
        settings: The names of the settings that a person sees and the function is given, such as "instructions",
            "max_steps" or "hosts"; see ui/settings/settings.py. The others are as nobody has changed them.
        port: Where to serve; None for what PORT says, or 7860.
        block: Whether to wait for Ctrl-C, or for SIGTERM, and close the page then.

    Returns:
        The page, which is closed if `block` is true.

    Raises:
        ConfigError: This is no agent or no model, a setting cannot be used, or the port is taken.
    """
    if not (isinstance(title, str) and title.strip() and isinstance(description, str)):
        raise ConfigError("title and description are texts, and a title cannot be empty.")
    if port is not None and not (isinstance(port, int) and 0 <= port <= 65_535):
        raise ConfigError(f"The port {port!r} is none; ports are numbers up to 65535.")
    own = OwnAgent(agent, title=title, description=description, examples=examples, models=models, settings=settings)
    page = open_page(_folder_of_program(), own, port, hear_signals=block)
    if block:
        page.wait()
        page.close()
    return page


class OpenPage:
    """A page that is served.

    Attributes:
        url: Its address on this computer.
    """

    def __init__(self, page: gr.Blocks, answers: AskService, ending: AppEnding) -> None:
        assert page.server is not None and page.local_url is not None, "it was launched"
        self.url = page.local_url
        self._page, self._server, self._answers, self._ending = page, page.server, answers, ending

    def wait(self) -> None:
        """Wait for the signal that asks for the end."""
        self._ending.wait_for_signal(self._server.thread)

    def close(self) -> None:
        """Let steps in progress end, write down all chats, and close the page."""
        log("ending", runs=len(self._answers.seeing.runs.runs))
        self._ending.wind_down()
        self._server.config.timeout_graceful_shutdown = 0  # all is written
        logging.getLogger("uvicorn.error").disabled = True  # to it, pages that are still open are an error
        self._page.close(verbose=False)
        self._server.thread.join(_CLOSING_SECONDS)
        logging.getLogger("uvicorn.error").disabled = False
        self._ending.over()


def open_page(
    folder: Path, own: OwnAgent | None = None, port: int | None = None, *, hear_signals: bool = True
) -> OpenPage:
    """Open a page.

    Args:
        folder: Where `.env` is, and `mcp.json`, whose tools Glassbox's own page has.
        own: The agent to open it around; None for one that each person puts together.
        port: Where to serve it; None for what the configuration says.
        hear_signals: Whether signals are to end it; see `OpenPage.wait`.

    Raises:
        GlassboxError: It cannot be opened. The text says why.
    """
    raise_limit()
    threading.Thread(target=remove_leftovers, daemon=True).start()
    config = read_config(folder / ".env")
    if port is not None:
        config = config.model_copy(update={"port": port})
    set_up_logs(config.log)
    owner, ending = OwnerTools({} if own else _servers(config, folder)), AppEnding(config)
    if hear_signals and threading.current_thread() is threading.main_thread():
        ending.listen()
    answers = AskService(config, owner, seeing=Seeing(traces_of_environment()), own=own)
    try:
        return OpenPage(_beside_loop(lambda: serve(config, owner, answers, ending, own)), answers, ending)
    except BaseException:
        ending.over()
        raise


def _servers(config: Config, folder: Path) -> dict[str, McpServer]:
    """The MCP servers that the owner has configured. Raises GlassboxError where that cannot be read."""
    path = config.mcp or folder / "mcp.json"
    return read_mcp_config(path) if config.mcp or path.exists() else {}


def _beside_loop(work: Callable[[], gr.Blocks]) -> gr.Blocks:
    """Return what the work returns. It is done in a thread where an event loop runs here, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(work).result()


def _folder_of_program() -> Path:
    """Return the folder of the program that runs; in a notebook the current one."""
    program = getattr(sys.modules["__main__"], "__file__", None)
    return Path(program).parent if program else Path.cwd()
