"""A small disk of its own, to be filled in a test without harm."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system in memory, mounted at a new folder. Skips the test where none may be mounted."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "glassbox-test", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, *, but: int = 0) -> Path:
    """Fill the disk that a folder is on, but for so many bytes, with one file."""
    disk = os.statvfs(folder)
    filler = folder / "filler"
    filler.write_bytes(bytes(max(disk.f_bavail * disk.f_frsize - but, 0)))
    return filler
