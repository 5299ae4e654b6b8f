"""The running app, and several visitors at once, each with a number of their own."""

import asyncio
import re
from pathlib import Path
from typing import Any

import aiohttp

from tests.doubles.openai_server import OpenAIServer, Reply
from tests.doubles.visitors import GlassboxPage, Question, Visit, with_model_at
from tests.support import running_app

NUMBERS = [100_000_000 + at * 1_000_003 for at in range(5)]


def reply(body: dict[str, Any]) -> Reply:
    """Code that computes with the number of the question, and then the result."""
    number = re.findall(r"Work with (\d+)", str(body["messages"]))[0]
    if body["messages"][-1]["role"] == "user" and f"{int(number) + 1}" not in str(body["messages"]):
        return Reply(f"Quartz.\n```python\nprint({number} + 1)\n```", delay=0.05)
    return Reply(f"The result is {int(number) + 1}.", delay=0.05)


async def visit(url: str, model_url: str, number: int) -> Visit:
    seen, cookies = Visit(), aiohttp.CookieJar(unsafe=True)
    headers = {"x-forwarded-for": f"9.9.9.{NUMBERS.index(number) + 1}"}
    async with aiohttp.ClientSession(headers=headers, cookie_jar=cookies, read_bufsize=2**24) as client:
        page = GlassboxPage(client, url, with_model_at(model_url))
        await page.open()
        async with asyncio.timeout(120):
            question = Question(f"Work with {number}.", "Quartz", f"The result is {number + 1}")
            await page.ask(question, seen)
    return seen


async def test_each_gets_their_own_answer_also_who_had_to_wait_in_the_queue(tmp_path: Path):
    with (
        OpenAIServer(reply) as server,
        running_app(tmp_path, GLASSBOX_BEHIND_PROXY="true", GLASSBOX_RUNS="2", GLASSBOX_RUNS_PER_VISITOR="1") as app,
    ):
        visits = await asyncio.gather(*(visit(app.url, server.url, number) for number in NUMBERS))
    assert all(seen.answered for seen in visits)
    for seen, number in zip(visits, NUMBERS, strict=True):
        assert number in seen.numbers and not seen.numbers & ({*NUMBERS} - {number}), "a number of somebody else"
        assert seen.changed is not None and seen.answered is not None and seen.changed < seen.answered
