"""Processes and threads: one process is too many, and threads have a number."""

from agent_core.sandbox import Limits
from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_PROCESSES = "processes"
_THREADS = "threads"
_LIMITS = Limits(step_seconds=10, threads=40)
_ENDS = (*REFUSED, "EAGAIN", "processes")
_CLONE = "call('clone', 17, None, None, None, None)"
# clone(flags, stack): the new thread waits for ever, the old one returns.
_THREAD = "b838000000 31d2 4d31d2 4d31c0 0f05 4885c0 7401 c3 b822000000 0f05 ebf7"

ATTEMPTS = (
    Attempt(
        _PROCESSES,
        "a bomb",
        """
        for _ in range(200):
            if os.fork() == 0:
                time.sleep(3)
                os._exit(0)
        """,
        "notify",
        _ENDS,
        limits=_LIMITS,
    ),
    Attempt(
        _PROCESSES,
        "fork of the C library",
        "if (child := check(libc.fork())) == 0:\n    os._exit(0)\nreturn child",
        "notify",
        _ENDS,
        limits=_LIMITS,
    ),
    Attempt(
        _PROCESSES,
        "fork by number",
        "if (child := call('fork')) == 0:\n    os._exit(0)\nreturn child",
        "seccomp",
        _ENDS,
        limits=_LIMITS,
    ),
    Attempt(
        _PROCESSES,
        "vfork by machine code",
        """
        # vfork; the child, on the same stack, ends at once
        child = machine(bytes.fromhex("5f b83a000000 0f05 57 4885c0 7401 c3 31ff b83c000000 0f05"))
        if child < 0:
            raise OSError(-child, "refused")
        return child
        """,
        "seccomp",
        _ENDS,
        limits=_LIMITS,
    ),
    Attempt(
        _PROCESSES,
        "clone by number",
        f"if (child := {_CLONE}) == 0:\n    os._exit(0)\nreturn child",
        "notify",
        _ENDS,
        limits=_LIMITS,
    ),
    Attempt(
        _PROCESSES,
        "clone that shares the memory",
        "if (child := call('clone', 0x4000 | 17, None, None, None, None)) == 0:\n    os._exit(0)\nreturn child",
        "notify",
        _ENDS,
        limits=_LIMITS,
    ),
    Attempt(
        _PROCESSES,
        "clone3 by number",
        "if (child := call('clone3', bytes(32) + struct.pack('Q', 17) + bytes(24), 64)) == 0:\n"
        "    os._exit(0)\nreturn child",
        "seccomp",
        _ENDS,
        limits=_LIMITS,
    ),
    Attempt(
        _PROCESSES,
        "multiprocessing",
        """
        import importlib
        multiprocessing = importlib.import_module("multiprocessing")  # an import statement gets the one with threads
        worker = multiprocessing.get_context("fork").Process(target=int)
        worker.start()
        worker.join()
        """,
        "notify",
        _ENDS,
        limits=_LIMITS,
    ),
    Attempt(
        _THREADS,
        "of Python",
        """
        import threading
        stop = threading.Event()
        threading.stack_size(2**17)
        try:
            for _ in range(400):
                threading.Thread(target=stop.wait, args=[5], daemon=True).start()
        finally:
            stop.set()
        """,
        "notify",
        (*_ENDS, "RuntimeError"),
        limits=_LIMITS,
    ),
    Attempt(
        _THREADS,
        "_thread, each starting the next",
        """
        import _thread
        started = []
        def go_on():
            started.append(1)
            if len(started) < 400:
                _thread.start_new_thread(go_on, ())
            time.sleep(1)
        _thread.stack_size(2**17)
        go_on()
        if len(started) < 400:
            raise OSError(errno.EAGAIN, "refused")
        """,
        "notify",
        (*_ENDS, "RuntimeError"),
        limits=_LIMITS,
    ),
    Attempt(
        _THREADS,
        "of the C library",
        """
        for _ in range(400):
            kept.append(thread := ctypes.c_ulong())
            if error := libc.pthread_create(ctypes.byref(thread), None, libc.pause, None):
                raise OSError(error, "refused")
        """,
        "notify+rlimits",
        _ENDS,
        limits=_LIMITS,
    ),
    Attempt(
        _THREADS,
        "by machine code",
        f"""
        code = bytes.fromhex("{_THREAD}")
        for _ in range(400):
            kept.append(stack := ctypes.create_string_buffer(4096))
            top = (ctypes.addressof(stack) + 4096) & ~15
            if (result := machine(code, 0x50F00, top)) < 0:
                raise OSError(-result, "refused")
        """,
        "notify",
        _ENDS,
        limits=_LIMITS,
    ),
    Attempt(
        _THREADS,
        "with descriptors of its own",
        f"""
        kept.append(stack := ctypes.create_string_buffer(4096))
        top = (ctypes.addressof(stack) + 4096) & ~15
        if (result := machine(bytes.fromhex("{_THREAD}"), 0x50B00, top)) < 0:
            raise OSError(-result, "refused")
        """,
        "notify",
        _ENDS,
        limits=_LIMITS,
    ),
)
