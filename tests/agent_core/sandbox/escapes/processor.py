"""Running on: past the wall time of a step, past its processor time, ahead of others."""

from agent_core.sandbox import Limits
from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_WALL = "wall time"
_PROCESSOR = "processor time"
_SHORT = Limits(step_seconds=0.5)
_BUSY = Limits(step_seconds=10, processor_seconds=0.4)
_ENDS = ("timeout",)
_ROOT = "without root there is no such power to lift the layer from"

ATTEMPTS = (
    Attempt(_WALL, "a loop", "forever(lambda: None, 20)", "host", _ENDS, limits=_SHORT),
    Attempt(
        _WALL,
        "a loop that catches all and hears nothing",
        """
        import signal
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                time.sleep(0.01)
            except BaseException:
                pass
        """,
        "host",
        _ENDS,
        limits=_SHORT,
    ),
    Attempt(_WALL, "C code that holds the lock", "sum(range(10**9))", "host", _ENDS, limits=_SHORT),
    Attempt(
        _WALL,
        "a sleep by number, with every signal blocked",
        """
        call("rt_sigprocmask", 0, bytes([255] * 8), None, 8)
        call("nanosleep", struct.pack("qq", 20, 0), None)
        """,
        "host",
        _ENDS,
        limits=_SHORT,
    ),
    Attempt(
        _WALL,
        "stopped by itself, by number",
        # Again and again: it may be faster than the signal by which every step's process is let go on.
        "for _ in range(5):\n    call('kill', os.getpid(), 19)",
        "host",
        _ENDS,
        limits=_SHORT,
    ),
    Attempt(
        _WALL,
        "machine code that never returns",
        "machine(b'\\xeb\\xfe')",
        "host",
        (*_ENDS, "ENOSYS"),
        limits=_SHORT,
    ),
    Attempt(
        _PROCESSOR,
        "threads that hash",
        """
        import hashlib, threading
        work = [threading.Thread(target=hashlib.pbkdf2_hmac, args=["sha256", b"x", b"y", 10**6]) for _ in range(4)]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        """,
        "watchdog",
        _ENDS,
        limits=_BUSY,
    ),
    Attempt(
        _PROCESSOR,
        "threads in C, by ctypes",
        """
        import threading
        space = ctypes.create_string_buffer(2**24)
        def fill():
            busy(lambda: libc.memset(space, 1, 2**24))
        work = [threading.Thread(target=fill) for _ in range(3)]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()
        """,
        "watchdog",
        _ENDS,
        limits=_BUSY,
    ),
    Attempt(
        _PROCESSOR,
        "while its clock stands still in a sleep of the main thread",
        """
        import threading
        threading.Thread(target=busy, args=[lambda: None]).start()
        busy(lambda: time.sleep(0.5))
        """,
        "watchdog",
        _ENDS,
        limits=_BUSY,
    ),
    Attempt(
        _PROCESSOR,
        "machine code in a thread",
        """
        import threading
        threading.Thread(target=machine, args=[b"\\xeb\\xfe"], daemon=True).start()
        busy(lambda: time.sleep(0.5))
        """,
        "watchdog",
        _ENDS,
        limits=_BUSY,
    ),
    Attempt(_PROCESSOR, "ahead of others", "return call('setpriority', 0, 0, -10)", "seccomp+capabilities", harm=_ROOT),
    Attempt(
        _PROCESSOR,
        "in real time",
        "return call('sched_setscheduler', 0, 1, ctypes.byref(ctypes.c_int(1)))",
        "seccomp+capabilities+rlimits",
        REFUSED,
        harm=_ROOT,
    ),
)
