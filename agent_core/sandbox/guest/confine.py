"""The kernel's hold on a worker, taken before it runs any code of an agent. None of it can be given back.

The layers, each by itself: no new privileges, Landlock (files; where the kernel can, TCP and signals too), two seccomp
filters, no capabilities, resource limits. `WorkerConfinement.layers` is the one list of them, for workers and for the
probe.
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
from typing import Generic, TypeVar

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


Made = TypeVar("Made")


class Prepared(Generic[Made]):
    """Something that was made in advance, or the error that came of it, which whoever needs it gets."""

    def __init__(self, make: Callable[[], Made]) -> None:
        self._made: Made | Exception
        try:
            self._made = make()
        except Exception as error:  # one layer that cannot be had must not cost another
            self._made = error

    def get(self) -> Made:
        """Raises what making it raised."""
        if isinstance(self._made, Exception):
            raise self._made
        return self._made


@dataclass(frozen=True)
class SeccompFilter:
    """A seccomp filter, compiled once for all workers. call: the number of the system call that loads it."""

    program: bytes
    call: int

    @classmethod
    def allowing(cls) -> "SeccompFilter":
        """The one that lists what may be called. Raises an error where there is no libseccomp, or it cannot."""
        from . import system_calls

        truncate = AccessFS.TRUNCATE in _handled_rights()
        return cls(system_calls.allowing_program(truncate=truncate), system_calls.number_of("seccomp"))

    @classmethod
    def supervising(cls) -> "SeccompFilter":
        """The one that asks the supervisor. Raises an error where there is no libseccomp, or it cannot."""
        from . import system_calls

        return cls(system_calls.supervising_program(), system_calls.number_of("seccomp"))

    def load(self, flags: int = 0) -> int:
        """Judge all further system calls of this process. Returns the supervisor's descriptor, if asked."""
        described = _Program(len(self.program) // 8, self.program)
        descriptor = _libc.syscall(self.call, _SET_MODE_FILTER, flags, ctypes.byref(described))
        if descriptor < 0:
            raise _failure("The system-call filter was not accepted")
        return descriptor


class WorkerConfinement:
    """What holds every worker alike, made once for all. readable: what a worker may read beside its workspace.

    unconfined: whether code is run even where a layer cannot be had.
    """

    def __init__(self, readable: Sequence[str], *, unconfined: bool) -> None:
        self.readable = readable
        self.unconfined = unconfined
        self.supervising = Prepared(SeccompFilter.supervising)
        self.allowing = Prepared(SeccompFilter.allowing)

    def rules(self) -> "Prepared[LandlockRules]":
        """Those for one worker; to make them takes longer than to let them hold."""
        return Prepared(lambda: LandlockRules(self.readable))

    def layers(
        self,
        rules: "Prepared[LandlockRules]",
        workspace: str,
        limits: Mapping[str, int],
        hand_over: Callable[[int], object],
    ) -> dict[str, Callable[[], object]]:
        """All layers by their names, in the order in which they have to be taken: each raises an error if it cannot.

        limits: as Limits has them in the host. hand_over: gives the supervisor its descriptor, while messages can still
        carry one.
        """
        return {
            layers.NO_NEW_PRIVILEGES: forbid_new_privileges,
            layers.LIMITS: lambda: limit_resources(limits),
            layers.CAPABILITIES: drop_capabilities,
            layers.FILES: lambda: rules.get().restrict(workspace),
            layers.SUPERVISION: lambda: supervise(self.supervising.get(), hand_over),
            layers.CALLS: lambda: self.allowing.get().load(),
        }


def take(steps: Mapping[str, Callable[[], object]]) -> Iterator[tuple[str, Exception | None]]:
    """Take layers, each whether or not the others could be had. Yields their names, with what went wrong."""
    for name, step in steps.items():
        try:
            step()
        except Exception as error:  # whatever it is: what else can be had is taken
            yield name, error
        else:
            yield name, None


def forbid_new_privileges() -> None:
    """Let no program that is run gain rights. Raises OSError."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


class LandlockRules:
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

    hidden: the folder with the app's own source, which stays unreadable although it may be on the module path;
    "" for none.
    """
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    own |= {f"{sys.base_prefix}/lib", *sys.path, *site.getsitepackages()}
    inside = [path for path in own if Path(path).is_absolute() and not _holds(path, hidden)]
    return [*sorted(inside), *_SYSTEM.split()]


def supervise(supervising: SeccompFilter, hand_over: Callable[[int], object]) -> None:
    """Load the filter that asks the supervisor, who is given the descriptor to hear it by."""
    listener = supervising.load(_FLAG_NEW_LISTENER)
    try:
        hand_over(listener)
    finally:
        os.close(listener)


def drop_capabilities() -> None:
    """Give up root's powers, for this process and all that come from it."""
    _prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR, check=False)
    for capability in range(_LAST_CAPABILITY + 1):
        _prctl(_PR_CAPBSET_DROP, capability, check=False)  # only root can, and only root has something to drop
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    if _libc.capset(header, bytes(24)) != 0:
        raise _failure("The capabilities could not be dropped")


