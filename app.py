"""Builds the Glassbox page and launches it; a Hugging Face Space runs this file as it is."""

import os
import signal

from starlette.middleware import Middleware

from ui.chats import Chats
from ui.files import LARGEST_FILE, file_route
from ui.page import SCRIPT, STYLE, build_page, theme
from ui.security import SecurityHeaders


def main() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as by Ctrl-C: sandboxes and their files go, too
    chats = Chats()
    page = build_page(chats)
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


if __name__ == "__main__":
    main()
