"""A far end that was taken over: it says what it must not, or nothing, and gets nothing by it."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent_core.errors import SandboxError
from agent_core.events import OutputDelta
from agent_core.permissions import Decision, PermissionRequest
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.remote import link
from agent_core.sandbox.remote.engine import Needs
from agent_core.sandbox.remote.frames import piece
from tests.agent_core.sandbox.support import collect, failure

pytestmark = pytest.mark.here
_OUTSIDE = ("../x", "/tmp/x", "a/../../x", "a//b", ".", "", ".tmp/x", "a\0b")


class TakenOver:
    """Says what a far end must not, in answer to the app's commands; else what a good one would.

    Args:
        *frames: What it says when it is to run code.
        **answers: What it says to other commands.
    """

    name, place = "taken over", ""

    def __init__(self, *frames: Callable[[int], bytes], **answers: Callable[[int], bytes]) -> None:
        self.is_closed = False
        self._frames, self._answers = frames, answers
        self._said: asyncio.Queue[bytes] | None = None
        self._decoder = wire_format.Decoder()
        self._shipped = False

    async def connect(self, needs: Needs) -> "TakenOver":
        self._said, self._shipped, self._decoder = asyncio.Queue(), False, wire_format.Decoder()
        return self

    async def read(self, size: int) -> bytes:
        assert self._said
        return await self._said.get()

    async def write(self, data: bytes) -> None:
        assert self._said
        if not self._shipped:
            self._shipped = True
            self._said.put_nowait(wire_format.encode({"type": "ready"}))
            return
        self._decoder.feed(data)
        while body := self._decoder.next():
            if body.startswith(b"{"):
                self._obey(json.loads(body))

    def _obey(self, order: dict[str, Any]) -> None:
        assert self._said
        number = order["id"]
        if order["do"] == "run":
            for frame in self._frames:
                self._said.put_nowait(frame(number))
        elif order["do"] in self._answers:
            self._said.put_nowait(self._answers[order["do"]](number))
        elif order["do"] in ("open", "arrange", "put", "remove"):
            self._said.put_nowait(wire_format.encode({"type": "reply", "id": number}))
        elif order["do"] == "get":
            self._said.put_nowait(piece(number, b"more than was named") + piece(number, b""))

    async def close(self) -> None:
        assert self._said
        self.is_closed = True
        self._said.put_nowait(b"")


def ended(*, seconds: Any = 0.0, note: Any = "", **listing: Any) -> Callable[[int], bytes]:
    """The end of a step that leaves such files."""
    result = {"stdout": "", "value": None, "answer": None, "error": None, "variables": {}}
    result |= {"seconds": seconds, "note": note}
    message = {"type": "reply", "checkpoint": 1, "kept": [1], "result": result, "listing": {"folders": [], **listing}}
    return lambda number: wire_format.encode({**message, "id": number})


def said(**message: Any) -> Callable[[int], bytes]:
    return lambda number: wire_format.encode(message)


HOSTILE = {
    "nonsense": lambda number: b"\0\0\0\x05hello",
    "a frame without an end": lambda number: b"\xff\xff\xff\xff",
    "a message of no kind": said(type="other"),
    "a field too many": said(type="printed", text="x", erased=0, path="/etc"),
    "no text": said(type="printed", text=5, erased=0),
    "a file that nobody asked for": lambda number: piece(77, b"x"),
    "a file without a number": lambda number: wire_format.framed(b"\x02"),
    "a file for the step": lambda number: piece(number, b"x"),
    "a tool's name that is none": said(type="call", id=0, tool="x", arguments={}),
    "a call that is too long": said(type="call", id=1, tool="x", arguments={"x": "y" * 2**21}),
    "too many files": ended(files={f"{n}": {"size": 0, "modified": 0} for n in range(6_000)}),
    "a file that is not as named": ended(files={"a": {"size": 3, "modified": 1}}),
    "a file in a file": ended(files={"a": {"size": 3, "modified": 1}, "a/b": {"size": 3, "modified": 1}}),
    "a file that is a folder": ended(folders=["a"], files={"a": {"size": 0, "modified": 1}}),
    "a folder that is not named": ended(files={"a/b": {"size": 0, "modified": 1}}),
    "an endless time": lambda number: wire_format.framed(
        b'{"type": "used", "call": 1, "tool": "x", "arguments": {}, "seconds": Infinity, "error": null}'
    ),
    "a long list of nothing": lambda number: wire_format.framed(
        b'{"type": "reply", "id": %d, "kept": [%b]}' % (number, b"[]," * 2**20)
    ),
    **{f"the path {path!r}": ended(files={path: {"size": 1, "modified": 1}}) for path in _OUTSIDE},
    **{f"the folder {path!r}": lambda number, path=path: ended(folders=[path])(number) for path in _OUTSIDE},
}


@pytest.mark.parametrize("frame", HOSTILE.values(), ids=HOSTILE)
async def test_a_far_end_that_was_taken_over_is_given_up(frame: Callable[[int], bytes], outside: Path):
    workspace = outside.parent / "files"
    async with Sandbox(engine=TakenOver(frame), workspace=workspace) as box:
        error = await failure(box, "1")
        assert (error.kind, error.message.startswith(link.LOST)) == ("crash", True)
        assert [path.name for path in workspace.iterdir()] == []


async def test_a_far_end_that_never_ends_a_step_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("agent_core.sandbox.remote.remote_run._PATIENCE_SECONDS", 0.3)
    async with Sandbox(engine=TakenOver(), limits=replace(Limits(), step_seconds=0.3)) as box:
        assert (await failure(box, "1")).kind == "timeout"


async def test_what_is_told_of_a_step_carries_out_nothing():
    listing = {"files": {f"{n}\x1b[31m": {"size": 2**40, "modified": 1} for n in range(4_000)}}
    async with Sandbox(engine=TakenOver(ended(note="a\x1b[31mb", **listing))) as box:
        note = (await box.run("1")).note
    assert note.startswith("ab These files are too large") and "\x1b" not in note and len(note) < 1_200


async def test_what_is_printed_carries_out_nothing():
    frames = said(type="printed", text="a\x1b[31mb\x1b]0;title\x07\rc", erased=0), ended(files={})
    async with Sandbox(engine=TakenOver(*frames)) as box:
        printed = await collect(box, "1")
    assert [event.text for event in printed if isinstance(event, OutputDelta)] == ["abc"]


async def test_what_is_said_without_end_keeps_nobody_waiting():
    told = said(type="printed", text="", erased=0)(0) * 100_000
    late = said(type="printed", text="x", erased=200_000)(0) * 1_000
    longest, stays = 0.0, True

    async def watch() -> None:
        nonlocal longest
        before = time.monotonic()
        while stays:
            await asyncio.sleep(0.01)
            longest, before = max(longest, time.monotonic() - before), time.monotonic()

    async with Sandbox(engine=TakenOver(lambda number: told + late, ended(files={}))) as box:
        watching = asyncio.create_task(watch())
        printed = [event for event in await collect(box, "1") if isinstance(event, OutputDelta)]
        stays = False
        await watching
    assert len(printed) == 1_000 and sum(event.erased for event in printed) < 1_000
    assert longest < 2  # seconds: on a busy machine, too


async def test_answers_make_no_step_last_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("agent_core.sandbox.remote.remote_run._PATIENCE_SECONDS", 0.3)
    calls = b"".join(said(type="call", id=n, tool="none", arguments={})(0) for n in range(1, 1_000))
    limits = replace(Limits(), step_seconds=0.3, most_step_seconds=0)
    async with Sandbox(engine=TakenOver(lambda number: calls), limits=limits) as box:
        assert (await asyncio.wait_for(failure(box, "1"), 60)).kind == "timeout"


async def test_nobody_is_asked_for_time_before_it_is_needed(monkeypatch: pytest.MonkeyPatch):
    asked: list[PermissionRequest] = []

    async def ask(request: PermissionRequest) -> Decision:
        asked.append(request)
        return "once"

    monkeypatch.setattr("agent_core.sandbox.remote.remote_run._PATIENCE_SECONDS", 0.2)
    limits = replace(Limits(), step_seconds=1.5)
    async with Sandbox(engine=TakenOver(said(type="more_time")), policy=Policy(ask=ask), limits=limits) as box:
        assert (await failure(box, "1")).kind == "timeout"
    assert asked == []


async def test_no_step_took_longer_than_it_was_waited_for():
    async with Sandbox(engine=TakenOver(ended(files={}, seconds=1e300))) as box:
        assert (await box.run("1")).seconds < 60


async def test_names_that_cannot_be_are_no_end_of_a_rewind(tmp_path: Path):
    listing = {"folders": ["x" * 300], "files": {}}
    hostile = said(type="reply", id=0, checkpoint=1, kept=[1], listing=listing)(0)
    engine = TakenOver(ended(files={}), rewind=lambda number: hostile.replace(b'"id": 0', b'"id": %d' % number))
    async with Sandbox(engine=engine) as box:
        first = await box.run("1")
        await box.run("2")
        await box.rewind(first.checkpoint)
        assert "variables are gone" in box.aftermath and not box.is_awake


@pytest.mark.parametrize("name", ["../x", "a\0b", "x" * 300, "folder", "..", ""])
async def test_a_file_that_is_added_is_not_called_anything(name: str, outside: Path):
    workspace = outside.parent / "files"
    (workspace / "folder").mkdir(parents=True)
    (outside.parent / "mine").write_text("mine")

    def reply(number: int) -> bytes:
        return said(type="reply", id=number, names=[name])(number)

    async with Sandbox(engine=TakenOver(add=reply), workspace=workspace) as box:
        await box.start()
        (note,) = await box.add_files([outside.parent / "mine"])
        assert note.name == "mine"
        assert (workspace / "mine").read_text() == "mine"


async def test_what_is_answered_little_by_little_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(link, "_COMMAND_SECONDS", 0.5)

    def fetch(number: int) -> bytes:
        return piece(number, b"a")

    engine = TakenOver(ended(files={"a": {"size": 3, "modified": 1}}), get=fetch)
    async with Sandbox(engine=engine) as box:
        assert (await asyncio.wait_for(failure(box, "1"), 30)).message.startswith(link.LOST)
        assert list(box.workspace.iterdir()) == []


async def test_a_look_into_files_is_not_waited_for_longer_than_it_may_take(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("agent_core.sandbox.remote.remote_box._LOOK_SECONDS", -7.8)
    async with Sandbox(engine=TakenOver()) as box:
        await box.start()
        (box.workspace / "a.csv").write_text("a\n1\n")
        assert "takes too long" in (await asyncio.wait_for(box.preview_file("a.csv"), 30)).note


class Deaf(TakenOver):
    """Takes nothing any more once it is to take files."""

    _end: asyncio.Event | None = None

    async def write(self, data: bytes) -> None:
        if self._shipped and b'"do": "put"' in data:
            self._end = self._end or asyncio.Event()
            await self._end.wait()
            raise ConnectionResetError
        await super().write(data)

    async def close(self) -> None:
        await super().close()
        if self._end:
            self._end.set()


async def test_a_far_end_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(link, "_PING_SECONDS", 0.1)
    monkeypatch.setattr(link, "_SILENT_SECONDS", 0.5)
    (tmp_path / "mine").write_text("mine")

    def needs(number: int) -> bytes:
        return said(type="reply", id=number, names=["mine"])(number)

    engine = Deaf(arrange=needs)
    async with Sandbox(engine=engine, workspace=tmp_path) as box:
        with pytest.raises(SandboxError, match="connection"):
            await asyncio.wait_for(box.start(), 30)
        assert engine.is_closed


async def test_what_is_lost_between_steps_is_ended_at_once():
    engine = TakenOver(ended(files={}))
    async with Sandbox(engine=engine) as box:
        await box.run("1")
        assert engine._said
        engine._said.put_nowait(b"")
        async with asyncio.timeout(30):
            while not engine.is_closed:
                await asyncio.sleep(0.01)
        assert not box.is_awake


class Slow(TakenOver):
    """Takes a frame in two parts."""

    async def write(self, data: bytes) -> None:
        half = len(data) // 2 if self._shipped else len(data)
        await super().write(data[:half])
        if half < len(data):
            await asyncio.sleep(0.3)
            await super().write(data[half:])


async def test_a_frame_is_sent_to_its_end_whoever_stops():
    def finished(number: int) -> bytes:
        return ended(files={})(number)

    engine = Slow(stop=lambda number: b"", look=finished)
    async with Sandbox(engine=engine) as box:
        await box.start()
        looking = asyncio.create_task(box._box.look_into({"task": "x" * 1_000}, 1.0))
        await asyncio.sleep(0.1)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        assert (await asyncio.wait_for(box._box.look_into({}, 1.0), 10)).error is None


async def test_a_file_that_is_added_in_mid_step_outlasts_the_step(tmp_path: Path):
    (tmp_path / "mine").write_text("mine")
    workspace, numbers = tmp_path / "files", list[int]()

    def begin(number: int) -> bytes:
        numbers.append(number)
        return said(type="printed", text="on", erased=0)(number)

    def added(number: int) -> bytes:
        return said(type="reply", id=number, names=["mine"])(number)

    def listed(number: int) -> bytes:
        status = (workspace / "mine").stat()
        listing = {"folders": [], "files": {"mine": {"size": status.st_size, "modified": status.st_mtime_ns}}}
        return said(type="reply", id=number, listing=listing)(number)

    engine = TakenOver(begin, add=added, list=listed)
    async with Sandbox(engine=engine, workspace=workspace) as box:
        step = asyncio.create_task(box.run("1"))
        async with asyncio.timeout(30):
            while not numbers:
                await asyncio.sleep(0.01)
        await box.add_files([tmp_path / "mine"])
        assert engine._said
        engine._said.put_nowait(ended(files={})(numbers[0]))  # a listing from before the file was there
        assert (await step).error is None
        assert (workspace / "mine").read_text() == "mine"
