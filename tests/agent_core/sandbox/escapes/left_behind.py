"""Leaving something behind: a process that goes on after its chat, or an object of the kernel that nobody removes."""

from agent_core.sandbox import Limits
from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_PROCESSES = "left behind: processes"
_OBJECTS = "left behind: objects of the kernel"
_LIMITS = Limits(step_seconds=1.5)
_GONE = (*REFUSED, "pretended", "timeout", "crash")  # what was tried may succeed, as long as nothing is left in the end

ATTEMPTS = (
    Attempt(
        _PROCESSES,
        "a daemon",
        """
        if (child := os.fork()) == 0:
            try:
                os.setsid()
            finally:
                time.sleep(20)
            os._exit(0)
        return child
        """,
        "notify",
    ),
    Attempt(
        _PROCESSES,
        "a grandchild, by number",
        """
        if (child := call("clone", 17, None, None, None, None)) == 0:
            if call("clone", 17, None, None, None, None) == 0:
                time.sleep(20)
            os._exit(0)
        return os.waitpid(child, 0)
        """,
        "notify",
    ),
    Attempt(
        _PROCESSES,
        "a sibling instead of a child",
        """
        if (child := call("clone", 0x8000 | 17, None, None, None, None)) == 0:
            time.sleep(20)
            os._exit(0)
        return child
        """,
        "notify",
    ),
    Attempt(
        _PROCESSES,
        "the fork that was meant for the checkpoint",
        """
        import threading
        def steal():
            end = time.monotonic() + 3
            while time.monotonic() < end:
                if (child := libc.syscall(ctypes.c_long(NUMBERS["clone"]), 17, None, None, None, None)) == 0:
                    call("nanosleep", struct.pack("qq", 20, 0), None)
                    call("exit_group", 0)
                if child > 0:
                    return
        threading.Thread(target=steal, daemon=True).start()
        return time.sleep(0.1)
        """,
        "notify",
        ends=_GONE,
    ),
    Attempt(
        _PROCESSES,
        "out of its session",
        "return call('setsid')",
        "seccomp",
        harm="whoever leads a session already cannot have another",
    ),
    Attempt(
        _PROCESSES,
        "into another group",
        "return call('setpgid', 0, canary.pid)",
        "seccomp",
        harm="the kernel itself keeps a group within its session",
    ),
    Attempt(_PROCESSES, "outliving its parent", "return call('prctl', 1, 0, 0, 0, 0)", "seccomp"),
    Attempt(_PROCESSES, "inheriting others' children", "return call('prctl', 36, 1, 0, 0, 0)", "seccomp"),
    Attempt(
        _PROCESSES,
        "deaf to every signal",
        """
        import signal, threading
        for number in set(range(1, 32)) - {9, 17, 19}:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
        threading.Thread(target=time.sleep, args=[20]).start()
        return "deaf"
        """,
        "host",
        ends=_GONE,
    ),
    Attempt(
        _PROCESSES,
        "a thread without its main thread",
        """
        import threading
        threading.Thread(target=time.sleep, args=[20]).start()
        return call("exit", 0)
        """,
        "host",
        ends=_GONE,
        limits=_LIMITS,
    ),
    Attempt(
        _PROCESSES,
        "stopped, so that it never ends",
        "return os.kill(os.getpid(), 19)",
        "host",
        ends=_GONE,
        limits=_LIMITS,
    ),
    Attempt(
        _OBJECTS,
        "shared memory",
        """
        segment = call("shmget", 0, 4096, 0o1600)
        call("shmctl", segment, 0, None)
        return segment
        """,
        "seccomp",
    ),
    Attempt(
        _OBJECTS,
        "semaphores",
        """
        semaphores = call("semget", 0, 1, 0o1600)
        call("semctl", semaphores, 0, 0, 0)
        return semaphores
        """,
        "seccomp",
    ),
    Attempt(
        _OBJECTS,
        "a queue of messages",
        """
        queue = call("msgget", 0, 0o1600)
        call("msgctl", queue, 0, None)
        return queue
        """,
        "seccomp",
    ),
    Attempt(
        _OBJECTS,
        "a POSIX queue of messages",
        """
        queue = call("mq_open", "canary", os.O_CREAT | os.O_RDWR, 0o600, None)
        call("mq_unlink", "canary")
        return queue
        """,
        "seccomp+rlimits+landlock",
    ),
)
