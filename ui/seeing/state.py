"""What is so at the moment: chats, runs, memory, and whether the store works."""

import asyncio
import resource
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from agent_core.sandbox import SandboxFootprint, app_memory, sandbox_footprint
from ui.seeing.health import Health
from ui.seeing.run_watch import RunWatch, SeenRun

_PAUSE = 20  # times as long as a measurement took, until the next: so it takes a twentieth of a processor at most


@dataclass(frozen=True)
class AppState:
    """What is so at the moment. Sizes are bytes, times seconds.

    Attributes:
        chats: Chats in memory.
        awake: Those of them that have processes.
        running: The runs in progress, the oldest first.
        queued: The runs that wait.
        lag: How far the event loop is behind.
        app_memory: The memory of the app itself.
        sandbox: The processes in which code runs.
        descriptors: The open descriptors, and how many there may be; 0 for any number.
        memory: What is free of the machine's memory, and all of it; zeros if that is not known.
        disk: What is free on the disk that chats are kept on, and all of it; zeros if that is not known.
        store_works: Whether chats can be read.
        store_failures: How often the store failed.
        up: How long the app runs.
    """

    chats: int = 0
    awake: int = 0
    running: tuple[SeenRun, ...] = ()
    queued: tuple[SeenRun, ...] = ()
    lag: float = 0.0
    app_memory: int = 0
    sandbox: SandboxFootprint = field(default_factory=SandboxFootprint)
    descriptors: tuple[int, int] = (0, 0)
    memory: tuple[int, int] = (0, 0)
    disk: tuple[int, int] = (0, 0)
    store_works: bool = True
    store_failures: int = 0
    up: float = 0.0

    @property
    def longest_wait(self) -> float:
        """How long the run waits that waits longest; 0 if none does."""
        return max((run.waited for run in self.queued), default=0.0)


class CountedChats(Protocol):
    """The chats in memory."""

    @property
    def count(self) -> int: ...

    @property
    def awake_count(self) -> int: ...


class CountedStore(Protocol):
    """The store."""

    @property
    def failures(self) -> int: ...


class StateReader:
    """Reads the state of the app.

    Args:
        chats: Its chats.
        store: Where they are kept.
        folder: The folder with their files.
        runs: Their runs.
        health: Whether the store works.
        lag: Returns how far the event loop is behind, in seconds.
    """

    def __init__(
        self,
        chats: CountedChats,
        store: CountedStore,
        folder: Path,
        runs: RunWatch,
        health: Health,
        lag: Callable[[], float],
    ) -> None:
        self._chats = chats
        self._store = store
        self._folder = folder
        self._runs = runs
        self._health = health
        self._lag = lag
        self._footprint = _Footprint()
        self._started = time.monotonic()

    async def read(self) -> AppState:
        """Read it. What the kernel is asked for is asked in a thread."""
        works = await self._health.store_works()
        sandbox = await self._footprint.read()
        own, descriptors, memory, disk = await asyncio.to_thread(self._measure)
        runs = list(self._runs.runs)
        return AppState(
            chats=self._chats.count,
            awake=self._chats.awake_count,
            running=tuple(run for run in runs if not run.waits),
            queued=tuple(run for run in runs if run.waits),
            lag=self._lag(),
            app_memory=own,
            sandbox=sandbox,
            descriptors=descriptors,
            memory=memory,
            disk=disk,
            store_works=works,
            store_failures=self._store.failures,
            up=time.monotonic() - self._started,
        )

    def _measure(self) -> tuple[int, tuple[int, int], tuple[int, int], tuple[int, int]]:
        return app_memory(), _descriptors(), _memory(), self._disk()

    def _disk(self) -> tuple[int, int]:
        with suppress(OSError):
            usage = shutil.disk_usage(self._folder)
            return usage.free, usage.total
        return 0, 0


class _Footprint:
    """Measures the processes of code, for which the kernel goes through their memory: some milliseconds each."""

    def __init__(self) -> None:
        self._measuring = asyncio.Lock()
        self._last = SandboxFootprint()
        self._due = 0.0  # on the monotonic clock

    async def read(self) -> SandboxFootprint:
        """Return what was measured now, or a little while ago."""
        async with self._measuring:
            if (began := time.monotonic()) >= self._due:
                self._last = await asyncio.to_thread(sandbox_footprint)
                self._due = time.monotonic() + _PAUSE * (time.monotonic() - began)
        return self._last


def _descriptors() -> tuple[int, int]:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return sum(1 for _ in Path("/proc/self/fd").iterdir()), 0 if most == resource.RLIM_INFINITY else most


def _memory() -> tuple[int, int]:
    """Return what is free of the machine's memory, and all of it."""
    with suppress(OSError, ValueError, KeyError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        sizes = {name: int(size.split()[0]) * 1024 for name, _, size in (line.partition(":") for line in lines)}
        return sizes["MemAvailable"], sizes["MemTotal"]
    return 0, 0
