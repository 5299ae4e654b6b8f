"""What the attempts share. Its text runs inside, before each of them, and imports nothing of the project."""

import ctypes
import errno
import json
import mmap
import os
import platform
import struct
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

NUMBERS: dict[str, int] = {}  # of system calls, filled in by the host
AT_FDCWD = -100
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.mmap.restype = ctypes.c_void_p


def call(name: str | int, *arguments: Any) -> int:
    """A raw system call; -1 becomes an OSError."""
    number = NUMBERS[name] if isinstance(name, str) else name
    return check(libc.syscall(ctypes.c_long(number), *[_plain(argument) for argument in arguments]))


def check(result: int) -> int:
    """The result of a C function that answers -1 and sets errno."""
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _plain(argument: Any) -> Any:
    if isinstance(argument, str):
        return os.fsencode(argument)
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def machine(code: bytes, *arguments: int) -> int:
    """Run x86-64 machine code as a C function."""
    if platform.machine() != "x86_64":
        raise OSError(errno.ENOSYS, "another processor")
    memory = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
    memory.write(code)
    kept.append(memory)  # a thread may still run it
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return ctypes.CFUNCTYPE(ctypes.c_long, *[ctypes.c_long] * len(arguments))(start)(*arguments)


def address(port: int, host: str = "127.0.0.1") -> bytes:
    """A struct sockaddr_in."""
    return struct.pack("=HH4s8x", 2, _big_endian(port), bytes(map(int, host.split("."))))


def address6(port: int, host: bytes = bytes(15) + b"\1") -> bytes:
    """A struct sockaddr_in6; the loopback address without a host."""
    return struct.pack("=HHI16sI", 10, _big_endian(port), 0, host, 0)


def _big_endian(port: int) -> int:
    return struct.unpack("=H", struct.pack("!H", port))[0]


def message(destination: bytes | None, text: bytes) -> ctypes.Array[ctypes.c_char]:
    """A struct msghdr, with room behind it for the length that sendmmsg wants."""
    kept.append(
        (target := ctypes.create_string_buffer(destination or b"\0"), body := ctypes.create_string_buffer(text))
    )
    kept.append(parts := ctypes.create_string_buffer(struct.pack("PN", ctypes.addressof(body), len(text))))
    name = (ctypes.addressof(target), len(destination)) if destination else (0, 0)
    return ctypes.create_string_buffer(struct.pack("PIPNPNi4xQ", *name, ctypes.addressof(parts), 1, 0, 0, 0, 0))


kept: list[Any] = []  # what the kernel is given a pointer to


def hold() -> str:
    """Hold on to what was taken, long enough for whoever watches."""
    time.sleep(canary.hold_seconds)
    return "held"


def forever(action: Callable[[], Any], seconds: float) -> None:
    """Do something again and again, for a bounded time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        action()


def busy(action: Callable[[], Any]) -> None:
    """Do something until a bounded amount of processor time is taken, of which a busy machine gives little."""
    most, end = time.process_time() + 3, time.monotonic() + 9
    while time.process_time() < most and time.monotonic() < end:
        action()


def outcome(attempt: Callable[[], Any]) -> str:
    """How it ended: "reached" with what was got, or the name of the errno or exception that ended it."""
    try:
        return f"reached {attempt()!r:.20000}"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    except Exception as error:
        return type(error).__name__


canary: Any = SimpleNamespace(**json.loads("{}"))  # what lies outside, filled in by the host
