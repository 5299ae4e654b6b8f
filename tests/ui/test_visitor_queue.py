"""One visitor floods the page's queue of events; what others do goes on. Against the running app."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from tests.support import free_port
from ui.api.ask_service import AskService
from ui.config import Config
from ui.serving import serve
from ui.tool_sources.owner_tools import OwnerTools

PAGES, FLOOD = 30, 50  # that a visitor may have, and that one opens
GREEDY, OTHER = "8.8.8.8", "9.9.9.9"


class App:
    """The running app, behind a proxy that says who a visitor is."""

    def __init__(self) -> None:
        owner, config = (
            OwnerTools({}),
            Config(
                port=free_port(),
                behind_proxy=True,
                pages_per_visitor=PAGES,
                events_per_visitor=40,
                connections_per_visitor=100,
            ),
        )
        self.url = f"http://127.0.0.1:{config.port}"
        self.page = serve(config, owner, AskService(config, owner))
        self._numbers = {fn.name: fn._id for fn in self.page.fns.values() if fn.fn}

    async def post(
        self, client: httpx.AsyncClient, name: str, data: list[Any], session: str, visitor: str
    ) -> httpx.Response:
        body = {"data": data, "fn_index": self._numbers[name], "session_hash": session}
        return await client.post(f"{self.url}/gradio_api/queue/join", json=body, headers={"x-forwarded-for": visitor})

    async def end_of(self, client: httpx.AsyncClient, session: str) -> dict[str, Any]:
        """How an event of the session ended."""
        where, of = f"{self.url}/gradio_api/queue/data", {"session_hash": session}
        async with asyncio.timeout(60), client.stream("GET", where, params=of) as news:
            async for line in news.aiter_lines():
                message = json.loads(line.removeprefix("data:")) if line else {}
                if message.get("msg") in ("process_completed", "unexpected_error"):
                    return message
        raise AssertionError("there was no end")


@pytest.fixture
def running() -> Iterator[App]:
    running = App()
    yield running
    running.page.close(verbose=False)


@pytest.fixture
def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=100))


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"


async def test_sessions_of_one_visitor_push_out_their_own_only(running, client):
    running.page._queue.pending_messages_per_session.max_size = FLOOD - 10  # 2,000 would take too long
    assert (await running.post(client, "nothing_found", [], "others", OTHER)).status_code == 200
    for number in range(FLOOD):
        await running.post(client, "nothing_found", [], f"greedy{number}", GREEDY)
    held = [session for session in running.page.state_holder.session_data if session.startswith("greedy")]
    assert len(held) <= PAGES and held[-1] == f"greedy{FLOOD - 1}"
    assert (await running.end_of(client, "others"))["success"] is True


async def test_pages_that_come_and_go_leave_no_more_sessions_either(running, client):
    headers = {"x-forwarded-for": GREEDY}

    async def come_and_go(number: int) -> None:
        async with client.stream("GET", f"{running.url}/gradio_api/heartbeat/greedy{number}", headers=headers) as beats:
            async for _ in beats.aiter_lines():
                return

    for number in range(FLOOD):
        await come_and_go(number)
    async with asyncio.timeout(60):
        while f"greedy{FLOOD - 1}" not in running.page.state_holder.session_data:
            await asyncio.sleep(0.1)
    assert len(running.page.state_holder.session_data) <= PAGES


async def test_of_pages_that_are_gone_nothing_is_kept_and_of_connected_ones_all_is(client, monkeypatch):
    monkeypatch.setattr("ui.visitor_queue._CHECK_SECONDS", 0.05)
    monkeypatch.setattr("ui.visitor_queue._GONE_SECONDS", 0.5)
    running = await asyncio.to_thread(App)
    try:
        held = running.page.state_holder.session_data
        async with client.stream("GET", f"{running.url}/gradio_api/heartbeat/here"):
            for session in ("here", "program", "gone"):
                await running.post(client, "nothing_found", [], session, GREEDY)
                assert (await running.end_of(client, session))["success"] is True
            async with client.stream("GET", f"{running.url}/gradio_api/heartbeat/gone"):
                await asyncio.sleep(1.0)
                assert {"here", "gone"} <= set(held)
            async with asyncio.timeout(30):
                while set(held) != {"here"}:
                    await asyncio.sleep(0.1)
        async with asyncio.timeout(30):
            while held:
                await asyncio.sleep(0.1)
    finally:
        running.page.close(verbose=False)


async def test_what_one_visitor_waits_for_keeps_nobody_elses_events_waiting(running, client, silent):
    posts = [running.post(client, "look", [silent, "", []], f"greedy{n % 2}", GREEDY) for n in range(60)]
    answers = [answer.status_code for answer in await asyncio.gather(*posts)]
    assert (answers.count(200), answers.count(503)) == (40, 20)
    assert (await running.post(client, "nothing_found", [], "others", OTHER)).status_code == 200
    assert (await running.end_of(client, "others"))["success"] is True


async def test_connections_of_one_visitor_are_bounded_and_closed_ones_make_room(running):
    where = f"{running.url}/gradio_api/heartbeat/"
    async with AsyncExitStack() as open_ones, httpx.AsyncClient(timeout=60, limits=httpx.Limits()) as greedy:

        async def status(visitor: str, number: int, stack: AsyncExitStack) -> int:
            beats = greedy.stream("GET", f"{where}page{number}", headers={"x-forwarded-for": visitor})
            return (await stack.enter_async_context(beats)).status_code

        greedy_ones = await open_ones.enter_async_context(AsyncExitStack())
        assert [await status(GREEDY, number, greedy_ones) for number in range(100)] == [200] * 100
        assert (await status(GREEDY, 100, open_ones), await status(OTHER, 101, open_ones)) == (429, 200)
        await greedy_ones.aclose()
        async with asyncio.timeout(60):
            while await status(GREEDY, 102, open_ones) == 429:
                await asyncio.sleep(0.1)


async def test_results_that_nobody_fetches_are_bounded(running, client):
    answers = [await running.post(client, "nothing_found", [], "greedy", GREEDY) for _ in range(100)]
    assert [answer.status_code for answer in answers] == [200] * 80 + [503] * 20
    assert "You have too many requests" in answers[-1].json()["detail"]
    assert (await running.post(client, "nothing_found", [], "reloaded", GREEDY)).status_code == 200
    assert (await running.end_of(client, "reloaded"))["success"] is True


async def test_what_was_to_be_shown_to_a_page_that_is_gone_ends(running, client, silent, monkeypatch):
    monkeypatch.setattr("agent_core.integrations.mcp.server.McpServer.SECONDS", 300)
    await running.post(client, "look", [silent, "", []], "gone", GREEDY)
    where, headers = f"{running.url}/gradio_api/queue/data?session_hash=gone", {"x-forwarded-for": GREEDY}
    async with client.stream("GET", where, headers=headers) as news:
        async for line in news.aiter_lines():
            if "Looking at" in line:
                break
    async with asyncio.timeout(40):
        while running.page._queue.event_ids_to_events:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("number", [-1, 999, 2**40])
async def test_an_event_that_is_not_there_is_refused_with_a_sentence(running, client, number):
    body = {"data": [], "fn_index": number, "session_hash": "odd"}
    answer = await client.post(f"{running.url}/gradio_api/queue/join", json=body)
    assert (answer.status_code, answer.json()["detail"]) == (
        400,
        "The page has no such event. Reload it, and try again.",
    )


async def test_what_the_api_says_of_itself_names_nobodys_host(running, client):
    where = f"{running.url}/gradio_api/info"
    for headers in ({"x-forwarded-host": "evil.example"}, {"host": "evil.example"}, {}):
        answer = await client.get(where, headers=headers)
        assert "/ask" in answer.json()["named_endpoints"] and "evil.example" not in answer.text
