"""Taking more memory than the limit, in one way or another, and holding on to it."""

from agent_core.sandbox import Limits
from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_SUBJECT = "memory"
_LIMITS = Limits(step_seconds=10, memory_mb=256)
_ENDS = (*REFUSED, "memory", "MemoryError", "ENOMEM")
_MAP = """
def fill(address, size):
    if address in (None, 2**64 - 1):
        raise OSError(ctypes.get_errno(), "no memory")
    for start in range(0, size, 2**22):  # in pieces, so that the end is not one long call
        ctypes.memset(address + start, 1, 2**22)
    return hold()
"""
_SIZE = 600 * 2**20


def _attempt(name: str, code: str, layer: str, ends: tuple[str, ...] = _ENDS, harm: str = "") -> Attempt:
    return Attempt(_SUBJECT, name, code, layer, ends, harm, _LIMITS)


ATTEMPTS = (
    _attempt("one large object", f"kept.append(bytearray({_SIZE}))\nreturn hold()", "rlimits+watchdog"),
    _attempt(
        "many small objects",
        f"kept.append([bytes(2000) for _ in range({_SIZE // 2000})])\nreturn hold()",
        "rlimits+watchdog",
    ),
    _attempt(
        "mmap",
        f"{_MAP}\nreturn fill(libc.mmap(None, ctypes.c_long({_SIZE}), 3, 0x22, -1, 0), {_SIZE})",
        "rlimits+watchdog",
    ),
    _attempt(
        "a mapping that grows downwards, which no limit on data counts",
        f"{_MAP}\nreturn fill(libc.mmap(None, ctypes.c_long({_SIZE}), 3, 0x122, -1, 0), {_SIZE})",
        "watchdog",
    ),
    _attempt(
        "the heap by number",
        f"{_MAP}\nstart = call('brk', 0)\ncall('brk', start + {_SIZE})\n"
        f"if call('brk', 0) == start:\n    raise MemoryError\nreturn fill(start, {_SIZE})",
        "rlimits+watchdog",
    ),
    _attempt(
        "shared with nobody",
        f"{_MAP}\nreturn fill(libc.mmap(None, ctypes.c_long({_SIZE}), 3, 0x21, -1, 0), {_SIZE})",
        "seccomp+watchdog",
    ),
    _attempt(
        "shared, by the device of zeros",
        f"{_MAP}\nzeros = os.open('/dev/zero', os.O_RDWR)\n"
        f"return fill(libc.mmap(None, ctypes.c_long({_SIZE}), 3, 1, zeros, 0), {_SIZE})",
        "landlock+watchdog",
    ),
    _attempt(
        "a file in memory",
        f"{_MAP}\nfile = call('memfd_create', 'x', 0)\ncall('ftruncate', file, {_SIZE})\n"
        f"return fill(libc.mmap(None, ctypes.c_long({_SIZE}), 3, 1, file, 0), {_SIZE})",
        "seccomp+rlimits+watchdog",
        (*_ENDS, "EFBIG"),
    ),
    _attempt(
        "a file in the workspace",
        f"{_MAP}\nfile = os.open('file', os.O_CREAT | os.O_RDWR)\ncall('ftruncate', file, {_SIZE})\n"
        f"return fill(libc.mmap(None, ctypes.c_long({_SIZE}), 3, 1, file, 0), {_SIZE})",
        "rlimits+watchdog",
        (*_ENDS, "disk", "EFBIG"),
    ),
    _attempt(
        "shared memory of System V",
        f"""{_MAP}
libc.shmat.restype = ctypes.c_void_p
segment = call("shmget", 0, {_SIZE}, 0o1600)
address = libc.shmat(segment, None, 0)
call("shmctl", segment, 0, None)  # it goes with this process
return fill(address, {_SIZE})
""",
        "seccomp+watchdog",
    ),
    _attempt(
        "tables of pages, for memory that is only looked at",
        """
size = 160 * 2**30
address = libc.mmap(None, ctypes.c_long(size), 1, 0x4022, -1, 0)
if address == 2**64 - 1:
    raise OSError(ctypes.get_errno(), "no memory")
libc.madvise(ctypes.c_void_p(address), ctypes.c_long(size), 15)  # small pages
for place in range(address, address + size, 2**21):
    ctypes.c_char.from_address(place).value
return hold()
""",
        "rlimits+watchdog",
    ),
    _attempt(
        "the kernel's buffers of sockets",
        """
import socket
sent = 0
while sent < 400 * 2**20:
    kept.append(pair := socket.socketpair())
    for end in pair:
        end.setblocking(False)
        end.setsockopt(1, 7, 2**30)
        try:
            while True:
                sent += end.send(bytes(2**20))
        except BlockingIOError:
            pass
return hold()
""",
        "rlimits+seccomp+watchdog",
        (*_ENDS, "EMFILE"),
    ),
    _attempt(
        "the kernel's buffers of pipes",
        """
sent = 0
while sent < 400 * 2**20:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    call("fcntl", writing, 1031, 2**20)
    try:
        while True:
            sent += os.write(writing, bytes(2**16))
    except BlockingIOError:
        pass
return hold()
""",
        "seccomp+rlimits",
        (*_ENDS, "EMFILE"),
        "the kernel itself keeps the pipes of an ordinary user small",
    ),
    _attempt(
        "the kernel's list of file locks, which no limit counts",
        """
files = [os.open(f"file{number}", os.O_CREAT | os.O_RDWR) for number in range(20)]
for start in range(20_000, 0, -20):  # from the end, where each is quickly put in its place
    lock = struct.pack("hhqqi4x", 1, 0, start, 1, 0)
    for file in files:
        call("fcntl", file, 6, lock)
found = ctypes.create_string_buffer(struct.pack("hhqqi4x", 1, 0, 20, 1, 0))
call("fcntl", os.open("file0", os.O_RDWR), 36, found)
if struct.unpack_from("h", found)[0] == 2:
    raise PermissionError(errno.EPERM, "there is no lock")
return "20,000 locks"
""",
        "seccomp",
    ),
    _attempt(
        "unseen, since it cannot be measured any more",
        f"{_MAP}\ncall('prctl', 4, 0, 0, 0, 0)\n"
        f"return fill(libc.mmap(None, ctypes.c_long({_SIZE}), 3, 0x122, -1, 0), {_SIZE})",
        "seccomp+watchdog",
    ),
    _attempt(
        "unseen, since the main thread has ended",
        f"""{_MAP}
import threading
def hog():
    fill(libc.mmap(None, ctypes.c_long({_SIZE}), 3, 0x122, -1, 0), {_SIZE})
    print("reached", flush=True)
    os._exit(3)
threading.Thread(target=hog).start()
return call("exit", 0)
""",
        "watchdog",
        (*_ENDS, "crash"),
    ),
)
