"""Namespaces, mounts, keys and clocks, and what else only the owner of a machine may change."""

from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_NAMESPACES = "machine: namespaces"
_MOUNTS = "machine: mounts"
_KEYS = "machine: keys"
_CLOCKS = "machine: clocks"
_OTHERS = "machine: others"
_NO_MOUNT = "a mount would change the machine"
_NO_CLOCK = "the clock is the machine's"
_NO_CHANGE = "it would change the machine"
_EITHER = "seccomp+capabilities"

ATTEMPTS = (
    Attempt(_NAMESPACES, "of users", "return call('unshare', 0x1000_0000)", "seccomp"),
    Attempt(_NAMESPACES, "of users and networks", "return check(libc.unshare(0x5000_0000))", "seccomp"),
    Attempt(
        _NAMESPACES,
        "by a new process",
        """
        if (child := call("clone", 0x1000_0000 | 17, None, None, None, None)) == 0:
            os._exit(0)
        return os.waitpid(child, 0)
        """,
        "notify",
    ),
    Attempt(
        _NAMESPACES,
        "by a new process, in a newer call",
        """
        wanted = struct.pack("QQQQQ", 0x1000_0000, 0, 0, 0, 17) + bytes(24)
        if (child := call("clone3", wanted, 64)) == 0:
            os._exit(0)
        return os.waitpid(child, 0)
        """,
        "seccomp",
    ),
    Attempt(
        _NAMESPACES,
        "of another process",
        "return call('setns', call('pidfd_open', canary.pid, 0), 0x0400_0000)",
        _EITHER + "+landlock",
        harm="without root there is no such power to lift the layer from",
    ),
    Attempt(
        _NAMESPACES,
        "another root",
        "return call('chroot', '.')",
        _EITHER,
        harm="without root there is no such power to lift the layer from",
    ),
    Attempt(_MOUNTS, "mount", "return check(libc.mount(b'none', b'.', b'tmpfs', 0, None))", _EITHER, harm=_NO_MOUNT),
    Attempt(_MOUNTS, "mount by number", "return call('mount', '/', '.', None, 0x1000, None)", _EITHER, harm=_NO_MOUNT),
    Attempt(
        _MOUNTS,
        "in a namespace of its own",
        "call('unshare', 0x1002_0000)\nreturn call('mount', 'none', '.', 'tmpfs', 0, None)",
        "seccomp",
        harm=_NO_MOUNT,
    ),
    Attempt(
        _MOUNTS, "by newer calls", "return call('fsmount', call('fsopen', 'tmpfs', 0), 0, 0)", _EITHER, harm=_NO_MOUNT
    ),
    Attempt(_MOUNTS, "a copy of the tree", "return call('open_tree', AT_FDCWD, '/', 1)", _EITHER, harm=_NO_MOUNT),
    Attempt(
        _MOUNTS,
        "a copy of the tree, by a newer call",
        "return call('open_tree_attr', AT_FDCWD, '/', 1, None, 0)",
        _EITHER,
        harm=_NO_MOUNT,
    ),
    Attempt(
        _MOUNTS, "attributes", "return call('mount_setattr', AT_FDCWD, '/', 0, bytes(32), 32)", _EITHER, harm=_NO_MOUNT
    ),
    Attempt(_MOUNTS, "unmount", "return call('umount2', canary.folder, 2)", _EITHER, harm=_NO_MOUNT),
    Attempt(_MOUNTS, "another root", "return call('pivot_root', '.', '.')", _EITHER, harm=_NO_MOUNT),
    Attempt(
        _MOUNTS,
        "a list of them",
        """
        found = (ctypes.c_ulong * 16)()
        return call("listmount", struct.pack("IIQQ", 24, 0, 2**64 - 1, 0), found, 16, 0)
        """,
        "seccomp",
    ),
    Attempt(_KEYS, "a key of its own", "return call('add_key', 'user', 'canary', b'x', 1, -2)", "seccomp"),
    Attempt(
        _KEYS,
        "those of the session",
        "return call('keyctl', 0, -3, 0)",
        "seccomp",
        ends=REFUSED,
        harm="there need not be any",
    ),
    Attempt(
        _KEYS,
        "those of the user",
        "return call('keyctl', 11, -4, ctypes.create_string_buffer(512), 512)",
        "seccomp",
        harm="there need not be any",
    ),
    Attempt(_KEYS, "a request", "return call('request_key', 'user', 'canary', None, 0)", "seccomp", harm=_NO_CHANGE),
    Attempt(_KEYS, "a keyring for the session", "return call('keyctl', 1, None)", "seccomp"),
    Attempt(_CLOCKS, "set", "return call('clock_settime', 0, struct.pack('qq', 0, 0))", _EITHER, harm=_NO_CLOCK),
    Attempt(
        _CLOCKS,
        "set in the old way",
        "return call('settimeofday', struct.pack('qq', 0, 0), None)",
        _EITHER,
        harm=_NO_CLOCK,
    ),
    Attempt(
        _CLOCKS,
        "tuned",
        "return call('adjtimex', ctypes.create_string_buffer(struct.pack('I', 1), 256))",
        _EITHER,
        harm=_NO_CLOCK,
    ),
    Attempt(
        _CLOCKS,
        "tuned in the newer way",
        "return call('clock_adjtime', 0, ctypes.create_string_buffer(struct.pack('I', 1), 256))",
        _EITHER,
        harm=_NO_CLOCK,
    ),
    Attempt(_CLOCKS, "set by Python", "return time.clock_settime(time.CLOCK_REALTIME, 0)", _EITHER, harm=_NO_CLOCK),
    Attempt(_OTHERS, "its name", "return call('sethostname', b'x', -1)", _EITHER, harm=_NO_CHANGE),
    Attempt(_OTHERS, "restart", "return call('reboot', 0, 0, 0, None)", _EITHER, harm=_NO_CHANGE),
    Attempt(_OTHERS, "another kernel", "return call('kexec_load', 0, -1, None, 0)", _EITHER, harm=_NO_CHANGE),
    Attempt(_OTHERS, "a module", "return call('init_module', None, 0, None)", _EITHER, harm=_NO_CHANGE),
    Attempt(_OTHERS, "no more swap", "return call('swapoff', None)", _EITHER, harm=_NO_CHANGE),
    Attempt(_OTHERS, "its ports", "return call('iopl', 3)", _EITHER, harm=_NO_CHANGE),
    Attempt(
        _OTHERS,
        "another user",
        "return call('setresuid', 65534, 65534, 65534)",
        _EITHER,
        harm="without root there is no such power to lift the layer from",
    ),
    Attempt(
        _OTHERS,
        "a filter of its own that answers first",
        """
        program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FC0_0000))
        wanted = struct.pack("HxxxxxxQ", 1, ctypes.addressof(program))
        return call("seccomp", 1, 8, wanted)
        """,
        "seccomp+notify",
        harm="a supervised process cannot have a second supervisor, and an unsupervised one needs no new one",
    ),
    Attempt(
        _OTHERS,
        "a filter of its own, by prctl",
        "return call('prctl', 22, 2, None, 0, 0)",
        "seccomp",
        harm="it would answer itself",
    ),
    Attempt(
        _OTHERS,
        "calls that nobody knows yet",
        """
        found = [number for number in range(470, 600) if _answers(number)]
        if not found:
            raise OSError(errno.ENOSYS, "none")
        return found
        """.replace(
            "_answers(number)", "libc.syscall(number, -1, -1, -1, -1, -1, -1) != -1 or ctypes.get_errno() != 38"
        ),
        "seccomp",
        harm="the kernel does not know them either",
    ),
)
