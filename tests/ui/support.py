"""What tests of the page's parts share: chats in a store, and who asks for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import gradio as gr
from starlette.requests import Request

from agent_core import Store
from ui.chats import Chats
from ui.config import Config
from ui.owners import Person

SECRET = "s" * 43


def person(name: str) -> Person:
    """Somebody, who is one visitor and one owner."""
    return Person(name, name)


def request_of(visitor: str = "192.0.2.1", *, secret: str = SECRET, session: str | None = None) -> gr.Request:
    """A request of the page that came from this address, and a browser with this secret."""
    headers = [(b"cookie", f"glassbox={secret}; __Host-glassbox={secret}".encode())]
    scope = {"type": "http", "headers": headers, "client": (visitor, 1)}
    return gr.Request(Request(scope), session_hash=session)


@asynccontextmanager
async def kept_chats(folder: Path, config: Config | None = None) -> AsyncIterator[Chats]:
    """Chats that are kept in this folder, and closed in the end."""
    store = await Store.open(folder)
    chats = Chats(config or Config(), store)
    try:
        yield chats
    finally:
        await chats.close_all()
        await store.close()
