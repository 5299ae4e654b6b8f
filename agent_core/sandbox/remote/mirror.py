"""The files of a workspace on one side of a connection, made like those on the other. Used on both sides.

What the other side says is taken as coming from an enemy: nothing is read or written through a link, nor beyond the
workspace. Links and the like, and the folder for temporary files, stay where they are.
"""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from agent_core.sandbox.guest.wire_format import TEMPORARY
from agent_core.sandbox.host.file_transfer import open_out
from agent_core.sandbox.host.workspace import DEEPEST, create_file, names_in, open_folder, remove
from agent_core.sandbox.remote.frames import CHUNK, LONGEST_PATH, FileListing, Stamp

_MOST_NAMED = 2**20  # characters of all paths together
_TICK_SECONDS = 0.02  # within which a file can change without a new time


class Mirror:
    """The files of a workspace. Nothing here is for event loops, and nothing may be running in it.

    Args:
        workspace: The folder.
    """

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace

    def listing(self, *, waits: bool = True) -> FileListing:
        """Return the files and folders there are.

        Args:
            waits: Whether to wait until any later change of them would show.
        """
        found = FileListing()
        with suppress(FileNotFoundError), open_folder(str(self.workspace)) as folder:
            _look(folder, "", found, 0)
        newest = max((stamp.modified for stamp in found.files.values()), default=0)
        if waits and 0 <= time.time_ns() - newest < _TICK_SECONDS * 1e9:
            time.sleep(_TICK_SECONDS)
        return found

    def arrange(self, wanted: FileListing) -> list[str]:
        """Remove what is not wanted, and make the folders that are. Raises OSError.

        Returns:
            The files that are missing or look different.
        """
        self.workspace.mkdir(parents=True, exist_ok=True)
        folders = set(wanted.folders)
        with open_folder(str(self.workspace)) as folder:
            _remove_others(folder, "", wanted, folders)
            for path in sorted(folders):
                with self.folder_of(f"{path}/x") as _:
                    pass
        present = self.listing().files
        return [path for path, stamp in wanted.files.items() if present.get(path) != stamp]

    def remove(self, path: str) -> None:
        """Remove a file, unless it is gone. Raises OSError."""
        with suppress(FileNotFoundError), self.folder_of(path) as folder:
            remove(path.split("/")[-1], folder)

    def pieces(self, path: str) -> Iterator[bytes]:
        """Yield what is in a file, then b"". Raises GlassboxError and OSError."""
        with open_out(self.workspace, path) as source:
            while data := source.read(CHUNK):
                yield data
        yield b""

    def sink(self, path: str, stamp: Stamp) -> "FileSink":
        """Return what writes a file."""
        return FileSink(self, path, stamp)

    @contextmanager
    def folder_of(self, path: str) -> Iterator[int]:
        """Open the folder of a file; make it if it is not there. Raises OSError."""
        with ExitStack() as stack:
            folder = stack.enter_context(open_folder(str(self.workspace)))
            for name in path.split("/")[:-1]:
                with suppress(FileExistsError):
                    os.mkdir(name, mode=0o700, dir_fd=folder)
                folder = stack.enter_context(open_folder(name, folder))
            yield folder


class FileSink:
    """Takes the bytes of one file, and puts it into place as a whole.

    Args:
        mirror: The files that it belongs to.
        path: Its name in the workspace.
        stamp: How it looks.
    """

    def __init__(self, mirror: Mirror, path: str, stamp: Stamp) -> None:
        self._mirror = mirror
        self._path = path
        self._stamp = stamp
        self._stack = ExitStack()
        self._left = stamp.size
        self._new = f".{uuid4().hex}"
        self._folder = -1

    def write(self, data: bytes) -> None:
        """Take the next bytes; b"" ends the file. Raises OSError, and ValueError if it does not have its size."""
        try:
            self._take(data)
        except (OSError, ValueError):
            self.drop()
            raise

    def _take(self, data: bytes) -> None:
        if self._folder < 0:
            self._folder = self._stack.enter_context(self._mirror.folder_of(self._path))
            self._file = self._stack.enter_context(create_file(self._new, self._folder))
        self._left -= len(data)
        if self._left < 0 or (self._left and not data):
            raise ValueError("the file does not have the size that was named")
        if data.count(0) == len(data):  # a hole takes no space
            self._file.seek(len(data), os.SEEK_CUR)
        else:
            self._file.write(data)
        if not data:
            self._put_into_place()

    def drop(self) -> None:
        """Forget what was written."""
        if self._folder >= 0:
            with suppress(OSError):
                os.unlink(self._new, dir_fd=self._folder)
        with suppress(OSError):  # what was left to be written
            self._stack.close()
        self._folder = -1

    def _put_into_place(self) -> None:
        self._file.truncate()
        self._file.flush()
        times = (self._stamp.modified, self._stamp.modified)
        os.utime(self._file.fileno(), ns=times)
        os.replace(self._new, self._path.split("/")[-1], src_dir_fd=self._folder, dst_dir_fd=self._folder)
        self._stack.close()
        self._folder = -1


def _look(folder: int, path: str, found: FileListing, named: int) -> int:
    """Add what is in a folder to a listing. Returns how many characters all its names have then."""
    for name in sorted(names_in(folder)):
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        inner = path + name
        named += len(inner)
        if named > _MOST_NAMED or len(inner) > LONGEST_PATH or inner == TEMPORARY or not _is_text(name):
            continue
        if stat.S_ISREG(status.st_mode):
            found.files[inner] = Stamp(size=status.st_size, modified=max(status.st_mtime_ns, 0))
        elif stat.S_ISDIR(status.st_mode) and inner.count("/") < DEEPEST - 1:
            found.folders.append(inner)
            with suppress(PermissionError), open_folder(name, folder) as opened:
                named = _look(opened, f"{inner}/", found, named)
    return named


def _remove_others(folder: int, path: str, wanted: FileListing, folders: set[str]) -> None:
    """Remove from a folder what is neither a file nor a folder that is wanted."""
    for name in names_in(folder):
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        inner = path + name
        if inner == TEMPORARY:
            continue
        if stat.S_ISDIR(status.st_mode) and inner in folders:
            with open_folder(name, folder) as opened:
                _remove_others(opened, f"{inner}/", wanted, folders)
        elif not (stat.S_ISREG(status.st_mode) and inner in wanted.files):
            remove(name, folder)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
