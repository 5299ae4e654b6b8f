"""What the tests of the models share."""

import sys

import pytest


@pytest.fixture(autouse=True)
async def close_connections():
    """litellm keeps its clients for later requests; each test has an event loop of its own, so they end with it."""
    yield
    if litellm := sys.modules.get("litellm"):
        await litellm.close_litellm_async_clients()
        litellm.in_memory_llm_clients_cache.flush_cache()
