"""Which layers hold, and what happens where one is missing: a kernel without it is imitated by a filter."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from agent_core.sandbox import confinement
from agent_core.sandbox.guest.confinement import layer_names
from tests.support import ROOT

LANDLOCK = (layer_names.FILES, layer_names.TCP, layer_names.SIGNALS)

# A process, and all that come from it, for which the kernel is another. Then a sandbox, and what comes of its code.
OTHER_KERNEL = """
import asyncio, ctypes, errno, json, struct, sys
import pyseccomp
from pyseccomp import ALLOW, EQ, ERRNO, NE, Arg, Arch, SyscallFilter
LANDLOCK = ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")

def refuse(number, *calls):
    rules = SyscallFilter(ALLOW)
    for call in calls:
        rules.add_rule(ERRNO(number), call)
    rules.load()

def refuse_limits(*resources):
    rules = SyscallFilter(ALLOW)
    for kind in resources:
        rules.add_rule(ERRNO(errno.EPERM), "prlimit64", Arg(1, EQ, kind), Arg(2, NE, 0))
        rules.add_rule(ERRNO(errno.EPERM), "setrlimit", Arg(0, EQ, kind))
    rules.load()

class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

def listen():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(38, 1, 0, 0, 0)
    all_allowed = Program(1, struct.pack("HBBI", 0x06, 0, 0, 0x7FFF_0000))
    call = pyseccomp.resolve_syscall(Arch.NATIVE, "seccomp")
    assert libc.syscall(call, 1, 8, ctypes.byref(all_allowed)) >= 0

PREPARATION
from agent_core.errors import SandboxError
from agent_core.sandbox import Policy, Sandbox, confinement

async def main():
    found = confinement.probe()
    told = {"holding": found.holding, "missing": found.missing, "remedies": found.remedies, "values": []}
    async with Sandbox(policy=Policy(imports=["*"])) as box:
        for code in sys.argv[1:]:
            try:
                done = await box.run(code)
                told["values"].append(done.value or (done.error and done.error.message))
            except SandboxError as error:
                told["refusal"] = str(error)
    print(json.dumps(told))

