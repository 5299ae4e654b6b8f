"""How quick the page is for a person, and what that costs the server, beside smolagents' GradioUI and an empty page.

    python -m bench.page_speed

A real Chromium looks at each page in turn. The replies are prepared (bench/scripted_page.py): they cost no model.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from bench.page_start import free_port, wait_for_page

ROUNDS = 5
TEN_ROUNDS = 3  # of ten steps, which take long
_BOX = "#question textarea"
TEN, ONE = "Work in ten steps.", "Tell me in prose."
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_DEADLINE = 180_000  # milliseconds
_PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
_QUESTION = ".user-row"
# Milliseconds from the press of Enter until a further question is drawn.
_ENTER = """([box, question]) => new Promise(done => {
    const count = () => [...document.querySelectorAll(question)].filter(one => one.checkVisibility()).length;
    const before = count(), field = document.querySelector(box), began = performance.now();
    const look = () => count() > before ? done(performance.now() - began) : requestAnimationFrame(look);
    field.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true }));
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    look();
})"""


@dataclass
class Server:
    """A page that is served. process: of its server, whose sandboxes are processes of their own."""

    url: str
    process: psutil.Process

    def cpu(self) -> float:
        """Return the seconds of processor time that the server has taken, without its children."""
        times = self.process.cpu_times()
        return times.user + times.system


@contextmanager
def serve(*program: str, home: Path, **variables: str) -> Iterator[Server]:
    """Run a program that serves a page on PORT, with these variables in its environment."""
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "HOME": str(home), "GRADIO_ANALYTICS_ENABLED": "False", **variables}
    process = subprocess.Popen([sys.executable, *program], env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for_page(f"http://127.0.0.1:{port}/")
        yield Server(f"http://127.0.0.1:{port}", psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(30)


def write_script(folder: Path) -> None:
    """Write the prepared replies: ten steps of some 200 tokens, and an answer of 300 tokens in prose."""
    lines = "\n".join(f"value_{line} = {line} * 7 + len('number {line}')" for line in range(16))
    step = f"I work out the next numbers, one after the other.\n```python\n{lines}\nprint(value_15)\n```\n"
    steps = "<!-- reply -->\n".join([step] * 10)
    prose = " ".join(f"Sentence {number} of an answer that goes on for a while." for number in range(24))
    (folder / "ten.md").write_text(f"# {TEN}\n<!-- reply -->\n{steps}<!-- reply -->\nAll ten are done.\n")
    (folder / "one.md").write_text(f"# {ONE}\n<!-- reply -->\n{prose}\n")
    for spare in ("b", "c"):  # the first page has four examples
        (folder / f"z{spare}.md").write_text(f"# {spare}?\n<!-- reply -->\n{spare}.\n")
    (folder / "unknown.md").write_text("Unknown.\n")


def first_paint(browser: Browser, url: str) -> float:
    """Return the milliseconds until a new visitor sees something."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(url)
    painted = page.wait_for_function(_PAINTED).json_value()
    context.close()
    return painted


def send(page: Page, box: str, text: str) -> float:
    """Type a question and press Enter. Returns the milliseconds until it is seen."""
    page.locator(box).fill(text)
    page.wait_for_timeout(300)
    return page.evaluate(_ENTER, [box, _QUESTION])


def wait_until_done(page: Page) -> None:
    """Wait until the app's page is at rest."""
    page.wait_for_function("() => !document.querySelector('#stop')?.checkVisibility()", timeout=_DEADLINE)
    page.locator("#live").wait_for(state="hidden", timeout=_DEADLINE)


@dataclass
class Cost:
    """seconds: of the server's processor. kilobytes: that came to the browser."""

    seconds: float
    kilobytes: float


def cost_of(server: Server, page: Page, act: Callable[[], object]) -> Cost:
    """Return what something costs, from its beginning to its end."""
    received: list[int] = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.dataReceived", lambda event: received.append(event["dataLength"]))
    before = server.cpu()
    act()
    cost = Cost(server.cpu() - before, sum(received) / 1_000)
    network.detach()
    return cost


def cost_of_tokens(server: Server, page: Page) -> Cost:
    """Return what 150 tokens of an answer cost while they stream, without its beginning and end."""
    wait_until_done(page)
    send(page, _BOX, ONE)
    page.locator("#live", has_text="Sentence 2 of").wait_for()
    cost = cost_of(server, page, page.locator("#live", has_text="Sentence 13 of").wait_for)
    wait_until_done(page)
    return cost


def ask(page: Page, question: str) -> None:
    """Ask a question, and wait until the page is at rest."""
    send(page, _BOX, question)
    wait_until_done(page)


def report() -> list[tuple[str, str]]:
    """Return the rows of the table."""
    folder = Path(tempfile.mkdtemp())
    try:
        write_script(folder)
        return _measure(folder)
    finally:
        shutil.rmtree(folder)


