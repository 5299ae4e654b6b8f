"""Chats as files over HTTP: their owner's own, open or not, and back again from a file."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from agent_core import CodeAgent, Session, Step, StoreError, Turn
from agent_core.events import Event, FinalAnswer, RunFinished, RunQueued, RunStarted, StepStarted
from agent_core.execution import Display
from agent_core.session import import_chat
from agent_core.session.loading import read_events, read_turns
from demo import demo_model
from tests.ui.exports.support import PIXEL
from tests.ui.support import SECRET, kept_chats, request_of
from ui.chats import Chats
from ui.config import Config
from ui.exports import export, memory_record
from ui.exports.routes import ChatExports
from ui.owners import owner_of, person_of
from ui.security import middleware

KINDS = {"markdown": "# A", "notebook": '"nbformat"', "html": "<!DOCTYPE html>", "json": '"glassbox_chat"'}
OTHER = "o" * 43


def asked(question: str, reply: str, step: int = 1) -> tuple[list[Event], Turn]:
    """A question and its answer: what is shown, and what the model is told."""
    answer = FinalAnswer(Display({"text/plain": reply, "text/markdown": reply}))
    return [RunStarted(question), StepStarted(step), answer, RunFinished("answer")], Turn(
        question, steps=[Step(step, said=reply, checkpoint=7)]
    )


class Site:
    """The routes, behind what guards them."""

    def __init__(self, chats: Chats, config: Config) -> None:
        self.chats, self.store = chats, chats._store
        self.owner = owner_of(request_of(), config)
        app = Starlette(routes=ChatExports(config, self.store, chats).routes, middleware=middleware(config))
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", cookies={"glassbox": SECRET}
        )

    async def add(self, title: str = "A chat", *pairs: tuple[list[Event], Turn]) -> str:
        pairs = pairs or (asked("Why?", "**So.**"),)
        events, turns = [event for shown, _ in pairs for event in shown], [turn for _, turn in pairs]
        return await import_chat(self.store, self.owner, title, events, turns)

    async def get(self, path: str, secret: str = SECRET) -> httpx.Response:
        return await self.client.get(path, headers={"cookie": f"glassbox={secret}"})

    async def send(self, content: bytes, **headers: str) -> httpx.Response:
        return await self.client.post("/chats/import", content=content, headers=headers)

    async def stored(self, chat_id: str) -> tuple[list[Event], list[Turn]]:
        rows = await self.store.read(chat_id)
        assert rows is not None
        return read_events(rows), read_turns(rows)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    config = Config(upload_mb=1)
    async with kept_chats(tmp_path / "data", config) as chats:
        site = Site(chats, config)
        async with site.client:
            yield site


@pytest.mark.parametrize("kind", KINDS)
async def test_a_chat_is_had_as_any_kind_of_file(site, kind):
    chat_id = await site.add('A "title" / of\r\nthe chät')
    response = await site.get(f"/chats/{chat_id}/export/{kind}")
    assert response.status_code == 200 and KINDS[kind] in response.text and "So." in response.text
    disposition = response.headers["content-disposition"]
    assert disposition.startswith("attachment; filename*=UTF-8''A%20title%20of%20the%20ch%C3%A4t.")
    assert response.headers["cache-control"] == "no-store" and "sandbox;" in response.headers["content-security-policy"]


async def test_a_replay_is_a_page_without_an_origin(site):
    response = await site.get(f"/chats/{await site.add()}/replay")
    policy = response.headers["content-security-policy"]
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-encoding"] == "gzip"
    assert policy.startswith("sandbox allow-scripts ") and "allow-same-origin" not in policy
    assert response.headers["content-disposition"].startswith("inline")


async def test_an_open_chat_is_had_as_it_is_at_the_moment(site):
    chat_id = await site.add()
    chat = await site.chats.find(chat_id, person_of(request_of(), Config()))
    assert chat is not None
    chat.session._show(*asked("And then?", "Then this.", 2)[0])
    assert "Then this." in (await site.get(f"/chats/{chat_id}/export/markdown")).text
    assert (await site.get(f"/chats/{chat_id}/turns/1/text")).text == "Then this."
    await chat.session.go_back(0)
    assert "So." not in (await site.get(f"/chats/{chat_id}/export/markdown")).text


async def test_an_answer_is_copied_alone_or_with_its_steps(site):
    chat_id = await site.add()
    alone = await site.get(f"/chats/{chat_id}/turns/0/text")
    assert (alone.text, alone.headers["content-type"]) == ("**So.**", "text/plain; charset=utf-8")
    assert "Why?" in (await site.get(f"/chats/{chat_id}/turns/0/text?steps")).text


@pytest.mark.parametrize("what", ["export/json", "export/html", "replay", "turns/0/text", "turns/0/text?steps"])
async def test_a_chat_of_somebody_else_is_none(site, what):
    chat_id = await site.add("Secret")
    assert (await site.get(f"/chats/{chat_id}/{what}")).status_code == 200
    unknown = await site.get(f"/chats/{'x' * 24}/{what}")
    for response in (await site.get(f"/chats/{chat_id}/{what}", OTHER), await site.get(f"/chats/{chat_id}/{what}", "")):
        assert (response.status_code, response.text) == (404, unknown.text)
    await site.store.delete(chat_id, site.owner)
    assert (await site.get(f"/chats/{chat_id}/{what}")).text == unknown.text


@pytest.mark.parametrize(
    "path", ["export/pdf", "export/..%2Fjson", "turns/9/text", "turns/-1/text", "turns/99999999/text"]
)
async def test_what_a_chat_has_not_is_not_there(site, path):
    assert (await site.get(f"/chats/{await site.add()}/{path}")).status_code == 404


async def test_an_import_of_an_export_is_the_same_chat_without_files_and_permissions(site):
    chat_id = await site.add("Two", asked("Why?", "So."), asked("And?", "Thus.", 2))
    exported = await site.get(f"/chats/{chat_id}/export/json")
    imported = (await site.send(exported.content)).json()["id"]
    assert imported != chat_id
    before, after = await site.stored(chat_id), await site.stored(imported)
    assert after == before
    assert [step.checkpoint for turn in after[1] for step in turn.steps] == [0, 0]
    again = await site.get(f"/chats/{imported}/export/json")
    assert again.content == exported.content
    assert [chat.title for chat in await site.store.list_chats(site.owner, search="thus")] == ["Two", "Two"]


async def test_the_model_is_told_that_nothing_else_came_along(site):
    session = await Session.load(site.store, await site.add(), CodeAgent(demo_model()))
    assert "imported from a file" in session.agent.memory.note and session.agent.chat.grants == set()
    await session.close()


async def test_a_run_that_ended_at_a_limit_can_go_on_and_the_model_knows(site):
    events, turn = asked("Why?", "So.")
    limited = [*events[:2], RunFinished("max_steps", "No more steps.")]
    session = await Session.load(site.store, await site.add("Limited", (limited, turn)), CodeAgent(demo_model()))
    assert session.agent.can_resume and "imported" in session.agent.memory.steps[-1].observation
    await session.close()


async def test_a_question_that_still_waited_comes_along(site):
    events, turn = asked("Why?", "So.")
    chat_id = await import_chat(site.store, site.owner, "\ud800", [*events, RunQueued("And?", 2)], [turn])
    session = await Session.load(site.store, chat_id, CodeAgent(demo_model()))
    assert [turn.question for turn in session.agent.memory.turns] == ["Why?", "And?"]
    assert session.agent.can_resume
    await session.close()


async def test_what_is_no_chat_is_refused_in_a_sentence(site):
    events, turn = asked("Why?", "So.")
    seen = Turn("Why?", images=["https://tracker.example/pixel.png"])
    fake = Turn("Why?", images=[f"data:image/jpeg;base64,{PIXEL}"])
    for content, sentence in [
        (b"", "no chat that Glassbox exported"),
        (b"[" * 10_000, "no chat that Glassbox exported"),
        (b'{"glassbox_chat": 1, "x": ' + b"[" * 200 + b"]" * 200 + b"}", "no chat that Glassbox exported"),
        (b'{"glassbox_chat": 99}', "newer Glassbox"),
        (export("json", "", events, {"turns": "all"}).content, "damaged"),
        (export("json", "", events, {"turns": [{"question": "Why?"}]}).content, "damaged"),
        (export("json", "", events, {"turns": [{"question": "Why?", "steps": [{}]}]}).content, "damaged"),
        (export("json", "", events, memory_record([turn, turn])).content, "more questions than were shown"),
        (export("json", "", events, memory_record([seen])).content, "picture"),
        (export("json", "", events, memory_record([fake])).content, "picture"),
        (b" " * (2**20 + 1), "larger than 1 MB"),
    ]:
        response = await site.send(content)
        assert (response.status_code, sentence in response.text) == (400, True), response.text
    assert await site.store.list_chats(site.owner) == []


async def test_an_import_needs_an_owner_and_a_page_of_our_own(site):
    content = export("json", "A", asked("Why?", "So.")[0]).content
    assert (await site.send(content, cookie="glassbox=")).status_code == 403
    assert (await site.send(content, origin="https://elsewhere.example")).status_code == 403
    assert await site.store.list_chats(site.owner) == []
    assert (await site.send(content, origin="http://127.0.0.1")).status_code == 200


async def test_imports_count_as_uploads(tmp_path):
    config = Config(upload_mb=2, uploads_mb=2, uploads_mb_per_visitor=1)
    async with kept_chats(tmp_path / "data", config) as chats:
        site = Site(chats, config)
        async with site.client:
            response = await site.send(b" " * (2**20 + 1))
            assert response.status_code == 429 and "within the last hour" in response.text


async def test_a_chat_that_could_not_be_written_is_not_there(site, monkeypatch):
    async def fail(*_: object) -> None:
        raise StoreError("The disk is full.")

    monkeypatch.setattr(site.store, "write", fail)
    response = await site.send(export("json", "A", asked("Why?", "So.")[0]).content)
    assert (response.status_code, response.text) == (503, "The disk is full.")
    assert await site.store.list_chats(site.owner) == []