def limit_resources(limits: Mapping[str, int]) -> None:
    """Set the limits that the kernel itself counts. limits: as Limits has them in the host.

    Raises OSError, which names those that could not be set; all others hold.
    """
    memory = limits["memory_mb"] * 2**20
    size, data = _own_memory()
    bounds = {
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
        "NICE": 0,
        "RTPRIO": 0,
        "SIGPENDING": 1024,
        "NOFILE": 256,
        "FSIZE": limits["disk_mb"] * 2**20,
        "DATA": data + memory + memory // 8,
        "AS": size + 2 * memory + 2**30,
    }
    refused: dict[str, Exception] = {}
    for name, bound in bounds.items():
        try:
            _limit(getattr(resource, f"RLIMIT_{name}"), bound)
        except (OSError, ValueError) as error:  # Python makes a ValueError of EPERM
            refused[name] = error
    if refused:
        raise OSError(errno.EPERM, f"These limits could not be set: {', '.join(refused)}") from refused.popitem()[1]


def _limit(name: int, bound: int) -> None:
    most = resource.getrlimit(name)[1]
    bound = bound if most == resource.RLIM_INFINITY else min(bound, most)
    resource.setrlimit(name, (bound, bound))


def probe(workspace: str, readable: Sequence[str]) -> Iterator[tuple[str, Exception | None]]:
    """Confine this very process, a throw-away one, as a worker is. Yields the layers, with what was wrong with each."""
    hold = WorkerConfinement(readable, unconfined=True)
    abi = Prepared(landlockpy.abi_version)
    steps = hold.layers(hold.rules(), workspace, {"memory_mb": 1024, "disk_mb": 64}, lambda listener: None)
    for layer, error in take(steps):
        yield layer, error
        if layer == layers.FILES and not error:
            yield from take({layers.TCP: lambda: _need(abi, 4), layers.SIGNALS: lambda: _need(abi, 6)})


def sentence_of(error: Exception | None) -> str | None:
    """What an error says, without its number; None for none."""
    return None if error is None else getattr(error, "strerror", None) or str(error) or type(error).__name__


def _need(abi: Prepared[int], least: int) -> None:
    """Landlock holds TCP and signals besides files where it is new enough. Raises OSError where it is not."""
    if abi.get() < least:
        raise OSError(errno.EOPNOTSUPP, f"Landlock has ABI {abi.get()} here, and needs ABI {least} for it")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _failure(sentence: str) -> OSError:
    """What the last call of the C library failed with."""
    number = ctypes.get_errno()
    return OSError(number, f"{sentence}: {os.strerror(number)}")


def _handled_rights() -> AccessFS:
    try:
        with Ruleset() as rules:
            return rules.handled_fs
    except OSError:  # no Landlock here
        return AccessFS.NONE


def _holds(path: str, hidden: str) -> bool:
    if not hidden:
        return False
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
