"""A store on SQLite, and the same on PostgreSQL."""

import pytest

from agent_core.store import Store


@pytest.fixture
async def store(tmp_path):
    opened = await Store.open(tmp_path / "data")
    yield opened
    await opened.close()
