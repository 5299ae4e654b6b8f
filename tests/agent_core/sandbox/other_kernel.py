"""Another kernel than the machine's: for this process, and all that come from it, some of its calls fail.

`run_on` has a program of a test's run on one. Filters add up, so each function may be called after another.
"""

import ctypes
import errno
import os
import struct
import subprocess
import sys
from collections.abc import Mapping

import pyseccomp
from pyseccomp import ALLOW, EQ, ERRNO, MASKED_EQ, NE, Arch, Arg, SyscallFilter

from tests.support import ROOT

_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_LAST_CAPABILITY = 40
_CLONE_NEWUSER, _CLONE_NEWNS = 0x1000_0000, 0x2_0000
_NEW_LISTENER, _LISTEN = 1, 8
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
_PREPARED = "from tests.agent_core.sandbox import other_kernel as kernel\n"


def no_landlock(number: int = errno.ENOSYS) -> None:
    """It has no Landlock. number: as what its calls fail."""
    _refuse(number, "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self")


def no_namespaces() -> None:
    """Nobody may have a mount namespace."""
    rules = SyscallFilter(ALLOW)
    for flag in (_CLONE_NEWUSER, _CLONE_NEWNS):
        rules.add_rule(ERRNO(errno.EPERM), "unshare", Arg(0, MASKED_EQ, flag, flag))
    rules.load()


def no_notifications() -> None:
    """It cannot tell of system calls, as gVisor's."""
    rules = SyscallFilter(ALLOW)
    rules.add_rule(ERRNO(errno.EINVAL), "seccomp", Arg(1, MASKED_EQ, _LISTEN, _LISTEN))
    rules.load()


def no_filters() -> None:
    """It has no seccomp, from the next filter on."""
    _refuse(errno.ENOSYS, "seccomp")


def supervised() -> None:
    """Another program is told of system calls already, so no second one can be."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    everything = _Program(1, struct.pack("HBBI", 0x06, 0, 0, 0x7FFF_0000))
    call = pyseccomp.resolve_syscall(Arch.NATIVE, "seccomp")
    assert libc.syscall(call, _NEW_LISTENER, _LISTEN, ctypes.byref(everything)) >= 0


def no_limits(*resources: int) -> None:
    """These limits cannot be set."""
    rules = SyscallFilter(ALLOW)
    for kind in resources:
        rules.add_rule(ERRNO(errno.EPERM), "prlimit64", Arg(1, EQ, kind), Arg(2, NE, 0))
        rules.add_rule(ERRNO(errno.EPERM), "setrlimit", Arg(0, EQ, kind))
    rules.load()


def container() -> None:
    """It is a container's under the profile that engines have by default: no namespaces, few capabilities."""
    libc = ctypes.CDLL(None)
    for capability in set(range(_LAST_CAPABILITY + 1)) - _CONTAINER_CAPABILITIES:
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    known = [name for name in _CONTAINER_REFUSES.split() if pyseccomp.resolve_syscall(Arch.NATIVE, name) >= 0]
    _refuse(errno.ENOSYS, "clone3")
    _refuse(errno.EPERM, *known)


def run_on(
    preparation: str,
    program: str,
    *arguments: str,
    python: str = sys.executable,
    user: int | None = None,
    seconds: float = 120,
    environment: Mapping[str, str] | None = None,
) -> str:
    """What a program prints on another kernel.

    preparation: calls of this module, by the name `kernel`. program: Python. user: who runs it, if not this user.
    """
    done = subprocess.run(
        [python, "-c", f"{_PREPARED}{preparation}\n{program}", *arguments],
        cwd=ROOT,
        env={
            **(os.environ if user is None else {"PATH": os.defpath}),
            "PYTHONDONTWRITEBYTECODE": "1",
            **(environment or {}),
        },
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    assert done.returncode == 0, f"{done.stdout[-2_000:]}\n{done.stderr[-5_000:]}"
    return done.stdout


def _refuse(number: int, *calls: str) -> None:
    rules = SyscallFilter(ALLOW)
    for call in calls:
        rules.add_rule(ERRNO(number), call)
    rules.load()


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))
