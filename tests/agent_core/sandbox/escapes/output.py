"""Flooding the host: by what is printed, by values and displays, by frames that no worker sends."""

from agent_core.sandbox import Limits
from tests.agent_core.sandbox.escapes.attempt import Attempt

_OUTPUT = "output"
_FRAMES = "output: frames"
_WORDS = "output: words to the zygote"
_LIMITS = Limits(step_seconds=3)
# The flood itself may succeed, as long as the host keeps little of it.
_ENDS = ("pretended", "ended", "exception", "timeout", "crash", "memory", "MemoryError")
_NO_HOST = "a throw-away process has no host"
_LINK = """
import socket
def link(kind=socket.SOCK_STREAM):
    for handle in range(3, 512):
        try:
            with socket.socket(fileno=os.dup(handle)) as found:
                if found.type == kind:
                    return handle
        except OSError:
            pass
    raise PermissionError(errno.EPERM, "there is no such socket")
def send(frame):
    body = json.dumps(frame).encode()
    call("write", link(), struct.pack("!I", len(body)) + body, len(body) + 4)
def say(word):
    call("write", link(socket.SOCK_SEQPACKET), word, len(word))
    time.sleep(0.3)
"""
_DONE = '{"type": "done", "step": 1, "value": None, "answer": None, "error": None}'


def _attempt(subject: str, name: str, code: str, harm: str = "") -> Attempt:
    return Attempt(subject, name, code, "host", _ENDS, harm, _LIMITS)


ATTEMPTS = (
    _attempt(_OUTPUT, "print", "for _ in range(40):\n    print('x' * 10**6)\nreturn 'printed'"),
    _attempt(_OUTPUT, "lines without end", "for _ in range(600_000):\n    print('x' * 80)"),
    _attempt(_OUTPUT, "by number", "for _ in range(40):\n    call('write', 1, b'x' * 10**6, 10**6)\nreturn 'written'"),
    _attempt(
        _OUTPUT,
        "errors by number, without sense",
        "for _ in range(40):\n    call('write', 2, b'\\xff' * 10**6, 10**6)\nreturn 'written'",
    ),
    _attempt(_OUTPUT, "from C", "for _ in range(400_000):\n    libc.puts(b'x' * 100)\nlibc.fflush(None)\nreturn 'put'"),
    _attempt(_OUTPUT, "a huge value", "global value\nvalue = 'x' * 10**8\nraise KeyboardInterrupt(value)", _NO_HOST),
    _attempt(_OUTPUT, "a huge display", "for _ in range(20):\n    display('x' * 10**7)\nreturn 'shown'", _NO_HOST),
    _attempt(_OUTPUT, "many displays", "for number in range(5000):\n    display(number)\nreturn 'shown'", _NO_HOST),
    _attempt(_OUTPUT, "a huge answer", "final_answer('x' * 10**8)", _NO_HOST),
    _attempt(
        _OUTPUT,
        "a huge table",
        """
        class Table:
            def _repr_html_(self):
                return "<td>" * 10**7
        for _ in range(5):
            display(Table())
        return "shown"
        """,
        _NO_HOST,
    ),
    _attempt(
        _FRAMES,
        "a frame of four gigabytes",
        f"{_LINK}\ncall('write', link(), b'\\xff' * 2**20, 2**20)\ntime.sleep(1)\nreturn 'sent'",
        _NO_HOST,
    ),
    _attempt(
        _FRAMES,
        "a frame that never ends",
        f"{_LINK}\ncall('write', link(), struct.pack('!I', 2**20), 4)\n"
        "forever(lambda: (call('write', link(), b' ', 1), time.sleep(0.01)), 20)",
        _NO_HOST,
    ),
    _attempt(
        _FRAMES,
        "nested deeply",
        f"{_LINK}\nbody = b'[' * 500_000\n"
        "call('write', link(), struct.pack('!I', len(body)) + body, len(body) + 4)\ntime.sleep(1)\nreturn 'sent'",
        _NO_HOST,
    ),
    _attempt(
        _FRAMES,
        "a call with a million arguments",
        f"""{_LINK}
send({{"type": "call", "id": 1, "tool": "x", "arguments": {{str(key): 1 for key in range(10**6)}}}})
time.sleep(1)
return "sent"
""",
        _NO_HOST,
    ),
    _attempt(
        _FRAMES,
        "questions without end",
        f"""{_LINK}
forever(lambda: send({{"type": "ask", "id": 1, "module": "x" * 200}}), 20)
""",
        _NO_HOST,
    ),
    _attempt(
        _FRAMES,
        "running on after saying that it is done",
        f"{_LINK}\nsend({_DONE})\nforever(lambda: None, 20)",
        _NO_HOST,
    ),
    _attempt(_WORDS, "checkpoint, without being asked", f"{_LINK}\nsay(b'checkpoint')\nreturn 'said'", _NO_HOST),
    _attempt(_WORDS, "running, without being asked", f"{_LINK}\nsay(b'running')\nreturn 'said'", _NO_HOST),
    _attempt(_WORDS, "ready, once more", f"{_LINK}\nsay(b'ready')\nreturn 'said'", _NO_HOST),
    _attempt(_WORDS, "a flood", f"{_LINK}\nforever(lambda: say(b'x' * 100_000), 2)", _NO_HOST),
    _attempt(
        _WORDS,
        "checkpoint, by the very worker",
        f"""{_LINK}
import threading
def lie():
    time.sleep(0.2)
    forever(lambda: libc.syscall(ctypes.c_long(NUMBERS["write"]), link(socket.SOCK_SEQPACKET), b"checkpoint", 10), 2)
threading.Thread(target=lie, daemon=True).start()
return "lying"
""",
        _NO_HOST,
    ),
    _attempt(
        _WORDS,
        "threads in the very copy that is to stand still",
        """
        import threading
        def start():
            threading.Thread(target=forever, args=[lambda: None, 20], daemon=True).start()
        os.register_at_fork(after_in_child=start)
        return "ready"
        """,
        _NO_HOST,
    ),
)
