"""Filling the disk: with bytes, with names, with files that have no name any more. Each holds on."""

from agent_core.sandbox import Limits
from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_BYTES = "disk: bytes"
_NAMES = "disk: number of files"
_NAMELESS = "disk: files without a name"
_LIMITS = Limits(step_seconds=10, disk_mb=32, files=200)
_ENDS = (*REFUSED, "disk", "EFBIG", "ENOTSUP")
_WAIT = "return hold()"
_BLOCK = "block = bytes(2**23)\n"
_UNLINKED = """
def nameless(number):
    file = os.open(f"file{number}", os.O_CREAT | os.O_RDWR, 0o600)
    os.unlink(f"file{number}")
    call("write", file, block, len(block))
    return file
"""


def _attempts(subject: str, layer: str, *pairs: tuple[str, str]) -> tuple[Attempt, ...]:
    return tuple(Attempt(subject, name, code, layer, _ENDS, limits=_LIMITS) for name, code in pairs)


ATTEMPTS = (
    *_attempts(
        _BYTES,
        "watchdog",
        (
            "many files",
            f"{_BLOCK}for number in range(12):\n    open(f'file{{number}}', 'wb').write(block)\n{_WAIT}",
        ),
        (
            "sparse files, filled by a mapping",
            f"""
for number in range(12):
    file = os.open(f"file{{number}}", os.O_CREAT | os.O_RDWR)
    call("ftruncate", file, 2**23)
    ctypes.memset(libc.mmap(None, 2**23, 3, 1, file, 0), 1, 2**23)
    os.close(file)
{_WAIT}
""",
        ),
        (
            "copies made by the kernel",
            f"""
{_BLOCK}open("first", "wb").write(block)
for number in range(12):
    first, file = os.open("first", os.O_RDONLY), os.open(f"file{{number}}", os.O_CREAT | os.O_RDWR)
    call("copy_file_range", first, None, file, None, len(block), 0)
{_WAIT}
""",
        ),
        (
            "in a folder that cannot be listed",
            f"""
{_BLOCK}call("mkdirat", AT_FDCWD, "hidden", 0o300)
for number in range(12):
    call("write", call("openat", AT_FDCWD, f"hidden/file{{number}}", os.O_CREAT | os.O_WRONLY, 0), block, len(block))
{_WAIT}
""",
        ),
        (
            "in a folder that was locked later",
            f"""
{_BLOCK}os.mkdir("locked")
for number in range(12):
    open(f"locked/file{{number}}", "wb").write(block)
    call("fchmodat", AT_FDCWD, "locked", 0o700)
call("fchmodat", AT_FDCWD, "locked", 0)
{_WAIT}
""",
        ),
    ),
    *_attempts(
        _BYTES,
        "rlimits+watchdog",
        ("one file", f"file = open('file', 'wb')\nfor _ in range(12):\n    file.write(bytes(2**23))\n{_WAIT}"),
    ),
    *_attempts(
        _BYTES,
        "seccomp+rlimits+watchdog",
        (
            "space that is only reserved",
            f"call('fallocate', os.open('file', os.O_CREAT | os.O_RDWR), 0, 0, 2**27)\n{_WAIT}",
        ),
        (
            "space beyond the end of a file",
            f"call('fallocate', os.open('file', os.O_CREAT | os.O_RDWR), 1, 0, 2**27)\n{_WAIT}",
        ),
    ),
    *_attempts(
        _NAMES,
        "watchdog",
        ("files", f"for number in range(1000):\n    open(str(number), 'w').close()\n{_WAIT}"),
        (
            "folders by number",
            f"for number in range(1000):\n    call('mkdirat', AT_FDCWD, str(number), 0o700)\n{_WAIT}",
        ),
        ("links", f"for number in range(1000):\n    os.symlink('x' * 200, str(number))\n{_WAIT}"),
        (
            "hard links by number",
            f"open('x', 'w').close()\nfor number in range(1000):\n"
            f"    call('linkat', AT_FDCWD, 'x', AT_FDCWD, str(number), 0)\n{_WAIT}",
        ),
        ("one in another", f"for _ in range(600):\n    os.mkdir('x')\n    os.chdir('x')\n{_WAIT}"),
    ),
    *_attempts(
        _NAMELESS,
        "watchdog",
        ("open", f"{_BLOCK}{_UNLINKED}kept.extend(nameless(number) for number in range(12))\n{_WAIT}"),
        (
            "never named",
            f"""
{_BLOCK}for number in range(12):
    call("write", call("openat", AT_FDCWD, ".", os.O_TMPFILE | os.O_RDWR, 0o600), block, len(block))
{_WAIT}
""",
        ),
        (
            "mapped and closed",
            f"""
{_BLOCK}{_UNLINKED}
for number in range(12):
    file = nameless(number)
    libc.mmap(None, len(block), 1, 1, file, 0)
    os.close(file)
{_WAIT}
""",
        ),
        (
            "mapped, under a name that looks like the end of a line",
            f"""
{_BLOCK}for number in range(12):
    file = os.open(b"a\\x85b c d e f", os.O_CREAT | os.O_RDWR, 0o600)
    call("write", file, block, len(block))
    libc.mmap(None, 4096, 1, 1, file, 0)
    os.unlink(b"a\\x85b c d e f")
    os.close(file)
{_WAIT}
""",
        ),
        (
            "held by their place only",
            f"""
{_BLOCK}
for number in range(12):
    file = os.open(f"file{{number}}", os.O_CREAT | os.O_RDWR, 0o600)
    os.open(f"file{{number}}", os.O_PATH)
    os.unlink(f"file{{number}}")
    call("write", file, block, len(block))
    os.close(file)
{_WAIT}
""",
        ),
    ),
    Attempt(
        _NAMELESS,
        "held by a thread without its main thread",
        f"""
{_BLOCK}{_UNLINKED}
import threading
def fill():
    time.sleep(0.2)
    kept.extend(nameless(number) for number in range(12))
    hold()
    print("reached", flush=True)
    os._exit(3)
threading.Thread(target=fill).start()
return call("exit", 0)
""",
        "watchdog",
        (*_ENDS, "crash"),
        limits=_LIMITS,
    ),
    Attempt(_NAMELESS, "in a table of a thread's own", "return call('close_range', 1000, 2000, 2)", "seccomp"),
    *_attempts(
        _NAMELESS,
        "seccomp+watchdog",
        (
            "on their way through a socket",
            f"""
{_BLOCK}{_UNLINKED}
import socket
one, other = socket.socketpair()
for number in range(12):
    file = nameless(number)
    socket.send_fds(one, [b"x"], [file])
    os.close(file)
{_WAIT}
""",
        ),
    ),
    # The default limits: what is made must also go away again.
    Attempt(
        _NAMES,
        "so deep that nobody can remove them",
        "for _ in range(3000):\n    os.mkdir('x')\n    os.chdir('x')\nreturn 'deep'",
        "host",
        (*_ENDS, "pretended"),
        harm="it shows in what the host leaves on the disk",
    ),
    Attempt(
        _NAMES,
        "in folders that cannot be emptied",
        """
        for mode in (0o000, 0o100, 0o300, 0o500):
            os.mkdir(f"{mode:o}", 0o700)
            open(f"{mode:o}/file", "w").close()
            os.chmod(f"{mode:o}", mode)
            os.mkdir(f"made{mode:o}", mode)
            if mode == 0o300:
                open(f"made{mode:o}/file", "w").close()
        return "locked"
        """,
        "host",
        (*_ENDS, "pretended"),
        harm="it shows in what the host leaves on the disk",
    ),
)
