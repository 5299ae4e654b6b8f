"""A reader for whom the test's web server is the public web."""

from typing import Any

from agent_core.net.transport import PublicTransport
from tests.doubles.web_server import WebServer
from tools.visit_webpage import PageReader
from tools.web.download import Downloader
from tools.web.page import Page


class Loopback:
    """Every name but private.example and unknown.example leads to the server. limits: those of a Downloader."""

    def __init__(self, server: WebServer, **limits: Any) -> None:
        self.port = server.server_address[1]
        self.reader = PageReader(Downloader(transport=self._transport, **limits))

    def url(self, path: str = "/", host: str = "site.example", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def visit(
        self, path: str = "/", host: str = "site.example", scheme: str = "http", page: int = 1, find: str = ""
    ) -> Page:
        return await self.reader.visit_webpage(self.url(path, host, scheme), page, find)

    def _transport(self) -> PublicTransport:
        return PublicTransport(resolve=self._resolve, is_allowed=lambda address: address == "127.0.0.1")

    async def _resolve(self, host: str) -> list[str]:
        if host == "unknown.example":
            raise OSError("no such name")
        return ["10.0.0.1"] if host == "private.example" else ["127.0.0.1"]
