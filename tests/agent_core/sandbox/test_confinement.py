"""Which layers hold, and what happens where one is missing: a kernel without it is imitated by a filter."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_core.errors import SandboxError
from agent_core.sandbox import confinement
from agent_core.sandbox.guest.confinement import layer_names
from tests.agent_core.sandbox.other_kernel import run_on

# A sandbox, and what comes of its code.
PROGRAM = """
import asyncio, json, sys
from agent_core.errors import SandboxError
from agent_core.sandbox import Policy, Sandbox, confinement

async def main():
    found = confinement.probe()
    told = {"holding": found.holding, "missing": found.missing, "remedies": found.remedies}
    told |= {"gaps": list(found.gaps.values()), "values": []}
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
# Takes a broker's layers where something of them is changed, and tells which hold.
BROKERED = """
import json, sys
from agent_core.sandbox.guest.confinement import layer_names, seccomp, supervision, worker_confinement

def none(**_):
    raise OSError("It could not be made")

CHANGE
tried = worker_confinement.probe(sys.argv[1], [], layer_names.LayerChoice(files=layer_names.BROKER))
print(json.dumps([layer for layer, error in tried if not error]))
"""
NO_LANDLOCK = "kernel.no_landlock()"
NO_FILES = f"{NO_LANDLOCK}; kernel.no_namespaces(); kernel.no_openat2()"


def told_on(preparation: str, *codes: str, **environment: str) -> dict[str, Any]:
    """What a sandbox tells on another kernel."""
    return json.loads(run_on(preparation, PROGRAM, *codes, environment=environment))


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
    assert found.missing == () and found.gaps == {}
    others = {layer_names.MOUNTS, layer_names.BROKER, layer_names.NO_FORKS}
    assert found.holding == (*(layer for layer in layer_names.ALL if layer not in others), layer_names.WATCHDOG)
    assert found.choice == (layer_names.LANDLOCK, layer_names.SUPERVISION)
    found.require()


@pytest.mark.parametrize(
    ("preparation", "holding", "missing"),
    [
        (NO_LANDLOCK, {layer_names.MOUNTS, layer_names.SUPERVISION}, {layer_names.LANDLOCK}),
        (
            f"{NO_LANDLOCK}; kernel.container()",
            {layer_names.BROKER, layer_names.SUPERVISION},
            {layer_names.LANDLOCK, layer_names.MOUNTS},
        ),
        ("kernel.supervised()", {layer_names.LANDLOCK, layer_names.NO_FORKS}, {layer_names.SUPERVISION}),
        (
            f"{NO_LANDLOCK}; kernel.no_notifications()",
            {layer_names.MOUNTS, layer_names.NO_FORKS},
            {layer_names.LANDLOCK, layer_names.SUPERVISION},
        ),
    ],
)
def test_another_layer_stands_in(preparation: str, holding: set[str], missing: set[str]):
    told = told_on(preparation, "x = open('file', 'w').write('12')", "x, open('file').read()")
    assert holding <= set(told["holding"]) and not missing & set(told["holding"])
    assert told["missing"] == [] and told["values"] == [None, "(2, '12')"]
    assert any("Variables cannot be kept" in gap for gap in told["gaps"]) == (layer_names.NO_FORKS in holding)


@pytest.mark.parametrize(
    ("preparation", "remedy"),
    [
        (NO_FILES, "older than 5.13, was built without Landlock, or is hidden by a container or gVisor"),
        ("kernel.no_landlock(95); kernel.no_namespaces(); kernel.no_openat2()", "boot with “lsm=landlock,…”"),
    ],
)
def test_without_a_layer_that_must_hold_no_code_is_run(preparation: str, remedy: str):
    told = told_on(preparation, "1 + 1")
    assert tuple(told["missing"]) == layer_names.FILES
    assert f"Missing: {layer_names.LANDLOCK}, " in told["refusal"]
    assert remedy in told["refusal"] and "GLASSBOX_ALLOW_UNCONFINED=1" in told["refusal"]
    assert told["values"] == []


