"""Builds the Glassbox page and launches it; a Hugging Face Space runs this file as it is."""

import os
import signal
from pathlib import Path

from starlette.middleware import Middleware

from agent_core import GlassboxError
from agent_core.tools_from.mcp import McpServer
from agent_core.tools_from.mcp_config import read_config
from ui.chats import Chats
from ui.files import LARGEST_FILE, file_route
from ui.owner_tools import OwnerTools
from ui.page import SCRIPT, STYLE, build_page, theme
from ui.security import SecurityHeaders


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as by Ctrl-C: sandboxes and their files go, too
    chats = Chats()
    page = build_page(chats, OwnerTools(_servers()))
    page.queue(default_concurrency_limit=None)
    page.launch(
        server_port=int(os.environ.get("PORT", "7860")),
        theme=theme(),
        css_paths=STYLE,
        head_paths=SCRIPT,
        max_file_size=LARGEST_FILE,
        app_kwargs={"middleware": [Middleware(SecurityHeaders)], "routes": [file_route(chats)]},
        footer_links=[],
        ssr_mode=False,
    )


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
