import pytest

from tests.doubles.web_server import WebServer


@pytest.fixture
def server():
    with WebServer() as running:
        yield running
