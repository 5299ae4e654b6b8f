"""The servers that several tests use: each loads its model once."""

from collections.abc import Iterator

import pytest

from tests.agent_core.models.real_server.support import ANSWER, ENDLESS
from tests.doubles.llama_server import LlamaServer


@pytest.fixture(scope="package")
def answering() -> Iterator[LlamaServer]:
    """A server with one slot, each of whose replies is a step that gives an answer."""
    with LlamaServer(grammar=ANSWER) as server:
        yield server


@pytest.fixture(scope="package")
def endless() -> Iterator[LlamaServer]:
    """A server with one slot whose replies end at the most tokens only."""
    with LlamaServer(grammar=ENDLESS) as server:
        yield server