def test_whoever_deploys_it_can_take_the_risk():
    codes = ("x = 1", "import os; os._exit(3)", "x")
    told = told_on(NO_FILES, *codes, GLASSBOX_ALLOW_UNCONFINED="1")
    assert "as they were before this step" in told["values"][1]
    assert told["values"][2] == "1"


@pytest.mark.parametrize("preparation", [NO_FILES, "kernel.supervised()", f"kernel.supervised(); {NO_FILES}"])
def test_what_is_listed_holds_whatever_else_is_missing(preparation: str, listening: socket.socket):
    code = CONNECT.replace("PORT", str(listening.getsockname()[1]))
    told = told_on(preparation, code, "x = 1", "x", GLASSBOX_ALLOW_UNCONFINED="1")
    assert layer_names.CALLS in told["holding"]
    assert (layer_names.SUPERVISION in told["holding"]) == ("supervised" not in preparation)
    assert told["values"] == ["(-1, 1)", None, "1"], "EPERM is the filter's, as Landlock's would be EACCES"
    assert not was_connected_to(listening)


def test_what_is_not_listed_does_not_hold(listening: socket.socket):
    """Else the test above would prove nothing."""
    code = CONNECT.replace("PORT", str(listening.getsockname()[1]))
    no_filters = f"{NO_LANDLOCK}; kernel.no_filters()"
    told = told_on(no_filters, code, GLASSBOX_ALLOW_UNCONFINED="1")
    assert not {layer_names.CALLS, *layer_names.PROCESSES} & set(told["holding"])
    assert {layer_names.NO_NEW_PRIVILEGES, layer_names.CAPABILITIES, layer_names.LIMITS} <= set(told["holding"])
    assert told["values"][0].startswith("(0, ")
    assert was_connected_to(listening)


def test_a_broker_that_is_not_asked_about_every_call_is_not_listed(tmp_path: Path):
    change = "worker_confinement.SeccompFilter.allowing = none"
    holding = json.loads(run_on("", BROKERED.replace("CHANGE", change), str(tmp_path)))
    assert layer_names.SUPERVISION in holding and layer_names.BROKER not in holding


def test_a_broker_does_without_what_kernels_have_since_5_14_and_5_19(tmp_path: Path):
    """Older ones take these flags for unknown, as this one takes others."""
    change = "supervision._ADD_AND_SEND, seccomp._FLAG_WAIT_KILLABLE = 1 << 20, 1 << 20"
    holding = json.loads(run_on("", BROKERED.replace("CHANGE", change), str(tmp_path)))
    assert layer_names.BROKER in holding


def test_a_limit_that_cannot_be_set_costs_no_other_layer():
    """gVisor refuses some, and Python makes a ValueError of that."""
    code = (
        "import resource\n[resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_MSGQUEUE, resource.RLIMIT_NOFILE)]"
    )
    memory = "import resource\nresource.getrlimit(resource.RLIMIT_AS)[0] > 0"
    told = told_on("kernel.no_limits(12, 13)", code, memory)
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
    assert f"Missing on this machine: {layer_names.LANDLOCK}." in caplog.text


@pytest.mark.parametrize("same", layer_names.REQUIRED)
def test_a_layer_that_must_hold_is_named(monkeypatch: pytest.MonkeyPatch, same: tuple[str, ...]):
    lacking = confinement.Confinement(holding=(), missing=same)
    with pytest.raises(SandboxError, match=re.escape(f"Missing: {', '.join(same)}")):
        lacking.require()
    monkeypatch.setenv("GLASSBOX_ALLOW_UNCONFINED", "1")
    lacking.require()


@pytest.mark.parametrize(
    ("word", "is_allowed"), [("yes", True), ("True", True), ("1", True), ("no", False), ("", False)]
)
def test_the_risk_is_taken_with_any_word_for_yes(monkeypatch: pytest.MonkeyPatch, word: str, is_allowed: bool):
    monkeypatch.setenv("GLASSBOX_ALLOW_UNCONFINED", word)
    assert confinement.Confinement(holding=(), missing=layer_names.FILES).refuses == (not is_allowed)


def test_what_may_be_missing_keeps_nothing_from_running():
    confinement.Confinement(holding=(), missing=(layer_names.TCP, layer_names.SIGNALS, layer_names.LIMITS)).require()