def _measure(folder: Path) -> list[tuple[str, str]]:
    programs = {
        "ours": ("-m", "bench.scripted_page", str(folder)),
        "peer": ("-m", "bench.peer_page", str(folder)),
        "bare": ("-m", "bench.bare_page"),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_FLAGS)
        with (
            serve(*programs["ours"], home=folder) as ours,
            serve(*programs["peer"], home=folder) as peer,
            serve(*programs["bare"], home=folder) as bare,
        ):
            paints: dict[str, list[float]] = {"ours": [], "peer": [], "bare": []}
            for _ in range(ROUNDS):
                for name, server in (("ours", ours), ("peer", peer), ("bare", bare)):
                    paints[name].append(first_paint(browser, server.url))
            paint = {name: statistics.median(values) for name, values in paints.items()}
            tens, peer_uses = list[float](), list[tuple[float, float]]()
            for _ in range(TEN_ROUNDS):
                tens.append(_ten_steps(browser, ours))
                peer_uses.append(_use_peer(browser, peer))
            ten = statistics.median(tens)
            peer_seen, peer_ten = map(statistics.median, zip(*peer_uses, strict=True))
            use = _use(browser, ours)
        browser.close()
    early, late = use.tokens, use.tokens_late
    return [
        (
            "page: first paint, Glassbox / GradioUI / empty",
            f"{paint['ours']:.0f} / {paint['peer']:.0f} / {paint['bare']:.0f} ms = {paint['ours'] / paint['bare']:.2f}"
            " of the empty one",
        ),
        (
            "page: Enter to the visible question, Glassbox (in a chat of 100 steps) / GradioUI",
            f"{use.seen:.0f} ({use.seen_late:.0f}) / {peer_seen:.0f} ms",
        ),
        (
            "page: processor time of ten steps of 200 tokens, Glassbox / GradioUI",
            f"{ten:.2f} / {peer_ten:.2f} s = {ten / peer_ten:.2f}",
        ),
        (
            "page: 150 tokens of an answer, in a chat of 100 steps / in an empty one",
            f"{late.seconds:.2f} / {early.seconds:.2f} s = {late.seconds / early.seconds:.2f}, "
            f"{late.kilobytes:.0f} / {early.kilobytes:.0f} kB = {late.kilobytes / early.kilobytes:.2f}",
        ),
        ("page: opening a chat of 100 steps", f"{use.opened:.2f} s"),
    ]


@dataclass
class Use:
    """What a person's use of the app costs. Milliseconds: seen, seen_late. Seconds: opened."""

    seen: float
    seen_late: float
    tokens: Cost
    tokens_late: Cost
    opened: float


def _open_page(page: Page, url: str) -> None:
    """Open the app's page, and wait until it is ready."""
    page.goto(url)
    page.wait_for_function("() => 'filled' in document.body.dataset")


def _ten_steps(browser: Browser, server: Server) -> float:
    """Return the processor time of ten steps in a new chat of the app's."""
    page = browser.new_page()
    _open_page(page, server.url)
    page.wait_for_timeout(2_000)
    cost = cost_of(server, page, lambda: ask(page, TEN))
    page.close()
    return cost.seconds


def _use(browser: Browser, server: Server) -> Use:
    """Use the app: an empty chat, then one of 100 steps, which is opened again."""
    page = browser.new_page()

    def see() -> float:
        milliseconds = send(page, _BOX, ONE)
        wait_until_done(page)
        return milliseconds

    def open_chat() -> float:
        began = time.monotonic()
        page.goto(page.url)
        page.wait_for_function(f"() => document.querySelectorAll('#history {_QUESTION}').length === 11")
        return time.monotonic() - began

    seen = []
    for _ in range(ROUNDS):
        _open_page(page, server.url)
        seen.append(see())
    _open_page(page, server.url)
    tokens = cost_of_tokens(server, page)
    for _ in range(10):
        ask(page, TEN)
    opened = statistics.median(open_chat() for _ in range(ROUNDS))
    tokens_late = cost_of_tokens(server, page)
    seen_late = statistics.median(see() for _ in range(ROUNDS))
    return Use(statistics.median(seen), seen_late, tokens, tokens_late, opened)


def _use_peer(browser: Browser, server: Server) -> tuple[float, float]:
    """Return, for the peer: Enter to the question, and the processor time of ten steps."""
    page = browser.new_page()
    page.goto(server.url)
    page.locator("textarea").first.wait_for()
    page.wait_for_timeout(2_000)
    before = server.cpu()
    seen = send(page, "textarea", TEN)
    page.get_by_text("All ten are done.").last.wait_for(timeout=_DEADLINE)
    seconds = server.cpu() - before
    page.close()
    return seen, seconds


def main() -> None:
    for name, value in report():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
