"""What callers post to the page's events instead of what its scripts send, against the running app."""

import asyncio
import io
import itertools
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from gradio import utils

from tests.support import free_port
from ui.api.ask_service import AskService
from ui.config import Config
from ui.serving import serve
from ui.settings.kept import restore
from ui.tool_sources.owner_tools import OwnerTools

_meta = {"_type": "gradio.FileData"}
DEEP: list[Any] = []
for _ in range(40):
    DEEP = [DEEP]
ODD: list[Any] = [
    None,
    5,
    -1.5,
    10**30,
    True,
    "x",
    "\ud800",
    "x" * 60_000,
    [],
    {},
    [None, {"a": 1}],
    ["x"] * 3_000,
    DEEP,
    {"a": DEEP},
    {"text": 5, "files": "x"},
    {"text": "hi", "files": [{"path": 5}]},
    {"path": "\0", "meta": _meta},
    {"__type__": "update", "visible": 5},
]


class App:
    """The running app. fns: its events; of those that do the same to the same parts of the page, one each."""

    def __init__(self, **settings: Any) -> None:
        owner, config = OwnerTools({}), Config(port=free_port(), **settings)
        self.url = f"http://127.0.0.1:{config.port}"
        self.page = serve(config, owner, AskService(config, owner))
        self.fns = list({does(fn): fn for fn in self.page.fns.values() if fn.fn}.values())
        self._hashes = itertools.count(1)

    def number_of(self, name: str) -> int:
        return next(fn._id for fn in self.fns if fn.name == name)

    async def post(self, client: httpx.AsyncClient, number: int, data: list[Any], event_data: Any = None) -> str:
        """What the app says of it in the end: "" where all went well. Fails where it says nothing."""
        session = f"session{next(self._hashes)}"
        body = {"data": data, "fn_index": number, "session_hash": session, "event_data": event_data}
        content = json.dumps(body)
        headers = {"content-type": "application/json"}
        joined = await client.post(f"{self.url}/gradio_api/queue/join", content=content, headers=headers)
        if joined.status_code in (400, 413, 422):
            return joined.text
        assert joined.status_code == 200, joined.text
        where, of = f"{self.url}/gradio_api/queue/data", {"session_hash": session}
        async with asyncio.timeout(60), client.stream("GET", where, params=of) as news:
            async for line in news.aiter_lines():
                message = json.loads(line.removeprefix("data:")) if line else {}
                if message.get("msg") == "process_completed":
                    return "" if message["success"] else str(message["output"]["error"])
                assert message.get("msg") != "unexpected_error", message
        raise AssertionError("there was no end")


def does(fn: Any) -> tuple[Any, ...]:
    """What tells an event from others: its handler, what that is given and what it writes to."""
    return fn.fn, tuple(block._id for block in fn.inputs), tuple(block._id for block in fn.outputs)


@pytest.fixture(scope="module")
def running() -> Iterator[App]:
    running = App(runs_per_visitor=1)
    yield running
    running.page.close(verbose=False)


@pytest.fixture(scope="module")
def printed() -> Iterator[io.StringIO]:
    """What the app prints of its faults."""
    with pytest.MonkeyPatch.context() as patch:
        text = io.StringIO()
        patch.setattr("traceback.print_exc", lambda *_, **__: text.write("Traceback"))
        yield text


def normal(fn: Any) -> list[Any]:
    """What the page would send, about."""
    if fn.name == "ask":
        return [{"text": "Hello?", "files": []}, "", "", {}, *restore({"source": "demo"}, Config())]
    values = [getattr(block, "value", None) for block in fn.inputs]
    return [None if callable(value) else value for value in values]


async def test_whatever_is_posted_to_an_event_is_answered_with_a_sentence(running, printed, caplog):
    odds, posts = itertools.cycle(ODD), []
    for fn in running.fns:
        usual = normal(fn)
        posts += [(fn, [odd] * len(usual), odd) for odd in ODD]
        posts += [
            (fn, [*usual[:position], odd, *usual[position + 1 :]], {"index": 0, "value": odd})
            for position in range(len(usual))
            for odd in (next(odds),)
        ]
        posts += [(fn, usual[:-1], None), (fn, [*usual, 5], None), (fn, [], None)]
    limit = asyncio.Semaphore(8)
    async with httpx.AsyncClient(timeout=120) as client:

        async def post(fn: Any, data: list[Any], event_data: Any) -> tuple[str, str, str]:
            async with limit:
                return fn.name, await running.post(client, fn._id, data, event_data), str(data)[:200]

        said = await asyncio.gather(*(post(*what) for what in posts))
    assert [what for what in said if what[1] in ("None", "Error")] == []
    assert printed.getvalue() == "" and not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("with_meta", [True, False])
async def test_a_question_takes_in_no_file_that_was_not_uploaded(running, tmp_path, with_meta):
    canary = tmp_path / "canary.txt"
    canary.write_text("canary")
    around = f"{utils.get_upload_folder()}/../../../../../{canary}"
    paths = [str(canary), "/etc/passwd", "app.py", around, "http://127.0.0.1:9/canary"]
    async with httpx.AsyncClient(timeout=60) as client:
        for path in paths:
            file = {"path": path, "orig_name": "a.txt", "size": 6} | ({"meta": _meta} if with_meta else {})
            data = [{"text": "Read it.", "files": [file]}, *normal(running.page.fns[running.number_of("ask")])[1:]]
            said = await running.post(client, running.number_of("ask"), data)
            assert said not in ("", "None"), path
