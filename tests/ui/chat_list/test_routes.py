"""The list of chats over HTTP, from a real store: each owner's own, and nobody else's."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection

from agent_core import Store
from agent_core.store.rows import Changes, TurnRow
from ui.chat_list.routes import MOST_FOUND, ChatList, ChatState
from ui.config import Config
from ui.security.allowed_routes import AllowedRoutesOnly
from ui.security.origins import OwnPagesOnly


class OpenChats:
    """Stands in for the app's chats. ann_states: what goes on in ann's. deleted: what it was told to delete."""

    def __init__(self, store: Store) -> None:
        self.ann_states: dict[str, ChatState] = {}
        self.deleted: list[tuple[str, str | None]] = []
        self._store = store

    def states(self, owner: str) -> Mapping[str, ChatState]:
        return self.ann_states if owner == "ann" else {}

    async def delete(self, chat_id: str, owner: str) -> bool:
        self.deleted.append((owner, chat_id))
        return await self._store.delete(chat_id, owner)

    async def delete_all(self, owner: str) -> int:
        self.deleted.append((owner, None))
        return await self._store.delete_all(owner)


class Column:
    """The column's client. owner: who it says it is. open_chats: what the app does for it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.open_chats = OpenChats(store)
        routes = ChatList(store, _named_owner, self.open_chats).routes
        app = Starlette(
            routes=routes, middleware=[Middleware(AllowedRoutesOnly), Middleware(OwnPagesOnly, config=Config())]
        )
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
        self.sign_in("ann")

    def sign_in(self, owner: str) -> None:
        self.client.headers["x-owner"] = owner

    async def chats(self, search: str = "") -> list[dict]:
        response = await self.client.get("/chats", params={"search": search})
        assert response.status_code == 200 and response.headers["cache-control"] == "no-store"
        return response.json()

    async def titles(self, search: str = "") -> list[str]:
        return [chat["title"] for chat in await self.chats(search)]

    async def add(self, title: str, *texts: str, used: float | None = None) -> str:
        chat_id = await self.store.create_chat(self.client.headers["x-owner"], title)
        turns = [TurnRow(number, number - 1, None, text) for number, text in enumerate(texts, 1)]
        await self.store.write(chat_id, Changes(turns=turns, used=used))
        return chat_id


def _named_owner(request: HTTPConnection) -> str:
    return request.headers.get("x-owner", "")


@pytest.fixture
async def column(tmp_path: Path) -> AsyncIterator[Column]:
    store = await Store.open(tmp_path / "data")
    column = Column(store)
    async with column.client:
        yield column
    await store.close()


async def test_chats_are_named_pinned_and_in_the_order_of_use(column):
    old, new = await column.add("Old", used=1_000.4), await column.add("New", used=2_000.0)
    assert await column.chats() == [
        {"id": new, "title": "New", "used": 2_000},
        {"id": old, "title": "Old", "used": 1_000},
    ]
    assert (await column.client.post(f"/chats/{old}", json={"title": "  An old\none "})).status_code == 200
    assert (await column.client.post(f"/chats/{old}", json={"pinned": True})).status_code == 200
    assert (await column.chats())[0] == {"id": old, "title": "An old one", "used": 1_000, "pinned": True}
    await column.client.post(f"/chats/{old}", json={"pinned": False})
    assert await column.titles() == ["New", "An old one"]


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b"{}", b'{"title": 1}', b'{"title": " "}', b'{"pinned": 1}', b"[" * 100_000]
)
async def test_what_changes_nothing_is_refused(column, body):
    chat_id = await column.add("Kept")
    response = await column.client.post(f"/chats/{chat_id}", content=body)
    assert response.status_code == 400 and "title" in response.text
    assert await column.titles() == ["Kept"]


async def test_a_deleted_chat_can_be_had_back_and_the_app_is_told(column):
    chat_id = await column.add("Gone")
    assert (await column.client.delete(f"/chats/{chat_id}")).status_code == 200
    assert await column.titles() == [] and column.open_chats.deleted == [("ann", chat_id)]
    assert (await column.client.delete(f"/chats/{chat_id}")).status_code == 404
    assert (await column.client.post(f"/chats/{chat_id}/restore")).status_code == 200
    assert await column.titles() == ["Gone"]
    await column.client.delete(f"/chats/{chat_id}")
    await column.store.purge(older_than=-1)
    assert (await column.client.post(f"/chats/{chat_id}/restore")).status_code == 404


