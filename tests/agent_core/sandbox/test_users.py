"""The sandbox holds for whoever runs the app: root in these tests, or whoever runs them; here, others."""

import ctypes
import errno
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyseccomp
import pytest

from tests.support import ROOT

_NOBODY = 65534
# The attempts for which it matters who makes them; what holds memory, output and the like asks nobody's name.
_WHAT_HOLDS = [
    "tests/agent_core/sandbox/test_escapes.py",
    "tests/agent_core/sandbox/test_confinement.py",
    "-k",
    "layers_hold or refused and (files or execute or secrets or processes or machine)",
]
_PR_CAPBSET_DROP = 24
_LAST_CAPABILITY = 40
# What container engines give by default: of capabilities (CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID,
# SETPCAP, NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP), and which system calls they refuse.
_CONTAINER_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
_CONTAINER_REFUSES = """
    acct add_key bpf clock_adjtime clock_settime delete_module finit_module fsconfig fsmount fsopen fspick get_mempolicy
    init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl
    lookup_dcookie mbind mount mount_setattr move_mount move_pages name_to_handle_at nfsservctl open_by_handle_at
    open_tree perf_event_open personality pivot_root quotactl reboot request_key set_mempolicy setns settimeofday
    swapoff swapon umount2 unshare uselib userfaultfd vm86 vm86old
"""


def _is_open(path: Path) -> bool:
    """Whether every user can get there."""
    return all(part.stat().st_mode & 0o001 for part in path.resolve().parents)


def _interpreter(folder: Path) -> str:
    """One that every user can run, with the packages of this one."""
    if _is_open(Path(sys.executable)):
        return sys.executable
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    (site / "packages.pth").write_text(sysconfig.get_path("purelib"))
    return str(folder / "bin" / "python")


def _make_attempts(python: str, *, user: int | None = None, prepare: Callable[[], None] | None = None) -> None:
    """Make those attempts that have to be refused."""
    done = subprocess.run(
        [python, "-m", "pytest", "-p", "no:cacheprovider", *_WHAT_HOLDS],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        preexec_fn=prepare,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-5_000:]


def _be_in_a_container() -> None:
    libc = ctypes.CDLL(None)
    for capability in set(range(_LAST_CAPABILITY + 1)) - _CONTAINER_CAPABILITIES:
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    for name in _CONTAINER_REFUSES.split():
        if pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) >= 0:
            rules.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
    rules.load()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_it_holds_for_an_ordinary_user():
    if not _is_open(ROOT / "tests"):
        pytest.skip("other users cannot get at this repository")
    with tempfile.TemporaryDirectory() as folder:  # not pytest's: each pytest closes that for others as it starts
        Path(folder).chmod(0o755)
        _make_attempts(_interpreter(Path(folder)), user=_NOBODY)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can enter a container in this way")
def test_it_holds_for_root_in_a_container():
    _make_attempts(sys.executable, prepare=_be_in_a_container)
