"""Many visitors at once, beside smolagents' GradioUI: python -m bench.load [N ...], for N visitors; 1, 10, 50, 100.

Each visitor loads the page, asks one question with a number of its own, and follows the answer; see
tests/doubles/visitors.py. All come at once, when one has been there before. The model's replies are prepared, and take
12.6 s by themselves; see bench/scripted_model.py.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

from bench.page_speed import Server, serve
from bench.scripted_model import FIRST_WORD, IDEAL_SECONDS, result_of
from tests.doubles.visitors import GlassboxPage, GradioPage, PeerPage, Question, Visit, with_model_at

NUMBERS = (1, 10, 50, 100)
_FIRST_NUMBER, _APART = 100_000_000, 1_000_003
_DEADLINE = 600.0  # seconds for all visitors
_LOOK_SECONDS = 1.0  # from one look at memory and processes to the next

OpenPage = Callable[[aiohttp.ClientSession], GradioPage]


@dataclass
class Load:
    """What N visitors saw, and what it cost.

    Attributes:
        visits: What each of them saw.
        mixed_up: How many saw a number of another one.
        cpu: Seconds of the app's processor time, and of its sandboxes'.
        processes: The most processes at a time, the app's own included.
        megabytes: The most memory that they held together (PSS).
    """

    visits: list[Visit]
    mixed_up: int
    cpu: tuple[float, float]
    processes: int
    megabytes: float


class _Watch:
    """Looks at the processes of a server now and then, and notes the most."""

    def __init__(self, server: Server) -> None:
        self._root = server.process
        self._times: dict[int, float] = {}
        self.processes, self.megabytes = 0, 0.0

    @property
    def of_others(self) -> float:
        """The processor time of all processes but the app's own."""
        return sum(self._times.values())

    async def look(self) -> None:
        while True:
            await asyncio.to_thread(self.look_once)
            await asyncio.sleep(_LOOK_SECONDS)

    def look_once(self) -> None:
        children, memory = self._root.children(recursive=True), 0
        for process in [self._root, *children]:
            try:
                memory += process.memory_full_info().pss
                if process is not self._root:
                    times = process.cpu_times()
                    self._times[process.pid] = times.user + times.system
            except psutil.Error:
                continue  # it has ended meanwhile
        self.processes = max(self.processes, 1 + len(children))
        self.megabytes = max(self.megabytes, memory / 2**20)


async def put_under_load(server: Server, open_page: OpenPage, count: int) -> Load:
    """Have visitors come all at once, and wait until each has its answer, or an error."""
    numbers = [_FIRST_NUMBER + at * _APART for at in range(count)]
    watch, before = _Watch(server), server.cpu()
    looking = asyncio.create_task(watch.look())
    visits = await asyncio.gather(*(_visit(open_page, at, number) for at, number in enumerate(numbers)))
    looking.cancel()
    await asyncio.to_thread(watch.look_once)
    own = [{number, number + 1, result_of(number)} for number in numbers]
    everyones = set().union(*own)
    mixed_up = sum(bool(visit.numbers & (everyones - mine)) for visit, mine in zip(visits, own, strict=True))
    cpu = (server.cpu() - before, watch.of_others)
    return Load(list(visits), mixed_up, cpu, watch.processes, watch.megabytes)


async def _visit(open_page: OpenPage, at: int, number: int) -> Visit:
    visit = Visit()
    headers = {"x-forwarded-for": f"9.9.{at // 250}.{at % 250 + 1}"}
    limits = aiohttp.ClientTimeout(total=None, sock_read=_DEADLINE)
    cookies = aiohttp.CookieJar(unsafe=True)  # which also keeps those of an address in numbers
    async with aiohttp.ClientSession(headers=headers, timeout=limits, cookie_jar=cookies, read_bufsize=2**24) as client:
        page = open_page(client)
        beats = asyncio.create_task(page.heartbeat())
        try:
            async with asyncio.timeout(_DEADLINE):
                await page.open()
                await page.ask(_question(number), visit)
            visit.error = "" if visit.answered else "no answer"
        except (TimeoutError, RuntimeError, aiohttp.ClientError) as error:
            visit.error = f"{type(error).__name__}: {error}"
        finally:
            beats.cancel()
    return visit


def _question(number: int) -> Question:
    # Of its first word one piece comes at first.
    return Question(f"Work with {number}.", FIRST_WORD[:4], f"The result is {result_of(number)}")


HEAD = (
    "| visitors | page | errors | mixed up | first change (s), median / 95 % | first word (s), median / 95 % "
    "| answer (s), median / 95 % | app's CPU (s) | sandboxes' CPU (s) | kB, updates per question | processes | MB |"
)


def row(name: str, count: int, load: Load) -> str:
    """Return a row of the table."""
    visits = load.visits
    cells = [
        f"{count}",
        name,
        f"{sum(bool(visit.error) for visit in visits)}",
        f"{load.mixed_up}",
        _spread([visit.changed for visit in visits]),
        _spread([visit.begun for visit in visits]),
        _spread([visit.answered for visit in visits]),
        f"{load.cpu[0]:.1f}",
        f"{load.cpu[1]:.1f}",
        f"{statistics.mean(visit.received for visit in visits) / 1_000:.0f}, "
        f"{statistics.mean(visit.updates for visit in visits):.0f}",
        f"{load.processes}",
        f"{load.megabytes:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _spread(seconds: Sequence[float | None]) -> str:
    known = sorted(second for second in seconds if second is not None)
    if not known:
        return "–"
    return f"{statistics.median(known):.1f} / {known[int(0.95 * (len(known) - 1) + 0.5)]:.1f}"


def report(numbers: Sequence[int] = NUMBERS, pages: Sequence[str] = ("Glassbox", "GradioUI")) -> str:
    """Return the table."""
    lines = [HEAD, "|" + "---|" * HEAD.count(" | ") + "---|"]
    for count in numbers:
        for name in pages:
            load = measure(name, count)
            lines.append(row(name, count, load))
            print(lines[-1], flush=True, file=sys.stderr)
            for error in sorted({visit.error for visit in load.visits} - {""}):
                print(f"  {error}", file=sys.stderr)
    return "\n".join(lines) + f"\n\nThe model alone takes {IDEAL_SECONDS:.1f} s. Each cell is of one run."


def measure(name: str, count: int) -> Load:
    """Start a page and a model service, and have visitors come."""
    with tempfile.TemporaryDirectory() as home, serve("-m", "bench.scripted_model", home=Path(home)) as model:
        address = f"{model.url}/v1"
        if name == "Glassbox":
            variables = {"GLASSBOX_BEHIND_PROXY": "true", "OPENAI_API_KEY": "none"}
            program, page = ("app.py",), lambda client: GlassboxPage(client, server.url, with_model_at(address))
        else:
            variables = {}
            program, page = ("-m", "bench.peer_load", address), lambda client: PeerPage(client, server.url)
        with serve(*program, home=Path(home), **variables) as server:
            asyncio.run(put_under_load(server, page, 1))  # which loads what the first question needs
            return asyncio.run(put_under_load(server, page, count))


if __name__ == "__main__":
    chosen = [int(argument) for argument in sys.argv[1:] if argument.isdigit()] or NUMBERS
    named = [argument for argument in sys.argv[1:] if not argument.isdigit()] or ("Glassbox", "GradioUI")
    print(report(chosen, named))
