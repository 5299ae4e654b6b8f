"""The rarer doors of the network: netlink, vsock, packets and io_uring."""

from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_NETLINK = "network: netlink"
_VSOCK = "network: vsock"
_PACKET = "network: packet and other families"
_URING = "network: io_uring"
_LACKING = (*REFUSED, "EAFNOSUPPORT")

ATTEMPTS = (
    Attempt(
        _NETLINK,
        "the machine's addresses",
        """
        line = call("socket", 16, 3, 0)
        call("sendto", line, struct.pack("=IHHIIB3x", 20, 22, 0x301, 1, 0, 0), 20, 0, None, 0)
        answer = ctypes.create_string_buffer(4096)
        return answer.raw[: call("recvfrom", line, answer, 4096, 0, None, None)]
        """,
        "seccomp",
    ),
    Attempt(
        _NETLINK,
        "_socket",
        "import _socket\nreturn _socket.socket(16, _socket.SOCK_RAW, 0).fileno()",
        "seccomp",
    ),
    Attempt(_NETLINK, "what the kernel says of devices", "return call('socket', 16, 2, 15)", "seccomp"),
    Attempt(_NETLINK, "a stream of a wrong kind", "return call('socket', 16, 2 | os.O_NONBLOCK, 16)", "seccomp"),
    Attempt(_NETLINK, "garbage above the family", "return call('socket', 16 | 1 << 32, 3 | 1 << 32, 0)", "seccomp"),
    Attempt(_VSOCK, "a stream to the host", "return call('socket', 40, 1, 0)", "seccomp", ends=_LACKING),
    Attempt(
        _VSOCK,
        "_socket",
        "import _socket\nreturn _socket.socket(40, _socket.SOCK_STREAM).fileno()",
        "seccomp",
        ends=_LACKING,
    ),
    Attempt(_VSOCK, "packets in order", "return call('socket', 40, 5, 0)", "seccomp", ends=_LACKING),
    Attempt(_VSOCK, "garbage above the family", "return call('socket', 40 | 1 << 32, 1, 0)", "seccomp", ends=_LACKING),
    Attempt(
        _VSOCK,
        "its device",
        "return call('openat', AT_FDCWD, '/dev/vsock', os.O_RDONLY, 0)",
        "landlock",
        ends=(*REFUSED, "ENOENT"),
        harm="a machine need not have the device, nor let an ordinary user open it",
    ),
    Attempt(
        _PACKET,
        "every family and kind",
        """
        found = []
        for family in range(46):
            for kind in (1, 2, 3, 4, 5, 10):
                try:
                    handle = call("socket", family, kind, 0)
                except OSError:
                    continue
                os.close(handle)
                if family not in (2, 10) or kind != 1:
                    found.append((family, kind))
        if not found:
            raise PermissionError(errno.EPERM, "TCP only")
        return found
        """,
        "seccomp",
    ),
    Attempt(
        _PACKET,
        "every kind of pair",
        """
        found = []
        for family in range(46):
            for kind in (2, 3, 4, 5, 10):
                try:
                    call("socketpair", family, kind, 0, (ctypes.c_int * 2)())
                except OSError:
                    continue
                found.append((family, kind))
        if not found:
            raise PermissionError(errno.EPERM, "none")
        return found
        """,
        "seccomp",
    ),
    Attempt(
        _PACKET,
        "raw packets",
        "return call('socket', 17, 3, 0x300)",
        "seccomp+capabilities",
        harm="without root there is no such power to lift the layer from",
    ),
    Attempt(
        _PACKET,
        "raw IP",
        "return call('socket', 2, 3, 255)",
        "seccomp+capabilities",
        harm="without root there is no such power to lift the layer from",
    ),
    Attempt(
        _PACKET,
        "the kernel's ciphers",
        "return call('socket', 38, 5, 0)",
        "seccomp",
        ends=_LACKING,
        harm="a kernel need not have them",
    ),
    Attempt(
        _URING,
        "set up",
        "return call('io_uring_setup', 4, ctypes.create_string_buffer(200))",
        "seccomp+rlimits",
    ),
    Attempt(
        _URING,
        "set up with a thread of the kernel",
        "return call('io_uring_setup', 4, ctypes.create_string_buffer(struct.pack('IIIII', 0, 0, 2, 0, 100), 200))",
        "seccomp+rlimits",
    ),
    Attempt(
        _URING,
        "garbage above the number",
        "return call(NUMBERS['io_uring_setup'] | 1 << 32, 4, ctypes.create_string_buffer(200))",
        "seccomp+rlimits",
    ),
    Attempt(
        _URING,
        "asked what it can do",
        # Opcode 8, a probe; since it is known without a ring, it answers where the call is open at all.
        """
        ring = call("io_uring_setup", 1, ctypes.create_string_buffer(200))
        return call("io_uring_register", ring, 8, ctypes.create_string_buffer(4096), 200)
        """,
        "seccomp+rlimits",
    ),
    Attempt(
        _URING,
        "entered",
        "return call('io_uring_enter', call('io_uring_setup', 1, ctypes.create_string_buffer(200)), 0, 0, 0, None, 0)",
        "seccomp+rlimits",
    ),
)
