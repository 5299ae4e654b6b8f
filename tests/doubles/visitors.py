"""Visitors of a page without a browser: they send what its scripts send, and follow the events as these do.

Each has an address of its own in X-Forwarded-For, so that limits for one visitor hold for each of them.
"""

import asyncio
import json
import re
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import aiohttp

from ui.settings.settings import FIELDS, Settings

_PULSE_SECONDS = 2.0
_LONG_NUMBER = re.compile(rb"\d{9,}")


class Question(NamedTuple):
    """A question, and how its answer is known.

    Attributes:
        text: The question.
        begins: A word that the model's reply begins with.
        answer: What the last answer contains.
    """

    text: str
    begins: str
    answer: str


@dataclass
class Visit:
    """What one visitor saw.

    Attributes:
        changed: Seconds until the question was shown as taken, or a place in the queue; None for never.
        begun: Seconds until the first word of the reply; None for never.
        answered: Seconds until the whole answer was there; None for never.
        updates: How many updates came.
        received: How many bytes came in them.
        numbers: All long numbers in what came.
        error: What went wrong; "" for nothing.
    """

    changed: float | None = None
    begun: float | None = None
    answered: float | None = None
    updates: int = 0
    received: int = 0
    numbers: set[int] = field(default_factory=set)
    error: str = ""


class GradioPage(ABC):
    """A page as a visitor uses it: `open` once, then `ask`.

    Args:
        client: The connections of one visitor.
        url: Where the page is served.
    """

    def __init__(self, client: aiohttp.ClientSession, url: str) -> None:
        self.client = client
        self.url = url
        self.session = secrets.token_hex(6)
        self.events: list[dict[str, Any]] = []

    async def open(self) -> None:
        """Load the page, as a browser does."""
        async with self.client.get(f"{self.url}/") as response:
            html = await response.text()
        config = html.partition("window.gradio_config = ")[2]
        self.events = json.JSONDecoder().raw_decode(config)[0]["dependencies"]

    @abstractmethod
    async def ask(self, question: Question, visit: Visit) -> None:
        """Ask a question, and note in the visit what comes until its run has ended.

        Raises:
            RuntimeError: The page refuses it, or says that it failed.
        """

    async def heartbeat(self) -> None:
        """Hold the connection by which Gradio knows that the page is open."""
        async with self.client.get(f"{self.url}/gradio_api/heartbeat/{self.session}") as beats:
            async for _ in beats.content:
                pass

    async def join(self, event: dict[str, Any], data: list[Any]) -> None:
        """Send an event. Raises RuntimeError if it is refused."""
        body = {"data": data, "fn_index": event["id"], "session_hash": self.session, "trigger_id": None}
        async with self.client.post(f"{self.url}/gradio_api/queue/join", json=body) as response:
            if response.status != 200:
                raise RuntimeError(f"{response.status}: {await response.text()}")

    async def messages(self, visit: Visit) -> AsyncIterator[bytes]:
        """Yield the messages that come until one event has ended. Raises RuntimeError if it failed."""
        of = {"session_hash": self.session}
        async with self.client.get(f"{self.url}/gradio_api/queue/data", params=of) as news:
            while line := await news.content.readline():
                visit.received += len(line)
                if not line.startswith(b"data:"):
                    continue
                if _kind(line) in ("process_generating", "process_completed"):
                    visit.updates += 1
                    visit.numbers |= {int(number) for number in _LONG_NUMBER.findall(line)}
                ended = _kind(line) in ("process_completed", "unexpected_error")
                if ended and b'"success":true' not in line:
                    raise RuntimeError(line.decode()[:300])
                yield line
                if ended:
                    return
        raise RuntimeError("the event stream ended early")

    async def follow(self, question: Question, began: float, visit: Visit) -> None:
        """Follow an event to its end, and note when the first change and the answer came."""
        begins, answer = question.begins.encode(), question.answer.encode()
        async for line in self.messages(visit):
            if _kind(line) not in ("process_generating", "process_completed"):
                continue
            now = time.monotonic() - began
            visit.changed = now if visit.changed is None else visit.changed
            visit.begun = now if visit.begun is None and begins in line else visit.begun
            if visit.answered is None and answer in line:
                visit.answered = now


class GlassboxPage(GradioPage):
    """The app's page.

    Args:
        client: The connections of one visitor.
        url: Where the page is served.
        settings: What the visitor has set.
    """

    def __init__(self, client: aiohttp.ClientSession, url: str, settings: Settings) -> None:
        super().__init__(client, url)
        values = settings.model_dump()
        self._settings = [values[name] for name in FIELDS]

    async def ask(self, question: Question, visit: Visit) -> None:
        """Ask a question, and watch its run to the end."""
        ask = next(event for event in self.events if "sending.sent" in str(event["js"]))
        watch = next(
            event for event in self.events if event["trigger_after"] == ask["id"] and len(event["outputs"]) > 5
        )
        began = time.monotonic()
        box = {"text": question.text, "files": []}
        await self.join(ask, [box, "", "none", None, None, *self._settings])
        chat = ""
        async for line in self.messages(visit):
            if _kind(line) == "process_completed":
                chat = json.loads(line[5:])["output"]["data"][0]
        pulse = asyncio.create_task(self._pulse(chat))
        await self.join(watch, [chat, None])
        try:
            await self.follow(question, began, visit)
        finally:
            pulse.cancel()

    async def _pulse(self, chat: str) -> None:
        while True:
            await asyncio.sleep(_PULSE_SECONDS)
            async with self.client.get(f"{self.url}/pulse", params={"chat": chat, "seen": "1"}) as response:
                await response.read()


class PeerPage(GradioPage):
    """The page of smolagents' GradioUI."""

    async def ask(self, question: Question, visit: Visit) -> None:
        """Ask a question, and follow the reply to its end."""
        clear, show, reply = self.events[:3]
        began = time.monotonic()
        await self._carry_out(clear, [question.text], visit)
        chat = (await self._carry_out(show, [None, []], visit))[0]
        visit.changed = time.monotonic() - began
        await self.join(reply, [None, chat])
        await self.follow(question, began, visit)

    async def _carry_out(self, event: dict[str, Any], data: list[Any], visit: Visit) -> list[Any]:
        await self.join(event, data)
        last = b""
        async for line in self.messages(visit):
            last = line
        return json.loads(last[5:])["output"]["data"]


def _kind(line: bytes) -> str:
    """Return the kind of a message, without reading all of it."""
    return line[:40].partition(b'"msg":')[2].strip(b' "').partition(b'"')[0].decode()


def with_model_at(url: str) -> Settings:
    """Return the settings of who uses a server of their own, without tools."""
    return Settings(source="litellm", model="openai/scripted", address=url, tools=[])
