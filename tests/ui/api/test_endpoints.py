"""`ask` for other programs: the app in this process, called by the real clients over loopback."""

import asyncio
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession, types
from mcp.client.streamable_http import streamable_http_client
from starlette.applications import Starlette

from agent_core import HubModel, Limits
from agent_core.models.base import Model
from demo import demo_model
from tests.doubles.openai_server import OpenAIServer, Reply, Script
from tests.support import free_port
from ui.api import ask_service
from ui.api.ask_service import AskService
from ui.api.mcp_service import McpService
from ui.config import Config
from ui.serving import serve
from ui.tool_sources.owner_tools import OwnerTools

DENIED = """
```python
import urllib.request
for name in ("ctypes", "socket"):
    try:
        __import__(name)
    except ImportError:
        pass
try:
    urllib.request.urlopen("https://example.org/")
except OSError:
    pass
open("notes.txt", "w").write("hello")
```
"""


AT_ONCE = 8  # of one visitor; one more place is left for others
ACCEPT = {"accept": "application/json, text/event-stream"}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
}


class App:
    """The running app, whose model is the scripted service of the present test."""

    def __init__(self) -> None:
        self.models: Callable[[str], Sequence[Model]] = lambda token: [demo_model(delay=0)]
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        owner, config = (
            OwnerTools({}),
            Config(port=port, asks=AT_ONCE + 1, asks_per_visitor=AT_ONCE + 3, mcp_sessions_per_visitor=3),
        )
        self.page = serve(config, owner, AskService(config, owner, self._choose))

    async def _choose(self, token: str, _: Config) -> Sequence[Model]:
        return self.models(token)

    def client(self, **options: Any) -> Client:
        return Client(self.url, verbose=False, analytics_enabled=False, **options)

    @asynccontextmanager
    async def session(self, **headers: str) -> AsyncIterator[ClientSession]:
        """A connected MCP client."""
        async with (
            httpx.AsyncClient(headers=headers, timeout=30) as client,
            streamable_http_client(f"{self.url}/gradio_api/mcp/", http_client=client) as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            yield session


@pytest.fixture(scope="module")
def running() -> Iterator[App]:
    running = App()
    yield running
    running.page.close(verbose=False)


@pytest.fixture
def scripted(running: App, serve: Callable[[Script], OpenAIServer]) -> Iterator[Callable[[Script], OpenAIServer]]:
    """Has the app's model give the replies of a script."""

    def start(script: Script) -> OpenAIServer:
        server = serve(script)
        running.models = lambda token: [HubModel("test", token=token or "hf_test", base_url=server.url)]
        return server

    before = running.models
    yield start
    running.models = before


def text_of(result: types.CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, types.TextContent)
    return content.text


def test_a_python_program_gets_the_answer_and_how_far_it_is(running, scripted):
    scripted(["```python\n# Count the letters\nimport time; time.sleep(0.5)\nlen('hello')\n```", "**Five** letters."])
    job = running.client().submit("How many letters has hello?", api_name="/ask")
    told = set()
    while not job.done():
        told |= {unit.desc for unit in job.status().progress_data or []}
        time.sleep(0.01)
    assert job.result() == "**Five** letters."
    assert "Step 1: Count the letters" in told


async def test_an_mcp_client_gets_the_answer_and_how_far_it_is(running, scripted):
    scripted(["```python\n# Count the letters\nlen('hello')\n```", "**Five** letters."])
    told = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    async with running.session() as session:
        result = await session.call_tool("ask", {"question": "How many?"}, progress_callback=tell)
    assert (text_of(result), result.isError) == ("**Five** letters.", False)
    assert (1.0, "Step 1: Thinking") in told and "Step 1: Count the letters" in [message for _, message in told]
    assert [number for number, _ in told] == sorted({number for number, _ in told})


async def test_there_is_nothing_else_to_call(running):
    async with running.session() as session:
        (tool,) = (await session.list_tools()).tools
        other = await session.call_tool("new_chat", {})
    assert (tool.name, list(tool.inputSchema["properties"])) == ("ask", ["question"])
    assert other.isError and "There is no tool 'new_chat'" in text_of(other)
    async with httpx.AsyncClient() as client:
        info = (await client.get(f"{running.url}/gradio_api/info?all_endpoints=true")).json()
    assert (list(info["named_endpoints"]), info["unnamed_endpoints"]) == (["/ask"], {})
    described = info["named_endpoints"]["/ask"]
    assert [parameter["parameter_name"] for parameter in described["parameters"]] == ["question"]
    assert tool.description in described["description"]


@pytest.mark.parametrize(
    ("question", "reply", "said"),
    [
        ("Hello?", Reply(status=401, error="bad key"), "refused the key"),
        (" ", "never asked", "Type a question first."),
        ("x" * 50_001, "never asked", "The question is too long"),
    ],
)
async def test_what_goes_wrong_is_an_error_in_a_sentence(running, scripted, question, reply, said):
    scripted([reply] * 2)
    async with running.session() as session:
        result = await session.call_tool("ask", {"question": question})
    assert result.isError and said in text_of(result) and "Traceback" not in text_of(result)
    with pytest.raises(AppError) as raised:
        await asyncio.to_thread(running.client().predict, question, api_name="/ask")
    assert str(raised.value) == text_of(result)


@pytest.mark.parametrize("question", [None, 5, ["Hello?"]])
def test_a_question_that_is_no_text_is_refused_in_a_sentence(running, question):
    with pytest.raises(AppError, match=r"^The question must be text\.$"):
        running.client().predict(question, api_name="/ask")


async def test_what_nobody_could_be_asked_about_is_refused_and_named(running, scripted):
    server = scripted([DENIED, "Done."])
    async with running.session() as session:
        result = await session.call_tool("ask", {"question": "Try it."})
    assert text_of(result) == (
        "Done.\n\nAlso made, but not sent, because only text is sent here: notes.txt.\n\n"
        "Not allowed, because nobody could be asked: importing ctypes, importing socket, connecting to example.org."
    )
    prompt = server.requests[0].body["messages"][0]["content"]
    assert "Nobody can be asked" in prompt and "def web_search" in prompt and "ask_user" not in prompt


async def test_a_run_that_ends_at_a_limit_gives_the_best_answer_and_says_so(running, scripted, monkeypatch):
    monkeypatch.setattr(ask_service, "_SETTINGS", ask_service._SETTINGS.model_copy(update={"max_steps": 1}))
    scripted(["```python\n1 + 1\n```", "So far: two."])
    async with running.session() as session:
        result = await session.call_tool("ask", {"question": "Go on."})
    answer, sentence = text_of(result).split("\n\n", 1)
    assert (answer, result.isError) == ("So far: two.", False) and "step" in sentence


async def test_a_step_that_takes_too_long_is_stopped_without_a_question(running, scripted, monkeypatch):
    monkeypatch.setattr(ask_service, "owner_limits", lambda config: Limits(step_seconds=0.5))
    server = scripted(["```python\nimport time\ntime.sleep(9)\n```", "I do without."])
    async with running.session() as session:
        result = await session.call_tool("ask", {"question": "Go on."})
    assert text_of(result) == "I do without."
    assert "longer than the 0.5 seconds" in server.requests[1].body["messages"][-1]["content"]


async def test_the_demo_says_that_it_is_one(running):
    async with running.session() as session:
        result = await session.call_tool("ask", {"question": "What is the cube root of 27?"})
    assert text_of(result).startswith("**Demo**: this reply was prepared in advance") and "3" in text_of(result)


async def test_callers_spend_their_own_token(running, scripted):
    server = scripted(["One.", "Two."])
    async with running.session(**{"X-HF-Token": "hf_of_mcp_caller"}) as session:
        await session.call_tool("ask", {"question": "One?"})
    client = await asyncio.to_thread(running.client, headers={"X-HF-Token": "hf_of_caller"})
    assert await asyncio.to_thread(client.predict, "Two?", api_name="/ask") == "Two."
    sent = [request.headers["authorization"] for request in server.requests]
    assert sent == ["Bearer hf_of_mcp_caller", "Bearer hf_of_caller"]


async def test_each_caller_has_a_chat_of_its_own_and_some_wait_for_their_turn(running, scripted):
    go_on = threading.Event()

    def reply(body: dict[str, Any]) -> str:
        go_on.wait(20)
        return " ".join(sorted(set(re.findall(r"caller\d+", str(body["messages"])))))

    server = scripted(reply)
    async with running.session() as session:
        names = [f"caller{number}" for number in range(AT_ONCE + 2)]
        calls = [asyncio.create_task(session.call_tool("ask", {"question": f"I am {name}."})) for name in names]
        assert await asyncio.to_thread(server.wait_for_requests, AT_ONCE)
        assert not await asyncio.to_thread(server.wait_for_requests, AT_ONCE + 1, 0.3)
        go_on.set()
        assert [text_of(await call) for call in calls] == names


async def test_a_cancelled_or_abandoned_mcp_call_ends_its_run(running, scripted):
    server = scripted([Reply("never", fault="hang")] * 2)
    async with running.session() as session:
        call = asyncio.create_task(session.call_tool("ask", {"question": "One"}))
        assert await asyncio.to_thread(server.wait_for_requests, 1)
        params = types.CancelledNotificationParams(requestId=session._request_id - 1)
        await session.send_notification(types.ClientNotification(types.CancelledNotification(params=params)))
        assert await asyncio.to_thread(server.wait_for_disconnects, 1)
        with pytest.raises(Exception, match="cancelled"):
            await call
        abandoned = asyncio.create_task(session.call_tool("ask", {"question": "Two"}))
        assert await asyncio.to_thread(server.wait_for_requests, 2)
        abandoned.cancel()
    assert await asyncio.to_thread(server.wait_for_disconnects, 2)


def test_a_cancelled_or_abandoned_api_call_ends_its_run(running, scripted):
    server = scripted([Reply("never", fault="hang")] * 2)
    job = running.client().submit("One", api_name="/ask")
    assert server.wait_for_requests(1)
    job.cancel()
    assert server.wait_for_disconnects(1)
    client = running.client()
    with httpx.stream("GET", f"{running.url}/gradio_api/heartbeat/{client.session_hash}"):
        client.submit("Two", api_name="/ask")
        assert server.wait_for_requests(2)
    assert server.wait_for_disconnects(2)


async def test_what_takes_too_long_is_stopped(running, scripted, monkeypatch):
    monkeypatch.setattr(ask_service, "LONGEST_SECONDS", 0.5)
    server = scripted([Reply("never", fault="hang")])
    async with running.session() as session:
        result = await session.call_tool("ask", {"question": "One"})
    assert result.isError and "There was no answer within" in text_of(result)
    assert server.wait_for_disconnects(1)


async def test_who_asks_too_much_is_told_and_nobody_else_is(running, scripted):
    server = scripted([Reply("never", fault="hang")] * AT_ONCE)
    async with running.session() as session:
        most = AT_ONCE + 3
        calls = [asyncio.create_task(session.call_tool("ask", {"question": "Hello?"})) for _ in range(most)]
        assert await asyncio.to_thread(server.wait_for_requests, AT_ONCE)
        result = await session.call_tool("ask", {"question": "Hello?"})
        assert result.isError and f"You have {most} questions in progress or in the queue" in text_of(result)
        with pytest.raises(AppError, match="questions in progress or in the queue"):
            await asyncio.to_thread(running.client().predict, "Hello?", api_name="/ask")
        for call in calls:
            call.cancel()
    assert await asyncio.to_thread(server.wait_for_disconnects, AT_ONCE)


async def test_one_visitor_has_so_many_mcp_sessions_and_ended_ones_make_room(running):
    address = f"{running.url}/gradio_api/mcp/"
    async with httpx.AsyncClient(timeout=30, headers=ACCEPT) as client:
        for _ in range(5):  # what begins no session takes no place
            assert (await client.post(address, json={"odd": 1})).status_code == 400
        begun = [await client.post(address, json=HELLO) for _ in range(4)]
        assert [response.status_code for response in begun] == [200, 200, 200, 429]
        assert "3 MCP clients connected" in begun[-1].text
        await client.delete(address, headers={"mcp-session-id": begun[0].headers["mcp-session-id"]})
        async with asyncio.timeout(20):
            while (again := await client.post(address, json=HELLO)).status_code == 429:
                await asyncio.sleep(0.05)
        for response in (*begun[1:3], again):
            await client.delete(address, headers={"mcp-session-id": response.headers["mcp-session-id"]})


async def test_mcp_sessions_that_are_never_ended_end_when_idle(monkeypatch):
    monkeypatch.setattr("ui.api.mcp_service._IDLE_SECONDS", 0.3)
    config, owner = Config(mcp_sessions_per_visitor=1), OwnerTools({})
    service = McpService(config, AskService(config, owner))
    transport = httpx.ASGITransport(Starlette(routes=[service.route]))
    async with service.lifespan(None), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        for _ in range(2):
            async with asyncio.timeout(20):
                while (
                    response := await client.post("/gradio_api/mcp/", json=HELLO, headers=ACCEPT)
                ).status_code == 429:
                    await asyncio.sleep(0.05)
            assert response.status_code == 200


@pytest.mark.parametrize("path", ["mcp/", "call/ask", "queue/join", "upload"])
def test_another_sites_page_cannot_call(running, scripted, path):
    server = scripted([])
    for host, origin in [(None, "https://evil.example"), (None, "null"), ("evil.example", "http://evil.example")]:
        headers = {"origin": origin, "content-type": "text/plain"} | ({"host": host} if host else {})
        response = httpx.post(f"{running.url}/gradio_api/{path}", headers=headers, content='{"data": ["Hello?"]}')
        assert response.status_code == 403 and "another site" in response.text
    assert server.requests == []