async def test_delete_all_leaves_nothing_of_this_owner(column):
    chats = [await column.add("One", "text"), await column.add("Two")]
    for chat_id in chats:
        column.store.folder_of(chat_id).mkdir(parents=True)
    column.sign_in("bob")
    await column.add("Bob's")
    column.sign_in("ann")
    assert (await column.client.delete("/chats")).status_code == 200
    assert await column.titles() == [] and column.open_chats.deleted == [("ann", None)]
    assert not any(column.store.folder_of(chat_id).exists() for chat_id in chats)
    column.sign_in("bob")
    assert await column.titles() == ["Bob's"]


async def test_who_has_no_name_has_no_chats_and_not_those_without_an_owner(column):
    column.sign_in("")
    chat_id = await column.add("A program's own")
    assert await column.chats() == []
    for method, path in [("DELETE", ""), ("DELETE", f"/{chat_id}"), ("POST", f"/{chat_id}/restore")]:
        assert (await column.client.request(method, f"/chats{path}")).status_code == 404
    assert (await column.client.post(f"/chats/{chat_id}", json={"title": "Mine"})).status_code == 404
    assert await column.store.find_chat(chat_id, "") is not None and column.open_chats.deleted == []


@pytest.mark.parametrize("stranger", ["bob", ""])
async def test_nobody_reaches_anothers_chat(column, stranger):
    chat_id = await column.add("Ann's", "a secret")
    column.open_chats.ann_states[chat_id] = "running"
    column.sign_in(stranger)
    assert await column.chats() == await column.chats("secret") == []
    answers = [
        await column.client.post(f"/chats/{chat_id}", json={"title": "Mine"}),
        await column.client.post(f"/chats/{chat_id}", json={"pinned": True}),
        await column.client.delete(f"/chats/{chat_id}"),
        await column.client.post(f"/chats/{chat_id}/restore"),
    ]
    unknown = await column.client.post("/chats/unknown", json={"title": "Mine"})
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, unknown.text)}
    await column.client.delete("/chats")
    column.sign_in("ann")
    [chat] = await column.chats()
    assert (chat["id"], chat["title"], chat["state"]) == (chat_id, "Ann's", "running") and "pinned" not in chat


async def test_another_sites_page_changes_nothing(column):
    chat_id = await column.add("Kept")
    column.client.headers["origin"] = "https://evil.example"
    for method, path in (("GET", "/chats"), ("DELETE", "/chats"), ("DELETE", f"/chats/{chat_id}")):
        assert (await column.client.request(method, path)).status_code == 403
    assert (await column.client.post(f"/chats/{chat_id}", json={"title": "Evil"})).status_code == 403
    del column.client.headers["origin"]
    assert await column.titles() == ["Kept"]


async def test_a_search_finds_titles_and_texts_and_shows_the_place(column):
    await column.add("Sales of May", "how much was sold?", "it was the 12,000 apples and pears of the first week")
    await column.add("Weather", "rain in zürich")
    assert await column.titles("sales") == ["Sales of May"]
    assert "found" not in (await column.chats("sales"))[0]
    [chat] = await column.chats("APPLES of")
    assert chat["title"] == "Sales of May" and "12,000 apples and pears" in chat["found"]
    assert await column.titles("ZÜRICH") == ["Weather"] and await column.titles("apples zürich") == []
    assert await column.titles("100%") == await column.titles("_") == []


async def test_a_search_shows_no_more_than_can_be_read(column):
    await asyncio.gather(*(column.add(f"Chat {number}") for number in range(MOST_FOUND + 5)))
    assert len(await column.chats("chat")) == MOST_FOUND and len(await column.chats()) == MOST_FOUND + 5


async def test_an_unchanged_list_is_not_sent_again(column):
    chat_id = await column.add("One")
    tag = (await column.client.get("/chats")).headers["etag"]
    again = await column.client.get("/chats", headers={"if-none-match": tag})
    assert again.status_code == 304 and again.content == b""
    column.open_chats.ann_states[chat_id] = "waiting"
    changed = await column.client.get("/chats", headers={"if-none-match": tag})
    assert changed.status_code == 200 and changed.json()[0]["state"] == "waiting"


async def test_a_store_that_fails_says_so_in_a_sentence(column, tmp_path):
    await column.add("One")
    for file in (tmp_path / "data").glob("chats.db*"):
        file.write_bytes(b"no database at all" * 1_000)
    response = await column.client.get("/chats")
    assert response.status_code == 503 and "Try again later." in response.text
