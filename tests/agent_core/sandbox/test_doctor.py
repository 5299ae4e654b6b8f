"""The doctor says what holds here and what to do, on each kind of host."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent_core.sandbox import host_kind
from tests.agent_core.sandbox.other_kernel import run_on
from tests.support import ROOT

DOCTOR = "from agent_core.sandbox import doctor\nprint(doctor.main())"
# As Python is on Windows: the library imports there, and the doctor says what to do.
WINDOWS = """
import asyncio, ctypes, os, platform, signal, sys
for name in ("fcntl", "resource", "termios", "pwd", "grp", "pyseccomp", "landlockpy"):
    sys.modules[name] = None
for name in ("O_NOFOLLOW", "O_PATH", "geteuid", "getuid", "fork", "pidfd_open", "sysconf", "sched_getaffinity"):
    delattr(os, name)
for name in ("SIGKILL", "SIGSTOP", "SIGCONT", "SIGCHLD", "SIGHUP", "pidfd_send_signal"):
    delattr(signal, name)
def no_library(name, *_, **__):
    raise TypeError("no such library")
ctypes.CDLL = no_library
from agent_core.sandbox import confinement, doctor, host_kind
sys.platform = "win32"
doctor.host_kind = lambda: host_kind.host_kind("win32")
sys.exit(doctor.main())
"""


def test_where_all_holds_it_says_so():
    done = subprocess.run(
        [sys.executable, "-m", "agent_core.sandbox.doctor"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Code can be run here, and is held. Nothing has to be done." in done.stdout
    assert "holds       file rules (Landlock)" in done.stdout
    assert "in reserve  file rules (mount namespace)" in done.stdout
    assert "What you can do" not in done.stdout


def test_a_layer_that_another_one_stands_in_for_is_no_work_for_the_owner():
    said = run_on("kernel.container()", DOCTOR)
    assert "Nothing has to be done." in said and "not here    file rules (mount namespace)" in said
    assert "What you can do" not in said


def test_it_says_what_stands_in_and_what_that_cannot_do():
    said = run_on("kernel.no_landlock(95); kernel.supervised()", DOCTOR)
    assert said.splitlines()[-1] == "0"
    assert "holds       file rules (mount namespace)" in said and "not here    file rules (Landlock)" in said
    assert "boot with “lsm=landlock,…”" in " ".join(said.split()) and "networkingMode=nat" in said
    assert "What differs here:\n  - Variables cannot be kept" in said


@pytest.mark.parametrize(
    ("preparation", "lacking", "reasons"),
    [
        (
            "kernel.no_filters()",
            "system-call filter, process supervision,",
            ["missing     system-call filter (seccomp)", "The kernel has no seccomp"],
        ),
        (
            "kernel.no_landlock(); kernel.no_namespaces(); kernel.no_notifications()",
            "file rules.",
            ["not here    process supervision (seccomp)", "It needs process supervision"],
        ),
        (
            "kernel.no_landlock(); kernel.no_namespaces(); kernel.no_openat2()",
            "file rules.",
            ["The kernel is older than 5.9"],
        ),
        (
            "kernel.no_landlock(); kernel.no_namespaces(); kernel.no_filters()",
            "file rules, system-call filter,",
            ["It needs filters of system calls"],
        ),
    ],
)
def test_where_something_does_not_hold_it_says_what_and_why_and_what_to_do(
    preparation: str, lacking: str, reasons: list[str]
):
    said = run_on(preparation, DOCTOR)
    assert said.splitlines()[-1] == "1"
    assert f"No code can be run here, for lack of {lacking}" in said
    assert [reason for reason in reasons if reason not in said] == []
    assert "What you can do:\n  - " in said and "GLASSBOX_SANDBOX=docker" in said
    assert max(map(len, said.splitlines())) <= 80


def test_it_speaks_also_where_there_is_no_linux():
    done = subprocess.run([sys.executable, "-c", WINDOWS], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("Windows: ") and "wsl --install" in done.stdout


@pytest.mark.parametrize(
    ("kind", "signs"),
    [
        (host_kind.MACOS, {"system": "darwin"}),
        (host_kind.WINDOWS, {"system": "win32"}),
        (host_kind.GVISOR, {"version": "#1 SMP Sun Jan 10 15:06:54 PST 2016"}),
        (host_kind.WSL, {"release": "6.6.87.2-microsoft-standard-WSL2"}),
        (host_kind.RED_HAT, {"release": "5.14.0-570.el9.x86_64"}),
        (host_kind.KUBERNETES, {"environment": {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}}),
        (host_kind.SPACE, {"environment": {"SPACE_ID": "owner/name"}}),
        (host_kind.LINUX, {}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_it_knows_kinds_of_hosts(kind: host_kind.HostKind, signs: dict[str, object], tmp_path: Path):
    plain = {"system": "linux", "release": "6.1.0", "version": "#1 SMP Debian", "environment": {}, "root": tmp_path}
    assert host_kind.host_kind(**{**plain, **signs}) == kind  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(("kind", "file"), [(host_kind.DOCKER, ".dockerenv"), (host_kind.PODMAN, "run/.containerenv")])
def test_it_knows_containers(kind: host_kind.HostKind, file: str, tmp_path: Path):
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    assert host_kind.host_kind("linux", "6.1.0", "#1 SMP Debian", {}, tmp_path) == kind
