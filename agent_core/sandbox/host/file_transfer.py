"""Copies files into and out of a chat's workspace, where hostile code may have put anything."""

import itertools
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from io import BufferedReader, BufferedWriter
from pathlib import Path, PurePosixPath

from agent_core.disk_space import FULL, has_room, is_full
from agent_core.errors import GlassboxError
from agent_core.execution import FileNote, size_text
from agent_core.file_names import safe_name
from agent_core.sandbox.guest.wire_format import TEMPORARY
from agent_core.sandbox.host.workspace import create_file, measure, open_file, open_folder
from agent_core.sandbox.policy import Limits


def take_in(paths: Sequence[Path], workspace: Path, limits: Limits) -> tuple[FileNote, ...]:
    """Copy files into the workspace, under names that are free there: all of them, or none.

    Args:
        paths: Files of the host.
        workspace: The workspace's folder.
        limits: The chat's limits.

    Raises:
        GlassboxError: A file cannot be read, or they do not fit into the workspace beside what is in it. If they were
            kept, the code could not even remove them.
    """
    try:
        if odd := next((path for path in paths if path.exists() and not path.is_file()), None):
            raise GlassboxError(f"{odd.name} is not a regular file. Choose a file.")
        size = sum(path.stat().st_size for path in paths)
        if size > limits.disk_mb * 2**20:
            raise GlassboxError(
                f"The files are too large: {size_text(size)}; at most {limits.disk_mb} MB fit. Leave some out."
            )
        if not has_room(workspace, size):
            raise GlassboxError(FULL)
        workspace.mkdir(parents=True, exist_ok=True)  # it is gone if somebody cleared the disk
        with open_folder(str(workspace)) as folder:
            return _take_all(paths, folder, lambda: measure(workspace, limits))
    except OSError as error:
        if is_full(error):
            raise GlassboxError(FULL) from None
        name = Path(str(error.filename or "A file")).name
        raise GlassboxError(f"{name} cannot be read ({error.strerror}). Check that the file is there.") from None


def copy_out(workspace: Path, name: str, target: Path) -> None:
    """Copy a file out of the workspace, never through a link. Raises GlassboxError if it is gone or not regular."""
    with open_out(workspace, name) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)


def open_out(workspace: Path, name: str) -> BufferedReader:
    """Open a file of the workspace, never through a link. Raises GlassboxError if it is gone or not regular."""
    gone = GlassboxError(f"The file {name[:100]!r} no longer exists, or is not a regular file.")
    *folders, last = PurePosixPath(name).parts or ("",)
    if ".." in folders or name.startswith("/"):
        raise gone
    try:
        with ExitStack() as stack:
            folder = stack.enter_context(open_folder(str(workspace)))
            for inner in folders:
                folder = stack.enter_context(open_folder(inner, folder))
            source = open_file(last, folder)
    except (OSError, ValueError):
        raise gone from None
    if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
        source.close()
        raise gone
    return source


def _take_all(paths: Sequence[Path], folder: int, too_much: Callable[[], str | None]) -> tuple[FileNote, ...]:
    """Copy all files or none. `too_much` returns which limit is exceeded. Raises OSError and GlassboxError."""
    taken: list[FileNote] = []
    try:
        for path in paths:
            taken.append(_take_one(path, folder))
        excess = too_much()
    except OSError:
        _remove(taken, folder)
        raise
    if excess:
        _remove(taken, folder)
        raise GlassboxError(f"The files do not fit: {excess} Leave some out, or start a new chat.")
    return tuple(taken)


def _remove(notes: Sequence[FileNote], folder: int) -> None:
    for note in notes:
        os.unlink(note.name, dir_fd=folder)


def _take_one(path: Path, folder: int) -> FileNote:
    with path.open("rb") as source:
        for name in _free_names(path.name):
            try:
                copy: BufferedWriter = create_file(name, folder)
            except FileExistsError:
                continue
            try:
                with copy:
                    shutil.copyfileobj(source, copy)
                    size = copy.tell()
            except BaseException:
                os.unlink(name, dir_fd=folder)  # half a file would pass for a whole one
                raise
            return FileNote.of(name, size)
    raise AssertionError("the names never end")


def _free_names(name: str) -> Iterator[str]:
    """Yield names for a file, its own first, then numbered ones."""
    for number in itertools.count(1):
        if (free := safe_name(name, number)) != TEMPORARY:
            yield free
