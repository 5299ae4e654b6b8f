"""How long the app takes until its page is served, what a page costs, and memory, beside an empty Gradio page."""

import os
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx
import psutil

ROUNDS = 5
_REQUESTS = 15
_DEADLINE = 120.0  # seconds


@dataclass(frozen=True)
class Start:
    """What one start came to.

    Attributes:
        seconds: Until the page answers.
        megabytes: Of the process and all its children (PSS), a moment later.
        first_byte: Milliseconds from a request for the page to its first byte; the median.
        kilobytes: Of the page's HTML as it is sent.
    """

    seconds: float
    megabytes: float
    first_byte: float
    kilobytes: float


def measure(program: list[str]) -> Start:
    """Start a program that serves a page on PORT, wait for the page, weigh it, and end it."""
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, *program], env=environment, stdout=subprocess.DEVNULL)
    try:
        wait_for_page(f"http://127.0.0.1:{port}/")
        seconds = time.monotonic() - began
        time.sleep(3)  # what starts in the background has started by then
        return Start(seconds, _memory(process.pid), *_page(f"http://127.0.0.1:{port}/"))
    finally:
        process.terminate()
        process.wait(20)


def report() -> list[tuple[str, str]]:
    """The rows of the table: the medians of both programs, run in turns, and their ratios."""
    programs = {"Glassbox": ["app.py"], "empty gr.Blocks": ["-m", "bench.bare_page"]}
    starts = {name: [] for name in programs}
    for _ in range(ROUNDS):
        for name, program in programs.items():
            starts[name].append(measure(program))
    rows = []
    picks = [
        ("s to the page", lambda s: s.seconds),
        ("MB held", lambda s: s.megabytes),
        ("ms to the first byte", lambda s: s.first_byte),
        ("kB of HTML", lambda s: s.kilobytes),
    ]
    for unit, pick in picks:
        ours, bare = (statistics.median(map(pick, starts[name])) for name in programs)
        rows.append((f"start: {unit}, Glassbox / empty gr.Blocks", f"{ours:.1f} / {bare:.1f} = {ours / bare:.2f}"))
    return rows


def _page(url: str) -> tuple[float, float]:
    """Return the milliseconds to the first byte of a page, and its kilobytes as they are sent."""
    waits, size = list[float](), 0
    with httpx.Client(headers={"accept-encoding": "br, gzip"}) as client:
        for _ in range(_REQUESTS):
            began = time.monotonic()
            with client.stream("GET", url) as response:
                waits.append(1_000 * (time.monotonic() - began))
                size = sum(map(len, response.iter_raw()))
    return statistics.median(waits), size / 1_000


def free_port() -> int:
    """Return a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_for_page(url: str) -> None:
    """Wait until a page is served there. Raises TimeoutError if that takes too long."""
    deadline = time.monotonic() + _DEADLINE
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(f"{url} did not answer within {_DEADLINE:g} seconds")


def _memory(pid: int) -> float:
    root = psutil.Process(pid)
    return sum(process.memory_full_info().pss for process in [root, *root.children(recursive=True)]) / 2**20
