"""The list of a chat's files and their previews, over HTTP: their owner's, as data and never as a page."""

import asyncio
import os
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from agent_core.sandbox.host import file_preview
from tests.ui.support import SECRET, kept_chats, request_of
from ui.chats import Chat, Chats
from ui.config import Config
from ui.file_list import file_list_routes
from ui.owners import person_of
from ui.security import middleware

HOSTILE = "<img src=x onerror=alert(1)>.csv"


class Site:
    """A chat with files, and the routes behind what guards them."""

    def __init__(self, chats: Chats, chat: Chat, config: Config) -> None:
        self.chat, self.workspace = chat, chat.session.agent.sandbox.workspace
        app = Starlette(routes=file_list_routes(config, chats), middleware=middleware(config))
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")

    async def get(self, path: str, secret: str = SECRET) -> httpx.Response:
        return await self.client.get(path, headers={"cookie": f"glassbox={secret}"})

    async def preview(self, name: str) -> httpx.Response:
        return await self.get(f"/previews/{self.chat.id}/{name}")


@pytest.fixture
async def site(tmp_path) -> AsyncIterator[Site]:
    config = Config()
    async with kept_chats(tmp_path / "data", config) as chats:
        site = Site(chats, await chats.open(person_of(request_of(), config), "a question"), config)
        async with site.client:
            yield site


async def test_the_list_says_what_there_is_the_last_written_first(site):
    (site.workspace / "out").mkdir()
    for age, name in enumerate((HOSTILE, "out/dots.png", ".hidden")):
        (site.workspace / name).write_text("x" * 2_000)
        os.utime(site.workspace / name, (0, 1_000 - age))
    response = await site.get(f"/files/{site.chat.id}")
    assert response.headers["content-type"] == "application/json" and response.headers["cache-control"] == "no-store"
    assert response.json() == {
        "count": 2,
        "zip": True,
        "files": [
            {"name": HOSTILE, "about": "CSV · 2 kB", "modified": 1_000.0, "picture": False},
            {"name": "out/dots.png", "about": "PNG · 2 kB", "modified": 999.0, "picture": True},
        ],
    }


async def test_of_many_files_the_newest_are_listed(site):
    for number in range(510):
        (site.workspace / f"{number}.txt").touch()
    listed = (await site.get(f"/files/{site.chat.id}")).json()
    assert listed["count"] == 510 and len(listed["files"]) == 500
    with (site.workspace / "hole.bin").open("wb") as file:
        file.truncate(2**40)
    assert not (await site.get(f"/files/{site.chat.id}")).json()["zip"]


async def test_a_preview_is_data(site):
    (site.workspace / HOSTILE).write_text(f'name,"a ""b"""\n{HOSTILE},"1\n2"\n')
    (site.workspace / "page.html").write_text("<script>alert(1)</script>")
    response = await site.preview(HOSTILE)
    assert response.json() == {
        "note": "1 row and 2 columns.",
        "table": [["name", 'a "b"'], [HOSTILE, "1\n2"]],
        "text": None,
    }
    response = await site.preview("page.html")
    assert response.json() == {"note": "1 line.", "table": None, "text": "<script>alert(1)</script>"}
    assert response.headers["content-type"] == "application/json"
    assert "sandbox" in response.headers["content-security-policy"]


async def test_what_is_no_file_of_the_chat_is_not_read(site):
    (site.workspace / "link.csv").symlink_to("/etc/passwd")
    (site.workspace / "out").symlink_to("/etc")
    for name in ("gone", "link.csv", "out/passwd", "%2e%2e/passwd", "%2Fetc%2Fpasswd", "%00", "x" * 5_000):
        assert (await site.preview(name)).status_code == 404


async def test_only_its_owner_sees_what_a_chat_has(site):
    (site.workspace / "a.txt").write_text("secret")
    for path in (f"/files/{site.chat.id}", f"/previews/{site.chat.id}/a.txt"):
        for secret in ("o" * 43, "", "odd"):
            response = await site.get(path, secret)
            assert (response.status_code, response.text) == (404, "This file no longer exists.")
        assert (await site.get(path)).status_code == 200
    assert (await site.get("/files/guessed-and-long-enough")).status_code == 404


async def test_one_person_looks_into_few_files_at_a_time(site, monkeypatch):
    monkeypatch.setattr(file_preview, "SECONDS", 1.0)
    with (site.workspace / "hole.csv").open("wb") as file:
        file.write(b"a,b\n" * 20_000)
        file.truncate(2**40)
    going = [asyncio.ensure_future(site.preview("hole.csv")) for _ in range(3)]
    done, _ = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
    assert [(task.result().status_code, task.result().text) for task in done] == [
        (429, "You look into other files already. Wait for one of them.")
    ]
    rest = [task.result().json()["note"] for task in (await asyncio.wait(going))[0] - done]
    assert ["no preview" in note for note in rest] == [True, True]
