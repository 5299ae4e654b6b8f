"""The real app as a Space runs it, on loopback."""

import socket
from collections.abc import Iterator

import gradio as gr
import pytest

from tests.doubles.hub_server import HubServer, hub_server
from tests.support import SPACE, App, free_port, running_app
from ui.api.ask_service import AskService
from ui.config import Config
from ui.serving import serve
from ui.tool_sources.owner_tools import OwnerTools


@pytest.fixture(scope="package")
def hub() -> Iterator[HubServer]:
    """The Hub, as the app sees it."""
    with hub_server() as hub:
        yield hub


@pytest.fixture(scope="package")
def app(hub: HubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a Space, with small limits."""
    limits = {"GLASSBOX_UPLOAD_MB": "1", "GLASSBOX_UPLOADS_MB_PER_VISITOR": "3", "GLASSBOX_UPLOADS_MB": "100"}
    environment = {**SPACE, **limits, "HF_ENDPOINT": hub.url, "OPENID_PROVIDER_URL": hub.url}
    with running_app(tmp_path_factory.mktemp("home"), **environment) as app:
        yield app


@pytest.fixture
def canary() -> Iterator[socket.socket]:
    """Hears of every connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        yield listener


@pytest.fixture
def space_page(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[gr.Blocks]:
    """The page as it is built on a Space, in this process."""
    for name, value in SPACE.items():
        monkeypatch.setenv(name, value)
    for name in ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES"):
        monkeypatch.setattr(f"gradio.oauth.{name}", SPACE[name])
    monkeypatch.setattr("gradio.oauth.OPENID_PROVIDER_URL", hub.url)
    config, owner = Config(port=free_port()), OwnerTools({})
    page = serve(config, owner, AskService(config, owner))
    yield page
    page.close(verbose=False)
