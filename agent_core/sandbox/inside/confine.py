"""The kernel's hold on a worker, taken before it runs any code of an agent. None of it can be given back.

The layers, each by itself: no new privileges, Landlock (files; where the kernel can, TCP and signals too), two seccomp
filters, no capabilities, resource limits.
"""

import ctypes
import errno
import os
import resource
import site
import struct
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import landlockpy
from landlockpy import AccessFS, Ruleset, Scope

from . import layers

_READ = AccessFS.READ_FILE | AccessFS.READ_DIR
_WRITE = (
    AccessFS.WRITE_FILE
    | AccessFS.TRUNCATE
    | AccessFS.MAKE_REG
    | AccessFS.MAKE_DIR
    | AccessFS.MAKE_SYM
    | AccessFS.REMOVE_FILE
    | AccessFS.REMOVE_DIR
    | AccessFS.REFER
)
# What libraries open: shared objects, certificates, time zones, fonts, types of files.
_SYSTEM = """
    /lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /usr/share/zoneinfo /usr/share/fonts /usr/local/share/fonts
    /usr/share/ca-certificates /usr/local/share/ca-certificates /usr/share/mime /etc/ssl/certs /etc/ssl/openssl.cnf
    /etc/ssl/cert.pem /etc/pki/tls/certs /etc/ca-certificates /etc/localtime /etc/timezone /etc/mime.types
    /etc/ld.so.cache /etc/ld.so.conf /etc/fonts /dev/urandom /dev/random
"""
_DEVICES = ("/dev/null",)
_PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _AMBIENT_CLEAR = 38, 24, 47, 4
_CAPABILITY_VERSION = 0x2008_0522
_LAST_CAPABILITY = 63
_SET_MODE_FILTER = 1
_FLAG_NEW_LISTENER = 8
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Programs:
    """The two filters, compiled once for all workers. call: the number of the system call that loads them."""

    allowing: bytes
    supervising: bytes
    call: int

    @classmethod
    def compile(cls) -> "Programs":
        """Raises OSError where there is no libseccomp, or it cannot."""
        try:
            from . import system_calls
        except RuntimeError as error:
            raise OSError(errno.ENOSYS, str(error)) from error
        truncate = AccessFS.TRUNCATE in _handled_rights()
        return cls(
            system_calls.allowing_program(truncate=truncate),
            system_calls.supervising_program(),
            system_calls.number_of("seccomp"),
        )


def forbid_new_privileges() -> None:
    """Let no program that is run gain rights. Raises OSError."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


class FileRules:
    """Landlock's rules for one worker: it may read what is readable, and use its workspace; it may run no program.

    Connecting by TCP and signals to others are forbidden, too, where the kernel can; what an old one lacks is left to
    the filters. Raises OSError where it has no Landlock at all.
    """

    def __init__(self, readable: Sequence[str]) -> None:
        self._rules = Ruleset(scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL)
        for path in readable:
            with suppress(FileNotFoundError, PermissionError):
                self._rules.allow_path(path, _READ if Path(path).is_dir() else AccessFS.READ_FILE)
        for path in _DEVICES:
            self._rules.allow_path(path, AccessFS.READ_FILE | AccessFS.WRITE_FILE)

    def restrict(self, workspace: str) -> None:
        """Let them hold from now on. Raises OSError."""
        with self._rules as rules:
            rules.allow_path(workspace, _READ | _WRITE)
            rules.restrict()


def readable_paths(hidden: str) -> list[str]:
    """What a worker may read beside its workspace: the interpreter's libraries and what these open.

    hidden: the folder with the app's own source, which stays unreadable although it may be on the module path.
    """
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    own |= {f"{sys.base_prefix}/lib", *sys.path, *site.getsitepackages()}
    inside = [path for path in own if Path(path).is_absolute() and not _holds(path, hidden)]
    return [*sorted(inside), *_SYSTEM.split()]


def restrict_calls(programs: Programs, hand_over: Callable[[int], None]) -> None:
    """Load both filters. hand_over: gives the supervisor its descriptor, while messages can still carry one."""
    listener = _load(programs.supervising, programs.call, _FLAG_NEW_LISTENER)
    try:
        hand_over(listener)
    finally:
        os.close(listener)
    _load(programs.allowing, programs.call)


def drop_capabilities() -> None:
    """Give up root's powers, for this process and all that come from it."""
    _prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR, check=False)
    for capability in range(_LAST_CAPABILITY + 1):
        _prctl(_PR_CAPBSET_DROP, capability, check=False)  # only root can, and only root has something to drop
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    if _libc.capset(header, bytes(24)) != 0:
        raise OSError(ctypes.get_errno(), "The capabilities could not be dropped.")


