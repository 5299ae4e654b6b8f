"""How often the watchdog looks at a chat's processes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from agent_core.sandbox.guest import measure
from agent_core.sandbox.guest.confinement.watchdog import ProcessSnapshot, Watchdog


def seconds_between_looks(take_time: Callable[[], None], monkeypatch: pytest.MonkeyPatch, most: float) -> float:
    """How long after one look comes the next, where a look takes its time in this way; `most` where it does not."""
    looked: list[float] = []

    def resident(_: int) -> int:
        looked.append(time.monotonic())
        take_time()
        return 0

    monkeypatch.setattr(measure, "resident", resident)
    worker: Any = SimpleNamespace(pid=os.getpid())
    watchdog, ends = Watchdog({"memory_mb": 1, "threads": 1_000, "disk_mb": 1}), time.monotonic() + most
    while len(looked) < 2 and time.monotonic() < ends:
        watchdog.look(ProcessSnapshot(worker, (), ()))
        time.sleep(0.01)
    return looked[1] - looked[0] if len(looked) > 1 else most


def test_a_look_that_had_to_wait_for_the_processor_does_not_put_off_the_next_for_long(monkeypatch):
    assert seconds_between_looks(lambda: time.sleep(0.2), monkeypatch, 4) < 3


def test_who_makes_looking_cost_much_is_looked_at_less_often(monkeypatch):
    def work() -> None:
        end = time.thread_time() + 0.1
        while time.thread_time() < end:
            pass

    assert seconds_between_looks(work, monkeypatch, 1.5) == 1.5


@pytest.mark.parametrize("allowed, finding", [(0.5, "processor"), (500, None)])
def test_what_a_broker_works_counts_for_its_chat(allowed: float, finding: str | None):
    limits = {"memory_mb": 1_000, "threads": 1_000, "disk_mb": 1, "processor_seconds": allowed}
    idle: Any = SimpleNamespace(pid=os.getpid())
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as broker:
        try:
            watchdog = Watchdog(limits, broker.pid)
            watchdog.begin_step(idle.pid, limits)
            worked = measure.processor_seconds(broker.pid) + 1
            while measure.processor_seconds(broker.pid) < worked:
                time.sleep(0.05)
            assert watchdog.look(ProcessSnapshot(idle, (), ())) == finding
        finally:
            broker.kill()
