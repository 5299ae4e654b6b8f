"""Whether the Hub is at hand."""

import socket
from pathlib import Path

import pytest
from huggingface_hub import constants

from agent_core.models import hub_login


def point_at(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")


async def test_a_hub_that_takes_connections_is_reachable(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as hub:
        point_at(hub.getsockname()[1], monkeypatch)
        assert await hub_login.hub_reachable()


async def test_a_hub_that_refuses_is_not(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as hub:
        point_at(hub.getsockname()[1], monkeypatch)
    assert not await hub_login.hub_reachable()


async def test_a_hub_without_an_address_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://[")
    assert not await hub_login.hub_reachable()


async def test_a_hub_that_lets_a_connection_wait_is_not(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as hub:
        point_at(hub.getsockname()[1], monkeypatch)
        with socket.create_connection(hub.getsockname()):  # fills the queue
            assert not await hub_login.hub_reachable()


def test_the_token_is_that_of_the_environment_or_of_the_login(monkeypatch: pytest.MonkeyPatch):
    assert hub_login.hub_token() is None
    Path(constants.HF_TOKEN_PATH).write_text("hf_login\n")
    assert hub_login.hub_token() == "hf_login"
    monkeypatch.setenv("HF_TOKEN", "hf_environment")
    assert hub_login.hub_token() == "hf_environment"
