"""Reaching anything over a network. Servers on the loopback interface tell when something arrived."""

from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_TCP = "network: TCP"
_FAST = "network: TCP fast open"
_UDP = "network: UDP"
_UNIX = "network: unix sockets"
_CONNECT = "seccomp+landlock"
_BROKEN = (*REFUSED, "EINVAL", "EPIPE")

ATTEMPTS = (
    Attempt(
        _TCP,
        "socket",
        "import socket\nreturn socket.create_connection(('127.0.0.1', canary.tcp), 5).send(b'x')",
        _CONNECT,
        ends=(*REFUSED, "host_denied", "HostDenied", "PermissionError"),
    ),
    Attempt(
        _TCP,
        "_socket",
        """
        import _socket
        connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        connection.connect(("127.0.0.1", canary.tcp))
        return connection.send(b"x")
        """,
        _CONNECT,
    ),
    Attempt(
        _TCP,
        "connect by number",
        """
        connection = call("socket", 2, 1, 0)
        call("connect", connection, address(canary.tcp), 16)
        return os.write(connection, b"x")
        """,
        _CONNECT,
    ),
    Attempt(
        _TCP,
        "connect over IPv6 to an IPv4 address",
        """
        connection = call("socket", 10, 1, 6)
        call("connect", connection, address6(canary.tcp, bytes(10) + b"\\xff\\xff\\x7f\\0\\0\\1"), 28)
        return os.write(connection, b"x")
        """,
        _CONNECT,
    ),
    Attempt(
        _TCP,
        "connect by MPTCP, to which Landlock is blind",
        """
        connection = call("socket", 2, 1, 262)
        call("connect", connection, address(canary.tcp), 16)
        return os.write(connection, b"x")
        """,
        "seccomp",
    ),
    Attempt(
        _TCP,
        "a server of its own",
        """
        server = call("socket", 2, 1, 0)
        call("bind", server, address(0), 16)
        return call("listen", server, 1)
        """,
        _CONNECT,
    ),
    Attempt(
        _TCP,
        "a server without a bind",
        "return call('listen', call('socket', 2, 1, 0), 1)",
        "seccomp",
    ),
    Attempt(
        _FAST,
        "sendto",
        "return call('sendto', call('socket', 2, 1, 0), b'x', 1, 0x2000_0000, address(canary.tcp), 16)",
        "seccomp",
    ),
    Attempt(
        _FAST,
        "sendto with garbage above the flags",
        "return call('sendto', call('socket', 2, 1, 0), b'x', 1, 0x2000_0000 | 1 << 40, address(canary.tcp), 16)",
        "seccomp",
    ),
    Attempt(
        _FAST,
        "sendmsg",
        "return call('sendmsg', call('socket', 2, 1, 0), message(address(canary.tcp), b'x'), 0x2000_0000)",
        "seccomp",
    ),
    Attempt(
        _FAST,
        "sendmmsg",
        "return call('sendmmsg', call('socket', 2, 1, 0), message(address(canary.tcp), b'x'), 1, 0x2000_0000)",
        "seccomp",
    ),
    Attempt(
        _FAST,
        "a connect that waits for the first write",
        """
        connection = call("socket", 2, 1, 0)
        call("setsockopt", connection, 6, 30, struct.pack("i", 1), 4)
        call("connect", connection, address(canary.tcp), 16)
        return os.write(connection, b"x")
        """,
        _CONNECT,
    ),
    Attempt(
        _UDP,
        "_socket",
        """
        import _socket
        return _socket.socket(_socket.AF_INET, _socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", canary.udp))
        """,
        "seccomp",
    ),
    Attempt(
        _UDP,
        "sendto by number",
        "return call('sendto', call('socket', 2, 2, 17), b'x', 1, 0, address(canary.udp), 16)",
        "seccomp",
    ),
    Attempt(
        _UDP,
        "garbage above the arguments of socket",
        """
        connection = call("socket", 2 | 1 << 32, 2 | 1 << 32, 0)
        return call("sendto", connection, b"x", 1, 0, address(canary.udp), 16)
        """,
        "seccomp",
    ),
    Attempt(
        _UDP,
        "sendmmsg over IPv6 to an IPv4 address",
        """
        connection = call("socket", 10, 2 | os.O_CLOEXEC, 0)
        place = address6(canary.udp, bytes(10) + b"\\xff\\xff\\x7f\\0\\0\\1")
        return call("sendmmsg", connection, message(place, b"x"), 1, 0)
        """,
        "seccomp",
    ),
    Attempt(
        _UDP,
        "a ping",
        "return call('socket', 2, 2, 1)",
        "seccomp",
        harm="only some machines let an ordinary user ping",
    ),
    Attempt(
        _UNIX,
        "a path",
        """
        connection = call("socket", 1, 1, 0)
        place = struct.pack("=H", 1) + os.fsencode(canary.unix)
        call("connect", connection, place, len(place))
        return os.write(connection, b"x")
        """,
        "seccomp",
    ),
    Attempt(
        _UNIX,
        "an abstract name",
        """
        connection = call("socket", 1, 1, 0)
        place = struct.pack("=H", 1) + b"\\0" + os.fsencode(canary.abstract)
        call("connect", connection, place, len(place))
        return os.write(connection, b"x")
        """,
        "seccomp+landlock",
    ),
    Attempt(
        _UNIX,
        "a datagram to a path",
        """
        place = struct.pack("=H", 1) + os.fsencode(canary.datagrams)
        return call("sendto", call("socket", 1, 2, 0), b"x", 1, 0, place, len(place))
        """,
        "seccomp",
    ),
    Attempt(
        _UNIX,
        "a datagram from one of a pair",
        """
        pair = (ctypes.c_int * 2)()
        call("socketpair", 1, 2, 0, pair)
        place = struct.pack("=H", 1) + os.fsencode(canary.datagrams)
        return call("sendto", pair[0], b"x", 1, 0, place, len(place))
        """,
        "seccomp",
    ),
    Attempt(
        _UNIX,
        "garbage above the kind of a pair",
        """
        pair = (ctypes.c_int * 2)()
        call("socketpair", 1 | 1 << 32, 2 | 1 << 32, 0, pair)
        place = struct.pack("=H", 1) + os.fsencode(canary.datagrams)
        return call("sendto", pair[0], b"x", 1, 0, place, len(place))
        """,
        "seccomp",
    ),
    Attempt(
        _UNIX,
        "the worker's own socket, connected elsewhere",
        """
        import stat
        place = struct.pack("=H", 1) + os.fsencode(canary.unix)
        for handle in range(3, 64):
            if os.path.exists(f"/dev/fd/{handle}") or True:
                try:
                    if stat.S_ISSOCK(os.fstat(handle).st_mode):
                        return call("connect", handle, place, len(place))
                except OSError as error:
                    if error.errno != errno.EBADF:
                        raise
        raise PermissionError(errno.EPERM, "it has none")
        """,
        "seccomp",
        harm="outside the sandbox there is no such socket",
    ),
)
