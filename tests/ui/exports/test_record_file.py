import asyncio
import base64
import json
import struct
import zlib

import pytest

from agent_core import GlassboxError
from agent_core.events import CodeDelta, Event, RunStarted, StepStarted
from agent_core.record import RECORD_VERSION, merge_deltas
from tests.ui.exports.support import DEMO, demo_chat, hostile_chat
from ui.exports import export, read_export
from ui.exports.pictures import is_picture
from ui.view.assets import Assets
from ui.view.chat_messages import turn_messages
from ui.view.transcript import Transcript

MEMORY = {"turns": [{"question": "Why?", "calls": [{"n": 12345678901234567890}]}], "half": "\ud800"}


def png_of(width: int, height: int) -> str:
    """A file of a few bytes that claims to be a picture of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")).decode()


def record(**changes) -> bytes:
    made = {"glassbox_chat": RECORD_VERSION, "title": "A", "events": [{"type": "run_started", "question": "Why?"}]}
    return json.dumps(made | changes).encode()


async def test_what_comes_in_shows_the_same_as_what_went_out():
    for events in (await asyncio.to_thread(demo_chat, DEMO), hostile_chat()):
        exported = export("json", "Ümläut \ud800", events, MEMORY)
        assert exported.content_type == "application/json"
        again = read_export(exported.content)
        assert (again.title, again.memory) == ("Ümläut \ud800", MEMORY)
        assert again.events == merge_deltas(events)
        before, after = Transcript(events).turns, Transcript(again.events).turns
        assert after == before
        assert json.dumps(_messages(after), default=str) == json.dumps(_messages(before), default=str)
        assert export("json", "Ümläut \ud800", again.events, MEMORY) == exported


def _messages(turns):
    messages = [message for turn in turns for message in turn_messages(turn, Assets.of_chat("key"))]
    return [message | {"content": _shown(message["content"])} for message in messages]


def _shown(content):
    """What a message shows, without the address of its file or the number of its component."""
    return content if isinstance(content, str) else type(content).__name__


def test_a_picture_is_known_by_its_type_and_size():
    assert is_picture("image/png", png_of(10_000, 10_000))
    assert not is_picture("image/png", png_of(10_001, 10_000))
    assert not is_picture("image/png", png_of(100_000, 100_000))
    assert not is_picture("image/svg+xml", png_of(1, 1))


def test_a_chat_without_memory():
    assert read_export(record()).memory is None
    assert read_export(record()).events == [RunStarted("Why?")]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"{}",
        b'{"glassbox_chat": "1"}',
        b"[" * 200_000,
        b'{"nbformat": 4}',
    ],
)
def test_another_file_is_refused_in_one_sentence(content: bytes):
    with pytest.raises(GlassboxError, match="This file is no chat that Glassbox exported"):
        read_export(content)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": 1},
        {"events": {}},
        {"events": [1]},
        {"memory": []},
        {"events": [{"type": "step_started", "step": 1}]},
        {"events": [{"type": "run_started", "question": 1}]},
        {"events": [{"type": "run_started", "question": "Why?"}, {"type": "code_ready", "code": "1"}]},
        *(
            {
                "events": [
                    {"type": "run_started", "question": "Why?"},
                    {"type": "step_started", "step": 1},
                    {"type": "displayed", "display": {"data": data}},
                ]
            }
            for data in (
                {"text/html": "<b>"},
                {"text/plain": "a", "image/png": "no base64"},
                {"text/plain": "a", "image/png": png_of(20_000, 20_000)},
                {"text/plain": "a", "image/jpeg": png_of(1, 1)},
            )
        ),
        {"events": [{"type": "plan_ready", "plan": "", "seconds": float("nan"), "usage": {}}]},
        {"events": [{"type": "run_started", "question": "Why?"}, {"type": "step_ran_again", "step": 1}]},
    ],
)
def test_a_damaged_file_is_refused_in_one_sentence(changes):
    with pytest.raises(GlassboxError, match="is damaged"):
        read_export(record(**changes))


@pytest.mark.parametrize(
    "changes",
    [{"glassbox_chat": RECORD_VERSION + 1}, {"events": [{"type": "hologram_shown"}]}],
)
def test_a_file_of_a_newer_glassbox_says_so(changes):
    with pytest.raises(GlassboxError, match=r"by a newer Glassbox.*Update"):
        read_export(record(**changes))


def test_too_much_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("ui.exports.record_file.LARGEST_RECORD", 2**20)
    with pytest.raises(GlassboxError, match="larger than 1 MB"):
        read_export(record(title="x" * 2**20))
    with pytest.raises(GlassboxError, match="more than 100,000 events"):
        read_export(record(events=[0] * 100_001))


def test_pieces_of_a_stream_are_kept_as_one():
    events: list[Event] = [RunStarted("Why?"), StepStarted(1), *map(CodeDelta, "print(1)")]
    assert read_export(export("json", "A", events).content).events[2:] == [CodeDelta("print(1)")]
