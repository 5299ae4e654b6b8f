"""Signalling, tracing, reprioritising and limiting another process: a sleeping one, whose state tells."""

from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_SIGNAL = "processes: signal"
_TRACE = "processes: trace"
_PRIORITY = "processes: reprioritise"
_LIMIT = "processes: limit"
_BOTH = "notify+landlock"
_PEEK = "return text.raw[: call('process_vm_readv', canary.pid, parts(text), 1, there, 1, 0)]"
_PARTS = """
def parts(buffer):
    return struct.pack("QQ", ctypes.addressof(buffer), len(buffer))
text = ctypes.create_string_buffer(canary.length)
there = struct.pack("QQ", canary.address, canary.length)
"""
_OWNER = """
import fcntl, socket
one, other = socket.socketpair()
"""

ATTEMPTS = (
    Attempt(_SIGNAL, "kill", "return os.kill(canary.pid, 15)", _BOTH),
    Attempt(_SIGNAL, "kill by number, stopping it", "return call('kill', canary.pid, 19)", _BOTH),
    Attempt(_SIGNAL, "kill of its whole group", "return call('kill', -canary.pid, 9)", _BOTH),
    Attempt(_SIGNAL, "garbage above the process", "return call('kill', canary.pid | 1 << 32, 9)", _BOTH),
    Attempt(
        _SIGNAL,
        "under a name that looks like another's number",
        "libc.prctl(15, b'\\x85Tgid: %d' % canary.pid, 0, 0, 0)\nreturn call('kill', canary.pid, 15)",
        _BOTH,
    ),
    Attempt(_SIGNAL, "tkill", "return call('tkill', canary.pid, 9)", _BOTH),
    Attempt(_SIGNAL, "tgkill", "return call('tgkill', canary.pid, canary.pid, 9)", _BOTH),
    Attempt(
        _SIGNAL,
        "a queued signal",
        "return call('rt_sigqueueinfo', canary.pid, 15, struct.pack('iii', 15, 0, -1) + bytes(116))",
        "seccomp+landlock",
    ),
    Attempt(
        _SIGNAL,
        "a queued signal to a thread",
        """
        info = ctypes.create_string_buffer(struct.pack("iii", 15, 0, -1), 128)
        return call("rt_tgsigqueueinfo", canary.pid, canary.pid, 15, info)
        """,
        "seccomp+landlock",
    ),
    Attempt(
        _SIGNAL,
        "by a process descriptor",
        "return call('pidfd_send_signal', call('pidfd_open', canary.pid, 0), 9, None, 0)",
        "seccomp+landlock",
    ),
    Attempt(
        _SIGNAL,
        "as the owner of a socket that is ready",
        f"""{_OWNER}
call("fcntl", one.fileno(), 8, canary.pid)
call("fcntl", one.fileno(), 10, 9)
fcntl.fcntl(one, 4, os.O_ASYNC)
other.send(b"x")
return time.sleep(0.2)
""",
        "seccomp+landlock",
    ),
    Attempt(
        _SIGNAL,
        "as the owner, by ioctl",
        f"""{_OWNER}
call("ioctl", one.fileno(), 0x8901, ctypes.byref(ctypes.c_int(canary.pid)))
call("fcntl", one.fileno(), 4, os.O_ASYNC)
other.send(b"x")
return time.sleep(0.2)
""",
        "seccomp+landlock",
    ),
    Attempt(_SIGNAL, "asking whether the zygote takes one", "return call('kill', os.getppid(), 0)", _BOTH),
    Attempt(_SIGNAL, "asking whether the app takes one", "return call('kill', canary.app, 0)", _BOTH),
    Attempt(
        _SIGNAL,
        "a timer that signals another's thread",
        """
        event = ctypes.create_string_buffer(struct.pack("QiiI", 0, 9, 4, canary.pid), 64)
        return call("timer_create", 1, event, ctypes.byref(ctypes.c_int()))
        """,
        "seccomp",
        ends=(*REFUSED, "EINVAL"),
        harm="the kernel itself refuses threads of others",
    ),
    Attempt(_TRACE, "ptrace, attach", "return call('ptrace', 16, canary.pid, 0, 0)", "seccomp+landlock"),
    Attempt(_TRACE, "ptrace, seize", "return call('ptrace', 0x4206, canary.pid, 0, 0)", "seccomp+landlock"),
    Attempt(_TRACE, "reading memory", f"{_PARTS}\n{_PEEK}", "seccomp+landlock"),
    Attempt(
        _TRACE,
        "writing memory",
        f"{_PARTS}\nreturn call('process_vm_writev', canary.pid, parts(text), 1, there, 1, 0)",
        "seccomp+landlock",
    ),
    Attempt(
        _TRACE,
        "memory by /proc",
        "return os.pread(os.open(f'/proc/{canary.pid}/mem', os.O_RDONLY), canary.length, canary.address)",
        "landlock",
    ),
    Attempt(
        _TRACE, "comparing with itself", "return call('kcmp', canary.pid, canary.pid, 0, 0, 0)", "seccomp+landlock"
    ),
    Attempt(
        _TRACE,
        "counting its events",
        """
        wanted = ctypes.create_string_buffer(struct.pack("IIQQQQQ", 1, 128, 0, 0, 0, 0, 1 << 5 | 1 << 6), 128)
        return call("perf_event_open", wanted, canary.pid, -1, -1, 0)
        """,
        "seccomp",
        harm="most machines keep this from ordinary users",
    ),
    Attempt(_TRACE, "where its files are", "return os.readlink(f'/proc/{canary.pid}/cwd')", "landlock"),
    Attempt(_PRIORITY, "setpriority", "return os.setpriority(os.PRIO_PROCESS, canary.pid, 15)", "seccomp"),
    Attempt(_PRIORITY, "setpriority of a group, by number", "return call('setpriority', 1, canary.pid, 15)", "seccomp"),
    Attempt(
        _PRIORITY, "garbage above the process", "return call('setpriority', 0, canary.pid | 1 << 32, 15)", "seccomp"
    ),
    Attempt(
        _PRIORITY,
        "another scheduler",
        "return call('sched_setscheduler', canary.pid, 3, ctypes.byref(ctypes.c_int(0)))",
        "seccomp",
    ),
    Attempt(
        _PRIORITY,
        "another scheduler, by a newer call",
        "return call('sched_setattr', canary.pid, struct.pack('IIQiIQQQ', 48, 5, 0, 0, 0, 0, 0, 0), 0)",
        "seccomp",
    ),
    Attempt(
        _PRIORITY,
        "the processors it may use",
        "return call('sched_setaffinity', canary.pid, 8, ctypes.byref(ctypes.c_ulong(1)))",
        "seccomp",
    ),
    Attempt(_PRIORITY, "its place at the disk", "return call('ioprio_set', 1, canary.pid, 3 << 13)", "seccomp"),
    Attempt(
        _PRIORITY,
        "its place in the queue for being killed",
        "return open(f'/proc/{canary.pid}/oom_score_adj', 'w').write('900')",
        "landlock",
    ),
    Attempt(
        _LIMIT,
        "prlimit",
        "import resource\nreturn resource.prlimit(canary.pid, resource.RLIMIT_NOFILE, (16, 16))",
        "seccomp",
    ),
    Attempt(
        _LIMIT,
        "prlimit64 by number",
        "return call('prlimit64', canary.pid, 7, struct.pack('QQ', 16, 16), None)",
        "seccomp",
    ),
    Attempt(
        _LIMIT,
        "garbage above the process",
        "return call('prlimit64', canary.pid | 1 << 32, 7, struct.pack('QQ', 16, 16), None)",
        "seccomp",
    ),
    Attempt(
        _LIMIT,
        "asking for the limits of another",
        "return call('prlimit64', canary.pid, 7, None, ctypes.create_string_buffer(16))",
        "seccomp",
    ),
    Attempt(
        _LIMIT,
        "raising its own",
        """
        import resource
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        return resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))
        """,
        "capabilities",
        ends=(*REFUSED, "ValueError"),
        harm="without root there is no such power to lift the layer from",
    ),
)