asyncio.run(main())
"""
CONNECT = """
import ctypes, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
sock = socket.socket()
address = struct.pack("!HH4s8s", socket.htons(2), PORT, bytes([127, 0, 0, 1]), bytes(8))
code = libc.connect(sock.fileno(), address, 16)
(code, ctypes.get_errno())
"""
MUTE_LANDLOCK = "refuse(errno.ENOSYS, *LANDLOCK)"


def run_on(preparation: str, *codes: str, **environment: str) -> dict[str, Any]:
    """What a sandbox tells on another kernel."""
    done = subprocess.run(
        [sys.executable, "-c", OTHER_KERNEL.replace("PREPARATION", preparation), *codes],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        yield server


def was_connected_to(server: socket.socket) -> bool:
    try:
        server.accept()[0].close()
    except TimeoutError:
        return False
    return True


def test_all_layers_hold_here():
    found = confinement.probe()
    assert found.missing == ()
    assert found.holding == (*layer_names.TRIED, layer_names.WATCHDOG)
    found.require()


@pytest.mark.parametrize(
    ("preparation", "missing", "remedy"),
    [
        (MUTE_LANDLOCK, LANDLOCK, "older than 5.13, was built without Landlock, or is hidden by a container or gVisor"),
        ("refuse(errno.EOPNOTSUPP, *LANDLOCK)", LANDLOCK, "boot with “lsm=landlock,…”"),
        ("listen()", (layer_names.SUPERVISION,), "use networkingMode=nat in .wslconfig"),
    ],
)
def test_without_a_layer_that_must_hold_no_code_is_run(preparation: str, missing: tuple[str, ...], remedy: str):
    told = run_on(preparation, "1 + 1")
    assert tuple(told["missing"]) == missing
    assert f"Missing: {missing[0]}. " in told["refusal"]
    assert remedy in told["refusal"] and "GLASSBOX_ALLOW_UNCONFINED=1" in told["refusal"]
    assert told["values"] == []


def test_whoever_deploys_it_can_take_the_risk():
    codes = ("x = 1", "import os; os._exit(3)", "x")
    told = run_on(MUTE_LANDLOCK, *codes, GLASSBOX_ALLOW_UNCONFINED="1")
    assert "as they were before this step" in told["values"][1]
    assert told["values"][2] == "1"


@pytest.mark.parametrize("preparation", [MUTE_LANDLOCK, "listen()", f"listen(); {MUTE_LANDLOCK}"])
def test_what_is_listed_holds_whatever_else_is_missing(preparation: str, listening: socket.socket):
    code = CONNECT.replace("PORT", str(listening.getsockname()[1]))
    told = run_on(preparation, code, "x = 1", "x", GLASSBOX_ALLOW_UNCONFINED="1")
    assert layer_names.CALLS in told["holding"]
    assert (layer_names.SUPERVISION in told["holding"]) == ("listen" not in preparation)
    assert told["values"] == ["(-1, 1)", None, "1"], "EPERM is the filter's, as Landlock's would be EACCES"
    assert not was_connected_to(listening)


def test_what_is_not_listed_does_not_hold(listening: socket.socket):
    """Else the test above would prove nothing."""
    code = CONNECT.replace("PORT", str(listening.getsockname()[1]))
    no_filters = f"{MUTE_LANDLOCK}; refuse(errno.ENOSYS, 'seccomp')"
    told = run_on(no_filters, code, GLASSBOX_ALLOW_UNCONFINED="1")
    assert not {layer_names.CALLS, layer_names.SUPERVISION} & set(told["holding"])
    assert {layer_names.NO_NEW_PRIVILEGES, layer_names.CAPABILITIES, layer_names.LIMITS} <= set(told["holding"])
    assert told["values"][0].startswith("(0, ")
    assert was_connected_to(listening)


def test_a_limit_that_cannot_be_set_costs_no_other_layer():
    """gVisor refuses some, and Python makes a ValueError of that."""
    code = (
        "import resource\n[resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_MSGQUEUE, resource.RLIMIT_NOFILE)]"
    )
    memory = "import resource\nresource.getrlimit(resource.RLIMIT_AS)[0] > 0"
    told = run_on("refuse_limits(12, 13)", code, memory)
    assert told["missing"] == [layer_names.LIMITS]
    assert "Resource limits: These limits could not be set: MSGQUEUE, NICE." in told["remedies"]
    assert told["values"][0].endswith(", 256]") and not told["values"][0].startswith("[0,")
    assert told["values"][1] == "True"


def test_a_probe_that_breaks_off_says_what_it_found_so_far(caplog: pytest.LogCaptureFixture, monkeypatch):
    broken = confinement._TRY + "    layer == 'resource limits' and sys.exit('It was too much.')"  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(confinement, "_TRY", broken)
    found = confinement.probe.__wrapped__()
    assert found.holding == (layer_names.NO_NEW_PRIVILEGES, layer_names.LIMITS, layer_names.WATCHDOG)
    assert "It was too much." in caplog.text
    assert f"Missing on this machine: {layer_names.FILES}." in caplog.text


@pytest.mark.parametrize("layer", layer_names.REQUIRED)
def test_a_layer_that_must_hold_is_named(monkeypatch: pytest.MonkeyPatch, layer: str):
    lacking = confinement.Confinement(holding=(), missing=(layer,))
    with pytest.raises(Exception, match=f"Missing: {layer}".replace("(", r"\(").replace(")", r"\)")):
        lacking.require()
    monkeypatch.setenv("GLASSBOX_ALLOW_UNCONFINED", "1")
    lacking.require()


@pytest.mark.parametrize(
    ("word", "is_allowed"), [("yes", True), ("True", True), ("1", True), ("no", False), ("", False)]
)
def test_the_risk_is_taken_with_any_word_for_yes(monkeypatch: pytest.MonkeyPatch, word: str, is_allowed: bool):
    monkeypatch.setenv("GLASSBOX_ALLOW_UNCONFINED", word)
    assert confinement.Confinement(holding=(), missing=(layer_names.FILES,)).refuses == (not is_allowed)


def test_what_may_be_missing_keeps_nothing_from_running():
    confinement.Confinement(holding=(), missing=(layer_names.TCP, layer_names.SIGNALS, layer_names.LIMITS)).require()
