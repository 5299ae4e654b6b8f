"""A store on SQLite, and the same on PostgreSQL."""

import secrets

import pytest

from agent_core import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """The address of an empty database; "" for SQLite in the store's folder."""
    if request.param == "sqlite":
        return ""
    return request.getfixturevalue("postgresql").create_database(f"test_{secrets.token_hex(6)}")


@pytest.fixture
async def store(tmp_path, database_url):
    opened = await Store.open(tmp_path / "data", database_url)
    yield opened
    await opened.close()
