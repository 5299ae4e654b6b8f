"""Builds the Glassbox page and launches it; a Hugging Face Space runs this file as it is."""

import os
import signal

import gradio as gr
from starlette.middleware import Middleware

from ui.answers import Answers
from ui.api import Api, McpServer
from ui.chats import Chats
from ui.files import LARGEST_FILE, file_route
from ui.page import SCRIPT, STYLE, build_page, theme
from ui.security import OwnPagesOnly, SecurityHeaders


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as by Ctrl-C: sandboxes and their files go, too
    launch(Answers(), port=int(os.environ.get("PORT", "7860")))


def launch(answers: Answers, port: int, *, block: bool = True) -> gr.Blocks:
    """Serve the page and the API until Ctrl-C, or without `block` until the returned page is closed."""
    chats = Chats()
    page, mcp_server = build_page(chats, Api(answers)), McpServer(answers)
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
            "routes": [file_route(chats), mcp_server.route],
            "lifespan": mcp_server.lifespan,
        },
        footer_links=[],
        ssr_mode=False,
    )
    return page


if __name__ == "__main__":
    main()
