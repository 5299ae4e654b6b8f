"""A model service that many can ask at once: python -m bench.scripted_model (it listens on PORT of loopback).

Each question names a number, "Work with 123456789.", and three replies answer it: two with code that computes with the
number, the third with the result. Each streams in 105 pieces of 40 ms, so that the ideal answer takes 12.6 s. A model
named "peer" writes in the form of smolagents.
"""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

PIECES, DELAY, REPLIES = 105, 0.04, 3  # DELAY: seconds
IDEAL_SECONDS = PIECES * DELAY * REPLIES
FIRST_WORD = "Quartz"  # which nothing else on a page says
_NUMBER = re.compile(r"Work with (\d+)\.")


def result_of(number: int) -> int:
    """Return what the answer to a question with this number says."""
    return (number + 1) * 2


async def complete(request: Request) -> StreamingResponse:
    """Answer as POST /chat/completions does, streamed."""
    body = await request.json()
    text = _reply(body["messages"], as_peer="peer" in body["model"])
    return StreamingResponse(_stream(text), media_type="text/event-stream")


async def list_models(_: Request) -> JSONResponse:
    return JSONResponse({"object": "list", "data": [{"id": "scripted", "object": "model"}]})


def _reply(messages: list[dict[str, Any]], *, as_peer: bool) -> str:
    said = [(message["role"], json.dumps(message["content"])) for message in messages]
    number = int(_NUMBER.findall(" ".join(text for role, text in said if role == "user"))[-1])
    since = max(at for at, (_, text) in enumerate(said) if _NUMBER.search(text))
    replies = sum(role == "assistant" for role, _ in said[since:])
    codes = [f"first = {number} + 1\nprint(first)", "second = first * 2\nprint(second)"]
    prose = "I go on with the number that I was given, one step after the other, as was asked. " * 6
    if replies < len(codes):
        opened, closed = ("<code>", "</code>") if as_peer else ("```python", "```")
        return f"{FIRST_WORD} is a word to begin with. {prose}\n{opened}\n{codes[replies]}\n{closed}"
    answer = f"{prose}The result is {result_of(number)}."
    return f"{FIRST_WORD} again.\n<code>\nfinal_answer({answer!r})\n</code>" if as_peer else answer


async def _stream(text: str) -> AsyncIterator[bytes]:
    """Stream a text in PIECES pieces, each at its time."""
    began = asyncio.get_running_loop().time()
    for piece in range(PIECES):
        await asyncio.sleep(began + (piece + 1) * DELAY - asyncio.get_running_loop().time())
        start, end = (len(text) * edge // PIECES for edge in (piece, piece + 1))
        yield _event({"choices": [{"index": 0, "delta": {"content": text[start:end]}, "finish_reason": None}]})
    yield _event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield _event({"choices": [], "usage": {"prompt_tokens": 900, "completion_tokens": PIECES, "total_tokens": 1005}})
    yield b"data: [DONE]\n\n"


def _event(data: dict[str, Any]) -> bytes:
    head = {"id": "scripted", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
    return b"data: " + json.dumps({**head, **data}).encode() + b"\n\n"


app = Starlette(
    routes=[
        Route("/", list_models),
        Route("/v1/models", list_models),
        Route("/v1/chat/completions", complete, methods=["POST"]),
    ]
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
