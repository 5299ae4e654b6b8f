"""A worker that does not keep to the protocol loses its place, and nothing else happens."""

import pytest

from agent_core import tool
from agent_core.permissions import Decision, PermissionRequest
from agent_core.sandbox import Policy, Sandbox
from agent_core.sandbox.step_permissions import MOST_QUESTIONS
from tests.agent_core.sandbox.support import failure, value

FORGE = """
import json, os, socket, struct
def find(kind):
    for descriptor in range(3, 50):
        try:
            with socket.socket(fileno=os.dup(descriptor)) as sock:
                if sock.type == kind: return descriptor
        except OSError:
            pass
link, orders = find(socket.SOCK_STREAM), find(socket.SOCK_SEQPACKET)
def send(body):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    os.write(link, struct.pack('!I', len(body)) + body)
"""
DONE = {"type": "done", "step": 2, "value": None, "answer": None, "error": None}


@pytest.fixture(autouse=True)
def everything_may_be_imported(box: Sandbox) -> None:
    box.policy = Policy(["*"])


@pytest.mark.parametrize(
    "attack",
    [
        "os.write(link, b'\\xff' * 100)",
        "send(b'no json')",
        "send(b'\\xff\\xfe')",
        "send(b'[' * 100_000)",
        "send([])",
        "send({'type': 'run', 'id': 1})",
        "send({'type': 'display', 'id': 1, 'data': {}})",
        "send({'type': 'display', 'id': 1, 'data': {'text/plain': 7}})",
        "send({'type': 'call', 'id': 0, 'tool': 'x', 'arguments': {}})",
        "send({'type': 'call', 'id': 1, 'tool': 'x', 'arguments': []})",
        f"send({DONE | {'step': 3}})",
        f"send({DONE | {'error': {'kind': 'timeout', 'message': '', 'traceback': ''}}})",
        f"send({DONE | {'value': 'x' * 200_001}})",
        "os.close(link)",
        "import shutil\nshutil.os.shutdown = None\nos.closerange(3, 50)",
    ],
)
async def test_a_frame_out_of_order_ends_the_worker(box: Sandbox, attack: str):
    await value(box, FORGE)
    error = await failure(box, f"{attack}\nimport time\ntime.sleep(60)")
    assert error.kind == "crash"
    assert await value(box, "1 + 1") == "2"


async def test_half_a_frame_is_waited_for_no_longer_than_the_step(box: Sandbox):
    box.limits = type(box.limits)(step_seconds=0.3)
    await value(box, FORGE)
    assert (await failure(box, "os.write(link, b'\\0\\0\\1\\0half')\nwhile True: pass")).kind in ("timeout", "crash")
    assert await value(box, "1 + 1") == "2"


async def test_a_flood_of_frames_ends_with_the_step(box: Sandbox):
    box.limits = type(box.limits)(step_seconds=0.5)
    await value(box, FORGE)
    flood = "while True: send({'type': 'call', 'id': 1, 'tool': 'x', 'arguments': {}})"
    assert (await failure(box, flood)).kind in ("timeout", "crash")
    assert await value(box, "1 + 1") == "2"


async def test_a_result_that_is_forged_is_only_its_own(box: Sandbox):
    await value(box, FORGE)
    done = await box.run(f"send({DONE | {'value': 'forged'}})")
    assert done.value == "forged"
    assert (await failure(box, "1")).kind == "crash"  # the true one comes out of turn
    assert await value(box, "1 + 1") == "2"


@pytest.mark.parametrize("word", ["checkpoint", "running", "ready", "listener", "failed", "x" * 3000])
async def test_a_word_to_the_zygote_out_of_turn_ends_the_worker(box: Sandbox, word: str):
    await value(box, FORGE)
    async with Sandbox() as other:
        await value(other, "x = 1")
        error = await failure(box, f"os.write(orders, {word!r}.encode())\nimport time\ntime.sleep(20)")
        assert error.kind == "crash"
        assert await value(other, "x") == "1"
    assert await value(box, "1 + 1") == "2"


