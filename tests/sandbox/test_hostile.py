"""A worker that does not keep to the protocol loses its place, and nothing else happens."""

import pytest

from agent_core.sandbox import Sandbox

from .support import failure, value

FORGE = """
import json, os, stat, struct
link = next(fd for fd in range(10, 50) if os.path.exists(f'/proc/self/fd/{fd}') and stat.S_ISSOCK(os.fstat(fd).st_mode))
def send(body):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    os.write(link, struct.pack('!I', len(body)) + body)
"""
DONE = {"type": "done", "step": 2, "value": None, "answer": None, "error": None}


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
