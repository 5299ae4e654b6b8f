"""What a worker's call refers to: texts in its memory, its working folder, its descriptors, its umask."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress

from . import beneath

_PAGE = 4096  # a path's text is read to the end of its page, because the next one need not be there
_LONGEST = 4096  # bytes of a path, with the zero at its end
_AT_FDCWD = -100
_MOST_MEMORIES = 256
_STANDARD = {b"/dev/stdin": b"0", b"/dev/stdout": b"1", b"/dev/stderr": b"2"}


class Callers:
    """Reads what the threads of a worker and of its copies refer to.

    A text is read once, and only what was read is judged: another thread can change the memory at any time.

    Args:
        open_memory: Returns a descriptor of the memory of the process that a thread, by its id, belongs to.
        check: Raises OSError if the call has been given up, so that its thread's id may mean another one.
    """

    def __init__(self, open_memory: Callable[[int], int], check: Callable[[], None]) -> None:
        self._open_memory = open_memory
        self._check = check
        self._memories: dict[int, int] = {}

    def forget(self) -> None:
        """Forget all threads: a process is about to be made, and may get the id that a thread had."""
        for memory in self._memories.values():
            os.close(memory)
        self._memories.clear()

    def text(self, thread: int, address: int) -> bytes:
        """Return the text at an address of a thread's memory. Raises OSError."""
        parts, length = list[bytes](), 0
        while length < _LONGEST:
            part = self._read(thread, address + length, _PAGE - (address + length) % _PAGE)
            end = part.find(b"\0")
            if end >= 0:
                parts.append(part[:end])
                length += end
                break
            parts.append(part)
            length += len(part)
        if length >= _LONGEST:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))
        return b"".join(parts)

    def write(self, thread: int, address: int, data: bytes) -> None:
        """Write to a thread's memory. Raises OSError."""
        try:
            os.pwrite(self._memory(thread), data, address)
        except (OSError, OverflowError):
            raise OSError(errno.EFAULT, os.strerror(errno.EFAULT)) from None

    def path(self, thread: int, folder: int, address: int) -> bytes:
        """Return the absolute path that a call names.

        Args:
            thread: The id of the calling thread.
            folder: The descriptor that the path is relative to, as it stands in a register.
            address: Where the path's text is.

        Raises:
            OSError: There is no such path or descriptor.
        """
        path = self.text(thread, address)
        if not path:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        base = b"" if path[:1] == b"/" else self._folder(thread, folder)
        self._check()
        if not base:
            return _own(thread, path)
        if base[:1] != b"/":  # a pipe or the like
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        return b"%b/%b" % (base, path)

    def umask(self, thread: int) -> int:
        """Return the modes that are taken from what a thread makes. Raises OSError if it has ended."""
        file = beneath.open_any(b"/proc/%d/status" % thread, os.O_RDONLY)
        try:
            # The name of the process is in the first line, with its line feeds escaped.
            modes = os.read(file, 512).partition(b"\nUmask:")[2].split(maxsplit=1)
        finally:
            os.close(file)
        if not modes:  # it has ended, and nobody has reaped it yet
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        return int(modes[0], 8)

    def _folder(self, thread: int, descriptor: int) -> bytes:
        number = descriptor & 0xFFFF_FFFF
        if number == _AT_FDCWD & 0xFFFF_FFFF:
            return beneath.link_target(b"/proc/%d/cwd" % thread)
        try:
            return beneath.link_target(b"/proc/%d/fd/%d" % (thread, number))
        except FileNotFoundError:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF)) from None

    def _read(self, thread: int, address: int, size: int) -> bytes:
        try:
            if data := os.pread(self._memory(thread), size, address):
                return data
            # The process has ended whose memory this was, so the thread is another one of the same id.
            os.close(self._memories.pop(thread))
            if data := os.pread(self._memory(thread), size, address):
                return data
        except (OSError, OverflowError):
            pass
        raise OSError(errno.EFAULT, os.strerror(errno.EFAULT))

    def _memory(self, thread: int) -> int:
        memory = self._memories.get(thread)
        if memory is None:
            if len(self._memories) >= _MOST_MEMORIES:  # most of the threads have ended
                self.forget()
            memory = self._memories[thread] = self._open_memory(thread)
        return memory


def _own(thread: int, path: bytes) -> bytes:
    """Return a path that means the caller's own process with the thread's id in it: here it would mean the broker."""
    if path.startswith((b"/proc/self/", b"/proc/thread-self/")):
        return b"/proc/%d/%b" % (thread, path.split(b"/", 3)[3])
    if path.startswith(b"/dev/fd/"):
        return b"/proc/%d/fd/%b" % (thread, path[8:])
    with suppress(KeyError):
        return b"/proc/%d/fd/%b" % (thread, _STANDARD[path])
    return path
