"""Fixtures of the page's parts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.ui.support import kept_chats
from ui.chats import Chats
from ui.config import Config


@pytest.fixture
async def chats_with(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[Chats]]]:
    """Makes chats of a configuration, kept in one folder, which are closed in the end."""
    async with AsyncExitStack() as stack:

        async def make(**settings: Any) -> Chats:
            return await stack.enter_async_context(kept_chats(tmp_path / "data", Config(**settings)))

        yield make
