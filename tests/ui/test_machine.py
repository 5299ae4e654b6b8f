import os
from pathlib import Path

from ui.config import Config
from ui.machine import memory_mb, processors, runs_at_once

GB = 2**30


def container(folder: Path, cpu: str, memory: str) -> Path:
    """Where a container's limits stand."""
    (folder / "cpu.max").write_text(f"{cpu}\n")
    (folder / "memory.max").write_text(f"{memory}\n")
    return folder


def test_a_container_has_what_its_limits_leave_it(tmp_path):
    bounded = container(tmp_path, "50000 100000", str(GB))
    assert (processors(bounded), memory_mb(bounded), runs_at_once(bounded)) == (0.5, 1024, 4)
    assert runs_at_once(container(tmp_path, "50000 100000", str(8 * GB))) == 6
    assert runs_at_once(container(tmp_path, "1000 100000", "1000000")) == 2


def test_without_limits_it_is_the_machines(tmp_path):
    free = container(tmp_path, "max 100000", "max")
    for folder in (free, tmp_path / "none"):
        assert processors(folder) == len(os.sched_getaffinity(0)) and memory_mb(folder) > 256
        assert 2 <= runs_at_once(folder) <= 64


def test_the_owners_numbers_go_before_and_the_others_follow_from_them():
    assert (Config(runs=30).runs, Config(runs=30).runs_per_visitor, Config(runs=30).asks) == (30, 15, 10)
    assert (Config(runs=1).asks, Config(asks=5).asks) == (1, 5)
