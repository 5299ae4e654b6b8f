"""Downloads of a chat's files and tables, from a real server over loopback."""

import asyncio
import base64
import io
import os
import re
import shutil
import socket
import zipfile
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import httpx
import pandas as pd
import psutil
import pytest
import uvicorn
from starlette.applications import Starlette

from agent_core.events import Displayed
from agent_core.execution import IMAGE_ENDINGS, Display
from tests.support import free_port, model_of
from tests.ui.support import SECRET, kept_chats, request_of
from ui import downloads
from ui.chats import Chat, Chats
from ui.config import Config
from ui.downloads import download_routes
from ui.owners import person_of
from ui.picture_routes import picture_route
from ui.view.pictures import picture_html
from ui.view.tables import links_html

MB = 2**20


class Served:
    """A chat whose files are served."""

    def __init__(self, port: int, chats: Chats, chat: Chat) -> None:
        self.port, self.chats, self.chat = port, chats, chat
        self.workspace = chat.session.agent.sandbox.workspace

    def path(self, name: str) -> str:
        return f"/files/{self.chat.id}/{name}"

    async def get(self, name: str) -> httpx.Response:
        return await self.fetch(self.path(name))

    async def fetch(self, path: str, secret: str = SECRET) -> httpx.Response:
        async with httpx.AsyncClient(timeout=60, cookies={"glassbox": secret}) as client:
            return await client.get(f"http://127.0.0.1:{self.port}{path}")

    def show(self, csv: str) -> list[str]:
        """The addresses of a table that was shown."""
        table = Display({"text/plain": "a table", "text/html": "<table></table>", "text/csv": csv})
        return re.findall('href="([^"]*)"', links_html(table, self.chat.assets.tables))

    def begin(self, name: str) -> socket.socket:
        """A client that asks, and takes no more than the first bytes."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        client.sendall(f"GET {self.path(name)} HTTP/1.1\r\nHost: x\r\nCookie: glassbox={SECRET}\r\n\r\n".encode())
        return client

    def is_open(self, name: str) -> int:
        """How often the file is open in this process."""
        return sum(file.path == str(self.workspace / name) for file in psutil.Process().open_files())


@pytest.fixture
async def served(tmp_path) -> AsyncIterator[Served]:
    config = Config(downloads_per_visitor=3, downloads=3)
    async with kept_chats(tmp_path, config) as chats:
        async for each in serving(chats, config):
            yield each


async def serving(chats: Chats, config: Config) -> AsyncIterator[Served]:
    chat, port = await chats.open(person_of(request_of(), config), "a question"), free_port()
    app = Starlette(routes=[*download_routes(config, chats), picture_route(config, chats)])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=1))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Served(port, chats, chat)
    server.should_exit = True
    await task


async def until(condition) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


def hole(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


async def test_a_file_comes_whole_and_what_is_none_does_not_come(served):
    data = os.urandom(3 * MB + 7)
    (served.workspace / "a.bin").write_bytes(data)
    (served.workspace / "link").symlink_to("/etc/passwd")
    (served.workspace / "folder").symlink_to("/etc")
    response = await served.get("a.bin")
    assert response.content == data and response.headers["content-disposition"].startswith("attachment")
    for name in ("gone", "link", "folder/passwd", "%2e%2e/passwd", "x" * 5_000, "%00"):
        assert (await served.get(name)).status_code == 404
    assert served.is_open("a.bin") == 0


async def test_a_table_comes_as_csv_and_excel(served):
    frame = pd.DataFrame({"name": ["Zoë", "Ann"], "n": [1, 2], "day": pd.to_datetime(["2024-01-31", "2024-02-01"])})
    csv, excel = served.show(frame.to_csv(index=False))
    assert csv.startswith(f"tables/{served.chat.id}/") and excel == csv.removesuffix("csv") + "xlsx"
    for address, read in ((csv, pd.read_csv), (excel, pd.read_excel)):
        response = await served.fetch(f"/{address}")
        ending = address.rpartition(".")[2]
        assert response.headers["content-disposition"] == f"attachment; filename*=UTF-8''table-1.{ending}"
        assert response.headers["content-type"] == "application/octet-stream"
        assert response.headers["x-content-type-options"] == "nosniff"
        back = read(io.BytesIO(response.content))
        assert back.astype({"day": "datetime64[us]"}).to_dict() == frame.to_dict()


async def test_a_picture_comes_as_what_it_is(served):
    for number, (kind, ending) in enumerate(IMAGE_ENDINGS.items(), start=1):
        picture = Display({"text/plain": "x", kind: base64.b64encode(kind.encode()).decode()})
        (address,) = re.findall('src="([^"]*)"', picture_html(picture, served.chat.assets.pictures))
        response = await served.fetch(f"/{address}")
        assert (response.content, response.headers["content-type"]) == (kind.encode(), kind)
        assert response.headers["content-disposition"] == f"inline; filename=picture-{number}{ending}"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert (await served.fetch(f"/{address}", secret="o" * 43)).status_code == 404
        assert (await served.fetch(f"/{address}0")).status_code == 404


async def test_a_tables_address_is_its_chats_and_stays(served):
    csv, _ = served.show("a\n1\n")
    served.show("a\n2\n")
    assert (await served.fetch(f"/{csv}")).text == "a\r\n1\r\n"
    for wrong in ("0.csv", "3.csv", "99999999999999999999.csv", "1.html", "1.csv/x", "-1.csv", "x.csv"):
        assert (await served.fetch(f"/tables/{served.chat.id}/{wrong}")).status_code == 404
    name = csv.rpartition("/")[2]
    assert (await served.fetch(f"/tables/guessed-and-long-enough/{name}")).status_code == 404
    await served.chats.close(served.chat)
    assert (await served.fetch(f"/{csv}")).status_code == 404, "it was never part of what is kept"


async def test_only_its_owner_fetches_what_a_chat_has(served):
    (served.workspace / "a.txt").write_text("secret")
    csv, _ = served.show("a\n1\n")
    for path in (served.path("a.txt"), f"/{csv}"):
        for secret in ("o" * 43, "", "odd"):
            assert (await served.fetch(path, secret)).status_code == 404
        assert (await served.fetch(path)).status_code == 200


async def test_what_was_shown_can_be_fetched_at_the_same_address_after_the_chat_was_closed(served, serve):
    server = serve(["```python\nimport pandas as pd\ndisplay(pd.DataFrame({'a': [1]}))\n```", "Shown."])
    served.chat.session.agent.model = model_of(server)
    served.chat.session.start("show it")
    async for _ in served.chat.session.follow():
        pass
    [shown] = [event.display for event in served.chat.session.log if isinstance(event, Displayed)]
    (address, _) = re.findall('href="([^"]*)"', links_html(shown, served.chat.assets.tables))
    before = await served.fetch(f"/{address}")
    await served.chats.close(served.chat)
    assert before.status_code == 200 and (await served.fetch(f"/{address}")).content == before.content


async def test_slow_downloads_take_no_disk_have_a_limit_and_end_with_their_clients(served):
    hole(served.workspace / "hole.bin", 400 * MB)
    free = shutil.disk_usage(served.workspace).free
    clients = [served.begin("hole.bin") for _ in range(3)]
    await until(lambda: served.is_open("hole.bin") == 3)
    refused = await served.get("hole.bin")
    assert refused.status_code == 429 and "You have 3 downloads in progress" in refused.text
    assert free - shutil.disk_usage(served.workspace).free < 200 * MB
    for client in clients:
        client.close()
    await until(lambda: served.is_open("hole.bin") == 0)
    (served.workspace / "small").write_text("small")
    assert (await served.get("small")).text == "small"


async def test_a_client_that_takes_nothing_loses_its_place(served, monkeypatch):
    monkeypatch.setattr(downloads, "STALLED_SECONDS", 0.3)
    hole(served.workspace / "hole.bin", 400 * MB)
    with closing(served.begin("hole.bin")):
        await until(lambda: served.is_open("hole.bin") == 1)
        await until(lambda: served.is_open("hole.bin") == 0)


@pytest.mark.parametrize("size", [0, 20 * MB, 80 * MB])
async def test_of_a_file_that_shrinks_or_grows_no_more_comes_than_there_was(served, size):
    hole(served.workspace / "changing.bin", 40 * MB)
    received = 0
    with closing(served.begin("changing.bin")) as client:
        await until(lambda: served.is_open("changing.bin") == 1)
        os.truncate(served.workspace / "changing.bin", size)
        head = await asyncio.to_thread(client.recv, 4_096)
        assert b"content-length: 41943040" in head
        received = len(head.partition(b"\r\n\r\n")[2])
        while received < 40 * MB and (piece := await asyncio.to_thread(client.recv, MB)):
            received += len(piece)
    assert received == 40 * MB if size >= 40 * MB else received < 40 * MB
    await until(lambda: served.is_open("changing.bin") == 0)


async def test_all_files_come_as_one_archive(served):
    (served.workspace / "out").mkdir()
    (served.workspace / "out" / "größe.csv").write_text("a\n1\n")
    (served.workspace / "a.bin").write_bytes(data := os.urandom(MB))
    (served.workspace / "a\\..\\evil.txt").write_text("x")
    (served.workspace / "link").symlink_to("/etc/passwd")
    (served.workspace / ".hidden").write_text("x")
    os.utime(served.workspace / "a.bin", (0, 0))
    response = await served.fetch(f"/archives/{served.chat.id}")
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''files.zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["a.bin", "a_.._evil.txt", "out/größe.csv"]
        assert archive.read("a.bin") == data and archive.getinfo("a.bin").date_time[0] == 1980
    for secret in ("o" * 43, ""):
        assert (await served.fetch(f"/archives/{served.chat.id}", secret)).status_code == 404


async def test_an_archive_of_nothing_is_one_and_one_of_too_much_is_none(served):
    response = await served.fetch(f"/archives/{served.chat.id}")
    assert zipfile.ZipFile(io.BytesIO(response.content)).namelist() == []
    hole(served.workspace / "hole.bin", 2**40)
    response = await served.fetch(f"/archives/{served.chat.id}")
    assert response.status_code == 413 and "Download them one by one." in response.text


async def test_an_archive_ends_with_its_client(served):
    hole(served.workspace / "hole.bin", 400 * MB)
    client = socket.create_connection(("127.0.0.1", served.port), timeout=60)
    client.sendall(f"GET /archives/{served.chat.id} HTTP/1.1\r\nHost: x\r\nCookie: glassbox={SECRET}\r\n\r\n".encode())
    await until(lambda: served.is_open("hole.bin") == 1)
    client.close()
    await until(lambda: served.is_open("hole.bin") == 0)
