"""Changing the working folder where a broker opens the files.

It cannot do so for a worker, and a worker that could go anywhere would learn the path of where it is: by a link of
/proc that of another process's folder. So its filter refuses chdir, and the way there is through a descriptor. A worker
has those of its own folders only.
"""

import os

# As they were before the agent's code could change them.
_open, _close, _change = os.open, os.close, os.fchdir


def install() -> None:
    """Have `os.chdir` go through a descriptor from now on."""
    os.supports_fd.add(change_folder)
    os.chdir = change_folder


def change_folder(path: int | str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> None:
    """Change the current working directory to the specified path."""
    if isinstance(path, int):
        _change(path)
        return
    folder = _open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _change(folder)
    finally:
        _close(folder)