async def test_a_flood_of_words_to_the_zygote_keeps_nobody_waiting(box: Sandbox):
    await value(box, FORGE)
    assert (await failure(box, "while True: os.write(orders, b'checkpoint')")).kind == "crash"
    assert await value(box, "1 + 1") == "2"


# What the worker does when it is ordered to fork a checkpoint is hostile here, which the next step shows.
STEALS_THE_FORK = """
import gc, os, threading, time
forks = next(found for found in gc.get_objects() if type(found).__name__ == "CheckpointForks")
assert hasattr(forks, "{name}")
vars(forks)["{name}"] = {value}
"""


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("_is_new_process", "lambda: os._exit(1)"),
        ("_is_new_process", "lambda: time.sleep(60)"),
        ("_report", "lambda channel, word: os.write(channel, b'running')"),
        ("_report", "lambda channel, word: time.sleep(60)"),
        ("_wait_for_orders", "lambda: [None for _ in iter(int, 1)]"),
    ],
)
async def test_a_worker_that_does_not_fork_as_told(monkeypatch: pytest.MonkeyPatch, box: Sandbox, name: str, code: str):
    await value(box, "x = 1")
    await value(box, STEALS_THE_FORK.format(name=name, value=code))
    done = await box.run("1 + 1")  # waits for the checkpoint until its deadline
    assert done.error is None or done.error.kind == "crash"
    assert await value(box, "2 + 2") == "4"


async def test_the_end_of_a_worker_is_seen_though_its_checkpoint_is_slow(box: Sandbox):
    slow = "lambda: type(forks)._is_new_process(forks) or bool(time.sleep(0.5))"
    await value(box, STEALS_THE_FORK.format(name="_is_new_process", value=slow))
    for _ in range(3):  # the later ones end a worker that was forked from the slow one
        assert (await failure(box, "os._exit(1)")).kind == "crash"
    assert await value(box, "2 + 2") == "4"


async def test_a_step_may_not_send_without_end(box: Sandbox):
    await value(box, FORGE)
    flood = "body = json.dumps({'type': 'display', 'id': 1, 'data': {'text/plain': 'x' * 10**7}}).encode()\n"
    error = await failure(box, f"{flood}while True: send(body)")
    assert (error.kind, "more than 128 MB" in error.message) == ("crash", True)
    assert await value(box, "1 + 1") == "2"


async def test_a_name_that_cannot_be_read_ends_nobody_else(box: Sandbox):
    box.policy = Policy(["*"])
    async with Sandbox() as other:
        await other.run("x = 1")
        name = "import ctypes, os\nctypes.CDLL(None).prctl(15, b'\\x85Tgid: x', 0, 0, 0)"
        assert (await box.run(f"{name}\nos.kill(os.getpid(), 0)")).error is None
        assert (await other.run("x")).value == "1"


async def test_a_request_that_is_too_long_is_an_error_inside(box: Sandbox):
    @tool
    def measure(text: str) -> int:
        """Measure it."""
        return len(text)

    box.tools = [measure]
    done = await box.run("measure('x' * 20_000_000)")
    assert done.error is not None
    assert "19.1 of at most 12 MB" in done.error.message
    done = await box.run("measure(['x'] * 300_000)")
    assert done.error is not None
    assert "1.4 of at most 1 MB" in done.error.message
    assert (await box.run("measure('x' * 900_000)")).value == "900000"


async def test_nobody_is_asked_without_end(box: Sandbox):
    asked = []

    async def ask(request: PermissionRequest) -> Decision:
        asked.append(request.name)
        return "deny"

    box.policy = Policy(["socket"], ask=ask)
    code = "import socket\nfor n in range(60):\n    try: socket.create_connection((f'h{n}.example', 80))\n"
    await box.run(f"{code}    except OSError: pass")
    assert len(asked) == MOST_QUESTIONS


async def test_locks_are_of_no_consequence_outside(box: Sandbox):
    code = "import fcntl\nfiles = [open('x', 'w') for _ in range(2)]\n"
    code += "[fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB) for file in files]"
    assert (await box.run(code)).value == "[None, None]"
