"""Many chats opened and left, against the running app: what it holds before, at the most, and once all have gone.

    python -m bench.soak [CHATS] [SECONDS]

300 visitors come within ten minutes unless told otherwise. Each loads the page, asks one question, whose answer is a
step of code, and closes the page. Idle times are short, so that the end is seen soon.
"""

import asyncio
import os
import sys
import tempfile
import time
from dataclasses import astuple, dataclass
from pathlib import Path

import aiohttp
import psutil

from bench.page_speed import Server, serve
from tests.doubles.visitors import GlassboxPage, Question, Visit
from ui.settings.settings import Settings

CHATS, SECONDS = 300, 600.0
QUESTION = Question("Make a table of a thousand rows.", "I make", "It has 1000 rows.")
_REPLY = """I make the table.
```python
import pandas as pd
table = pd.DataFrame({"a": range(1_000), "b": range(1_000)})
final_answer(f"It has {len(table)} rows.")
```
"""
_FIRST = 20  # visitors before the start, who have everything loaded that is loaded once
_SLEEP_MINUTES, _IDLE_HOURS = 0.5, 1 / 60
_GONE_SECONDS = 30.0
_SETTLED_SECONDS = 120.0
_LOOK_SECONDS = 2.0
_VISIT_SECONDS = 120.0


@dataclass
class Holding:
    """What the app and its sandboxes hold.

    Attributes:
        processes: All of them.
        descriptors: Open ones, of the app and of the process that chats are forked from.
        folders: In the folder for temporary ones.
        megabytes: Memory (PSS).
    """

    processes: int = 0
    descriptors: int = 0
    folders: int = 0
    megabytes: int = 0

    @classmethod
    def of(cls, server: Server, temporary: Path) -> "Holding":
        children, memory, descriptors = server.process.children(recursive=True), 0, 0
        for process in [server.process, *children]:
            try:
                memory += process.memory_full_info().pss
                if process is server.process or process.ppid() == server.process.pid:
                    descriptors += process.num_fds()
            except psutil.Error:
                continue  # it has ended meanwhile
        folders = sum(path.is_dir() for path in temporary.rglob("*"))
        return cls(1 + len(children), descriptors, folders, memory // 2**20)

    def most(self, other: "Holding") -> "Holding":
        return Holding(*map(max, astuple(self), astuple(other)))


async def visit(server: Server, number: int) -> str:
    """Come, ask, wait for the answer, and leave. Returns what went wrong; "" for nothing."""
    headers, cookies = {"x-forwarded-for": f"9.9.{number // 250}.{number % 250 + 1}"}, aiohttp.CookieJar(unsafe=True)
    connector = aiohttp.TCPConnector(force_close=True)  # one that is used again may just be closed by the server
    async with aiohttp.ClientSession(headers=headers, cookie_jar=cookies, connector=connector) as client:
        page, seen = GlassboxPage(client, server.url, Settings(source="demo")), Visit()
        beats = asyncio.create_task(page.heartbeat())
        try:
            async with asyncio.timeout(_VISIT_SECONDS):
                await page.open()
                await page.ask(QUESTION, seen)
        except (aiohttp.ClientError, RuntimeError, TimeoutError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            beats.cancel()
    return "" if seen.answered else "the answer did not come"


async def _come_and_go(server: Server, temporary: Path, count: int, seconds: float) -> tuple[Holding, list[str]]:
    """Have visitors come, evenly spread. Returns the most that was held, and what went wrong."""
    most, began = Holding(), time.monotonic()
    visits: list[asyncio.Task[str]] = []
    while len(visits) < count or not all(one.done() for one in visits):
        due = min(count, 1 + int((time.monotonic() - began) * count / max(seconds, 1)))
        visits += [asyncio.create_task(visit(server, number)) for number in range(len(visits), due)]
        most = most.most(await asyncio.to_thread(Holding.of, server, temporary))
        await asyncio.sleep(_LOOK_SECONDS)
    return most, [error for one in visits if (error := one.result())]


async def _settled(server: Server, temporary: Path) -> tuple[Holding, float]:
    """Wait until the app holds no chats. Returns what it holds, and how long that took."""
    began = time.monotonic()
    await asyncio.sleep(_IDLE_HOURS * 3_600 + 2 * _GONE_SECONDS)
    before = Holding.of(server, temporary)
    while time.monotonic() - began < _IDLE_HOURS * 3_600 + _SETTLED_SECONDS:
        await asyncio.sleep(12)
        now = Holding.of(server, temporary)
        if now.processes == before.processes:
            return now, time.monotonic() - began
        before = now
    return before, time.monotonic() - began


def report(count: int = CHATS, seconds: float = SECONDS) -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as home:
        script, temporary = Path(home, "replies"), Path(home, "tmp")
        script.mkdir()
        temporary.mkdir()
        (script / "a.md").write_text(f"# {QUESTION.text}\n<!-- reply -->\n{_REPLY}")
        for spare in ("b", "c", "d"):  # the first page has four examples
            (script / f"{spare}.md").write_text(f"# {spare}?\n<!-- reply -->\n{spare}.\n")
        (script / "unknown.md").write_text("Unknown.\n")
        os.environ |= {
            "TMPDIR": str(temporary),
            "GLASSBOX_BEHIND_PROXY": "true",
            "GLASSBOX_SLEEP_MINUTES": str(_SLEEP_MINUTES),
            "GLASSBOX_IDLE_HOURS": str(_IDLE_HOURS),
        }
        with serve("-m", "bench.soak", "app", str(script), home=Path(home)) as server:
            return asyncio.run(_measured(server, temporary, count, seconds))


async def _measured(server: Server, temporary: Path, count: int, seconds: float) -> str:
    await _come_and_go(server, temporary, _FIRST, 2 * _FIRST)
    start, _ = await _settled(server, temporary)
    most, errors = await _come_and_go(server, temporary, count, seconds)
    end, took = await _settled(server, temporary)
    lines = ["| | processes | descriptors | folders | MB |", "|---|---|---|---|---|"]
    for name, held in (("at the start", start), ("at the most", most), ("after", end)):
        lines.append(f"| {name} | {' | '.join(map(str, astuple(held)))} |")
    lines.append(f"\n{count} chats within {seconds:.0f} s, {len(errors)} without an answer; after: {took:.0f} s later.")
    return "\n".join([*lines, *sorted(set(errors))])


def _serve_app(script: str) -> None:
    """Run the app with prepared replies, and pages that are given up soon."""
    import demo
    from ui import visitor_queue

    demo.REPLIES, visitor_queue._GONE_SECONDS = Path(script), _GONE_SECONDS
    import app

    app.main()


if __name__ == "__main__":
    if sys.argv[1:2] == ["app"]:
        _serve_app(sys.argv[2])
    else:
        chosen = sys.argv[1:]
        print(report(int(chosen[0]) if chosen else CHATS, float(chosen[1]) if chosen[1:] else SECONDS))
