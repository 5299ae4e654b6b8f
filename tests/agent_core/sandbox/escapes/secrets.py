"""Seeing a secret: of the app's environment, of its descriptors, of other processes' memory."""

from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_ENVIRONMENT = "secrets: environment"
_DESCRIPTORS = "secrets: descriptors"
_MEMORY = "secrets: memory"
_NOTHING = (*REFUSED, "pretended")  # it got through, and there is nothing to be seen
_OF_ROOT = "landlock+capabilities"  # run by root, the app and the zygote have powers that a worker has not
_FOR_ROOT = "without root there is no such power to lift the layer from"

ATTEMPTS = (
    Attempt(_ENVIRONMENT, "its own", "return dict(os.environ)", "environment", ends=_NOTHING),
    Attempt(
        _ENVIRONMENT,
        "as the C library has it",
        """
        entries, found = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ"), []
        while entries[len(found)]:
            found.append(entries[len(found)])
        return found
        """,
        "environment",
        ends=_NOTHING,
    ),
    Attempt(
        _ENVIRONMENT,
        "on the stack that it was started with",
        """
        start = libc.getauxval
        start.restype = ctypes.c_ulong
        text = ctypes.string_at(start(31) - 2000, 2000)  # below the name of the program that was started
        return text.split(bytes(1))
        """,
        "environment",
        ends=_NOTHING,
    ),
    Attempt(_ENVIRONMENT, "its own by /proc", "return open('/proc/self/environ').read()", "landlock+environment"),
    Attempt(
        _ENVIRONMENT,
        "of the zygote, by number",
        """
        handle = call("openat", AT_FDCWD, f"/proc/{os.getppid()}/environ", os.O_RDONLY, 0)
        return os.read(handle, 10_000)
        """,
        _OF_ROOT,
    ),
    Attempt(
        _ENVIRONMENT,
        "of the app",
        "return open(f'/proc/{canary.app}/environ').read()",
        _OF_ROOT,
        harm="the app also makes itself unreadable",
    ),
    Attempt(_ENVIRONMENT, "of another process", "return open(f'/proc/{canary.pid}/environ').read()", "landlock"),
    Attempt(
        _ENVIRONMENT,
        "of any process",
        """
        import re
        found = []
        for name in os.listdir("/proc"):
            try:
                found += re.findall("TOKEN=.*", open(f"/proc/{name}/environ").read())
            except OSError:
                pass
        if not found:
            raise PermissionError(errno.EACCES, "none is to be read")
        return found
        """,
        _OF_ROOT,
    ),
    Attempt(
        _DESCRIPTORS,
        "reading all",
        """
        found = []
        for handle in range(3, 1024):
            try:
                found.append(os.pread(handle, 100, 0))
            except OSError:
                pass
        return found
        """,
        "environment",
        ends=_NOTHING,
    ),
    Attempt(
        _DESCRIPTORS,
        "reading all by number",
        """
        found, text = [], ctypes.create_string_buffer(100)
        for handle in range(3, 1024):
            if libc.syscall(ctypes.c_long(NUMBERS["pread64"]), handle, text, 100, ctypes.c_long(0)) > 0:
                found.append(text.raw)
        return found
        """,
        "environment",
        ends=_NOTHING,
    ),
    Attempt(
        _DESCRIPTORS,
        "taken from another process",
        "return os.pread(call('pidfd_getfd', call('pidfd_open', canary.pid, 0), 0, 0), 100, 0)",
        "seccomp+landlock",
    ),
    Attempt(
        _DESCRIPTORS,
        "of another process by /proc",
        "return open(f'/proc/{canary.pid}/fd/0').read()",
        "landlock",
    ),
    Attempt(
        _DESCRIPTORS,
        "taken from whoever is at the other end",
        """
        import socket
        for handle in range(3, 256):
            try:
                peer = socket.socket(fileno=os.dup(handle)).getsockopt(1, 77)
            except OSError:
                continue
            return call("pidfd_getfd", peer, 0, 0)
        raise PermissionError(errno.EPERM, "nobody is there")
        """,
        "seccomp+landlock",
        harm="outside the sandbox there is no other end",
    ),
    Attempt(
        _MEMORY,
        "of the zygote, where its own lies too",
        """
        text = ctypes.create_string_buffer(b"own")
        parts = struct.pack("QQ", ctypes.addressof(text), 3)
        there = struct.pack("QQ", ctypes.cast(libc.getpid, ctypes.c_void_p).value, 3)
        call("process_vm_readv", os.getppid(), parts, 1, there, 1, 0)
        return text.raw
        """,
        f"seccomp+{_OF_ROOT}",
    ),
    Attempt(
        _MEMORY,
        "of another process, word by word",
        """
        call("ptrace", 16, canary.pid, 0, 0)
        os.waitpid(canary.pid, 0x40000000)
        word = ctypes.c_long()
        call("ptrace", 1, canary.pid, canary.address, ctypes.byref(word))
        return word.value
        """,
        "seccomp+landlock",
    ),
    Attempt(
        _MEMORY,
        "of another process, by number",
        """
        handle = call("openat", AT_FDCWD, f"/proc/{canary.pid}/mem", os.O_RDONLY, 0)
        return os.pread(handle, canary.length, canary.address)
        """,
        "landlock",
    ),
    Attempt(_MEMORY, "a map of another process", "return open(f'/proc/{canary.pid}/maps').read()", "landlock"),
    Attempt(
        _MEMORY,
        "of the kernel",
        "return os.open('/proc/kcore', os.O_RDONLY)",
        "landlock",
        (*REFUSED, "ENOENT"),
        harm=_FOR_ROOT,
    ),
    Attempt(
        _MEMORY,
        "of the kernel, by bpf",
        "return call('bpf', 0, struct.pack('IIII', 2, 4, 4, 1) + bytes(100), 100)",
        "seccomp",
        harm=_FOR_ROOT,
    ),
    Attempt(_MEMORY, "the kernel's log", "return call('syslog', 10, None, 0)", "seccomp", harm=_FOR_ROOT),
    Attempt(_MEMORY, "by handling its page faults", "return call('userfaultfd', 1)", "seccomp"),
    Attempt(
        _MEMORY, "hidden from everyone", "return call('memfd_secret', 0)", "seccomp", harm="most kernels do not have it"
    ),
)