def limit_resources(limits: Mapping[str, int]) -> None:
    """Set the limits that the kernel itself counts. limits: as Limits has them in the host."""
    memory = limits["memory_mb"] * 2**20
    size, data = _own_memory()
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_RTPRIO: 0,
        resource.RLIMIT_SIGPENDING: 1024,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_FSIZE: limits["disk_mb"] * 2**20,
        resource.RLIMIT_DATA: data + memory + memory // 8,
        resource.RLIMIT_AS: size + 2 * memory + 2**30,
    }
    for name, bound in bounds.items():
        most = resource.getrlimit(name)[1]
        bound = bound if most == resource.RLIM_INFINITY else min(bound, most)
        resource.setrlimit(name, (bound, bound))


def probe(workspace: str, readable: Sequence[str]) -> Iterator[str]:
    """Confine this very process, a throw-away one, and name the layers that held."""
    limits = {"memory_mb": 1024, "disk_mb": 64}
    compiled: list[Programs] = []
    with suppress(OSError):
        compiled.append(Programs.compile())
    steps: dict[str, Callable[[], object]] = {
        layers.NO_NEW_PRIVILEGES: forbid_new_privileges,
        layers.LIMITS: lambda: limit_resources(limits),
        layers.CAPABILITIES: drop_capabilities,
        layers.FILES: lambda: FileRules(readable).restrict(workspace),
        layers.SUPERVISION: lambda: [_load(p.supervising, p.call, _FLAG_NEW_LISTENER) for p in compiled],
        layers.CALLS: lambda: [_load(p.allowing, p.call) for p in compiled],
    }
    for layer, take in steps.items():
        if layer in (layers.SUPERVISION, layers.CALLS) and not compiled:
            continue
        with suppress(OSError):
            take()
            yield layer
            yield from _extras(layer)


def _extras(layer: str) -> Iterator[str]:
    """What newer kernels' Landlock holds beside files."""
    if layer == layers.FILES:
        abi = landlockpy.abi_version()
        if abi >= 4:
            yield layers.TCP
        if abi >= 6:
            yield layers.SIGNALS


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _load(program: bytes, call: int, flags: int = 0) -> int:
    """Let a program judge all further system calls of this process. Returns the supervisor's descriptor, if asked."""
    described = _Program(len(program) // 8, program)
    descriptor = _libc.syscall(call, _SET_MODE_FILTER, flags, ctypes.byref(described))
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), f"The system-call filter was not accepted: {os.strerror(ctypes.get_errno())}")
    return descriptor


def _handled_rights() -> AccessFS:
    try:
        with Ruleset() as rules:
            return rules.handled_fs
    except OSError:  # no Landlock here
        return AccessFS.NONE


def _holds(path: str, hidden: str) -> bool:
    folder, source = Path(path).resolve(), Path(hidden).resolve()
    return source == folder or folder in source.parents or (source in folder.parents and not _is_library(folder))


def _is_library(folder: Path) -> bool:
    """An environment may lie inside the folder of the app; its packages are libraries all the same."""
    return folder.name in ("site-packages", "dist-packages") or folder.name.startswith("lib")


def _own_memory() -> tuple[int, int]:
    """Address space and private writable memory of this process, in bytes."""
    pages = [int(field) for field in Path("/proc/self/statm").read_text().split()]
    return pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()


def _prctl(option: int, value: int, *, check: bool = True) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0 and check:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
