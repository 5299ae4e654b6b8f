"""Files of odd shapes."""

import os
from pathlib import Path

NESTED = "d" * 200


def nest(folder: Path, levels: int) -> None:
    """Nest folders beyond what any path can name; at the bottom is a file."""
    inner = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(NESTED, dir_fd=inner)
        outer, inner = inner, os.open(NESTED, os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(os.open("bottom", os.O_CREAT | os.O_WRONLY, dir_fd=inner))
    os.close(inner)
