"""The log says what happened, and nothing of what was said."""

import asyncio
import gc
import json
import logging
from collections.abc import Iterator
from contextlib import aclosing

import pytest
import uvicorn.config

from agent_core import HubModel, RetryPolicy, Session
from tests.agent_core.support import code
from tests.doubles.openai_server import Reply
from tests.ui.support import kept_chats, person
from ui.chats import Chats
from ui.seeing.logs import log, log_unhandled, set_up_logs

CANARY = "c4n4ry"


@pytest.fixture(autouse=True)
def same_handlers() -> Iterator[None]:
    """The log is set up for the test only."""
    root = logging.getLogger()
    before, level, servers = list(root.handlers), root.level, uvicorn.config.LOGGING_CONFIG["loggers"]
    yield
    uvicorn.config.LOGGING_CONFIG["loggers"] = servers
    root.handlers[:] = before
    root.setLevel(level)


async def converse(chats: Chats, server, tmp_path) -> Session:
    """A conversation that has the canary in its question, file, code, output, errors, answer and key."""
    (file := tmp_path / f"{CANARY}.csv").write_text(CANARY)
    chat = await chats.open(person(CANARY), f"What of {CANARY}?")
    agent = chat.session.agent
    agent.model = HubModel(f"{CANARY}-model", token=f"hf_{CANARY}", base_url=server.url)
    agent.retry = RetryPolicy(first_wait=0.01)
    chat.session.start(f"What of {CANARY}?", [file])
    async with aclosing(chat.session.follow()) as events:
        async for _ in events:
            pass
    return chat.session


@pytest.mark.parametrize("form", ["text", "json"])
async def test_a_conversation_leaves_its_numbers_in_the_log_and_nothing_of_its_contents(form, serve, tmp_path, capsys):
    set_up_logs(form)
    server = serve([
        Reply(status=503, error=f"{CANARY} is busy"),
        code(f"print('{CANARY}')\nraise ValueError('{CANARY}')"),
        f"It is {CANARY}.",
        Reply(status=401, error=f"hf_{CANARY} is wrong"),
    ])  # fmt: skip
    async with kept_chats(tmp_path / "data") as chats:
        first, second = await converse(chats, server, tmp_path), await converse(chats, server, tmp_path)
        assert CANARY in str(first.log) and CANARY in str(second.log)
        ids = [first.chat_id, second.chat_id]
    said = capsys.readouterr().err
    assert CANARY not in said and not any(chat in said for chat in ids)
    if form == "text":
        assert "INFO glassbox: run ended chat=" in said and "reason=answer steps=2" in said
        return
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line["message"] for line in lines] == [
        "run began", "model failed", "run ended", "run began", "run ended",
    ]  # fmt: skip
    first_end, second_end = (line for line in lines if line["message"] == "run ended")
    assert (first_end["reason"], first_end["steps"], first_end["level"]) == ("answer", 2, "INFO")
    assert first_end["input_tokens"] > 0 and first_end["provider"] == "own_server"
    assert (second_end["reason"], second_end["kind"], second_end["level"]) == ("error", "bad_key", "WARNING")
    assert lines[1]["kind"] == "service_error"


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_exception_is_its_class_and_its_places_without_its_text(form, capsys):
    set_up_logs(form)
    try:
        try:
            {}[CANARY]
        except KeyError as error:
            raise ValueError(CANARY) from error
    except ValueError:
        logging.getLogger("ui.anything").exception("It failed")
    said = capsys.readouterr().err
    assert CANARY not in said
    assert "It failed" in said and "ValueError" in said and "KeyError" in said and "test_logs.py" in said


def test_what_fails_in_a_request_is_not_quoted_by_the_server_either(capsys):
    uvicorn.Config("an:app")  # as where one has served before
    set_up_logs("json")
    uvicorn.Config("an:app", log_level="warning")  # as Gradio configures it, which sets up the server's own log
    logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=ValueError(CANARY))
    said = capsys.readouterr().err
    assert CANARY not in said and "ValueError" in json.loads(said)["exception"]


def test_a_line_of_json_is_one_object_whatever_stands_in_it(capsys):
    set_up_logs("json")
    log("started", name='two\nlines "quoted"', count=3)
    line = json.loads(capsys.readouterr().err)
    assert (line["message"], line["name"], line["count"]) == ("started", 'two\nlines "quoted"', 3)
    assert line["level"] == "INFO" and line["time"]


def test_only_warnings_of_other_libraries_are_written(capsys):
    set_up_logs("text")
    logging.getLogger("httpx").info("GET https://example.org/?q=%s", CANARY)
    logging.getLogger("httpx").warning("Slow")
    assert capsys.readouterr().err.strip().endswith("WARNING httpx: Slow")


async def test_what_fails_in_a_task_that_nobody_awaits_is_not_quoted(capsys):
    async def fail() -> None:
        raise ValueError(CANARY)

    set_up_logs("text")
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(log_unhandled)
    task = loop.create_task(fail())
    await asyncio.wait([task])
    del task
    gc.collect()
    loop.set_exception_handler(None)
    said = capsys.readouterr().err
    assert "never retrieved" in said and "ValueError" in said and "raise ValueError" in said and CANARY not in said
