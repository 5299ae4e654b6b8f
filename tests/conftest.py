"""Fixtures for all tests. No test may use, or even see, a key or a login of the machine it runs on."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from huggingface_hub import constants

from tests.doubles.openai_server import OpenAIServer, Script
from tests.doubles.postgresql import PostgreSQL, programs

gc.disable()  # while modules are imported and tests collected, most of which stays


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright keeps an event loop running, beside which no async test can run."""
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture(autouse=True, scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Apps within this process keep their chats in a folder of the tests, not in the user's."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("share"))


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.endswith(("_KEY", "_TOKEN", "_BASE", "_BASE_URL")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    monkeypatch.setattr(constants, "HF_STORED_TOKENS_PATH", str(tmp_path / "stored_tokens"))


@pytest.fixture
def serve() -> Iterator[Callable[[Script], OpenAIServer]]:
    """Starts a loopback chat-completions service with a script; it ends with the test."""
    with ExitStack() as stack:
        yield lambda script: stack.enter_context(OpenAIServer(script))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real database server; each test makes databases of its own in it."""
    if programs() is None and os.geteuid() != 0:
        pytest.skip("PostgreSQL is not installed, and only root may install it")
    with PostgreSQL() as server:
        yield server
