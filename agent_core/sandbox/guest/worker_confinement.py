"""Confines a worker by the kernel before it runs any of the agent's code. Nothing here can be undone.

The layers, each by itself: no new privileges, Landlock (files; TCP and signals if the kernel can), two seccomp filters,
no capabilities, resource limits. `WorkerConfinement.layers` is the one list of them, for workers and for the probe.
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

from . import layer_names

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


Value = TypeVar("Value")


class Prepared(Generic[Value]):
    """A value that was made in advance, or the error that making it raised.

    Args:
        make: Makes the value.
    """

    def __init__(self, make: Callable[[], Value]) -> None:
        self._value: Value | Exception
        try:
            self._value = make()
        except Exception as error:  # a layer that is unavailable must not take another one with it
            self._value = error

    def get(self) -> Value:
        """Return the value, or raise what making it raised."""
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


@dataclass(frozen=True)
class SeccompFilter:
    """A seccomp filter, compiled once for all workers.

    Attributes:
        program: The filter in BPF.
        call: The number of the system call that loads it.
    """

    program: bytes
    call: int

    @classmethod
    def allowing(cls) -> "SeccompFilter":
        """Make the filter that lists the allowed system calls. Raises an error if libseccomp is missing or fails."""
        from . import system_calls

        truncate = AccessFS.TRUNCATE in _handled_rights()
        return cls(system_calls.allowing_program(truncate=truncate), system_calls.number_of("seccomp"))

    @classmethod
    def supervising(cls) -> "SeccompFilter":
        """Make the filter that asks the supervisor. Raises an error if libseccomp is missing or fails."""
        from . import system_calls

        return cls(system_calls.supervising_program(), system_calls.number_of("seccomp"))

    def load(self, flags: int = 0) -> int:
        """Apply the filter to this process from now on. Returns the supervisor's descriptor if the flags ask for it."""
        described = _Program(len(self.program) // 8, self.program)
        descriptor = _libc.syscall(self.call, _SET_MODE_FILTER, flags, ctypes.byref(described))
        if descriptor < 0:
            raise _failure("The system-call filter was not accepted")
        return descriptor


class WorkerConfinement:
    """The confinement that all workers share, made once.

    Args:
        readable: Paths that a worker may read besides its workspace.
        unconfined: Whether to run code even if a layer is unavailable.
    """

    def __init__(self, readable: Sequence[str], *, unconfined: bool) -> None:
        self.readable = readable
        self.unconfined = unconfined
        self.supervising = Prepared(SeccompFilter.supervising)
        self.allowing = Prepared(SeccompFilter.allowing)

    def rules(self) -> "Prepared[LandlockRules]":
        """Make the Landlock rules for one worker in advance, because making them takes longer than applying them."""
        return Prepared(lambda: LandlockRules(self.readable))

    def layers(
        self,
        rules: "Prepared[LandlockRules]",
        workspace: str,
        limits: Mapping[str, int],
        hand_over: Callable[[int], object],
    ) -> dict[str, Callable[[], object]]:
        """Return functions that apply the layers, by the layers' names, in the order in which they must be applied.

        Args:
            rules: The Landlock rules, from `rules`.
            workspace: The folder that the worker may write to.
            limits: The chat's Limits as a dict.
            hand_over: Passes the supervisor its descriptor, as long as messages can carry one.

        Returns:
            The functions. Each raises an error if its layer is unavailable.
        """
        return {
            layer_names.NO_NEW_PRIVILEGES: forbid_new_privileges,
            layer_names.LIMITS: lambda: limit_resources(limits),
            layer_names.CAPABILITIES: drop_capabilities,
            layer_names.FILES: lambda: rules.get().restrict(workspace),
            layer_names.SUPERVISION: lambda: supervise(self.supervising.get(), hand_over),
            layer_names.CALLS: lambda: self.allowing.get().load(),
        }


def apply_layers(steps: Mapping[str, Callable[[], object]]) -> Iterator[tuple[str, Exception | None]]:
    """Apply layers, each whether or not the others are available. Yields their names, with the error if it failed."""
    for name, step in steps.items():
        try:
            step()
        except Exception as error:  # whatever it is, the other layers are applied
            yield name, error
        else:
            yield name, None


def forbid_new_privileges() -> None:
    """Keep any program that is run from gaining privileges. Raises OSError."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


class LandlockRules:
    """Landlock's rules for one worker: it may read the given paths, use its workspace, and run no program.

    If the kernel supports it, TCP connections and signals to other processes are forbidden too; on an older kernel the
    seccomp filters do that.

    Args:
        readable: Paths that may be read.

    Raises:
        OSError: The kernel has no Landlock.
    """

    def __init__(self, readable: Sequence[str]) -> None:
        self._rules = Ruleset(scoped=Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL)
        for path in readable:
            with suppress(FileNotFoundError, PermissionError):
                self._rules.allow_path(path, _READ if Path(path).is_dir() else AccessFS.READ_FILE)
        for path in _DEVICES:
            self._rules.allow_path(path, AccessFS.READ_FILE | AccessFS.WRITE_FILE)

    def restrict(self, workspace: str) -> None:
        """Apply the rules to this process. Raises OSError."""
        with self._rules as rules:
            rules.allow_path(workspace, _READ | _WRITE)
            rules.restrict()


def readable_paths(hidden: str) -> list[str]:
    """Return the paths that a worker may read besides its workspace: the libraries and the system files they open.

    Args:
        hidden: The folder with the app's source, which stays unreadable even if it is on the module path; "" for none.
    """
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    own |= {f"{sys.base_prefix}/lib", *sys.path, *site.getsitepackages()}
    inside = [path for path in own if Path(path).is_absolute() and not _holds(path, hidden)]
    return [*sorted(inside), *_SYSTEM.split()]


def supervise(supervising: SeccompFilter, hand_over: Callable[[int], object]) -> None:
    """Load the filter that asks the supervisor, and pass the supervisor the descriptor to answer on."""
    listener = supervising.load(_FLAG_NEW_LISTENER)
    try:
        hand_over(listener)
    finally:
        os.close(listener)


def drop_capabilities() -> None:
    """Drop root's capabilities, for this process and all its descendants."""
    _prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR, check=False)
    for capability in range(_LAST_CAPABILITY + 1):
        _prctl(_PR_CAPBSET_DROP, capability, check=False)  # only root can do this, and only root has something to drop
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    if _libc.capset(header, bytes(24)) != 0:
        raise _failure("The capabilities could not be dropped")


def limit_resources(limits: Mapping[str, int]) -> None:
    """Set the limits that the kernel enforces by itself.

    Args:
        limits: The chat's Limits as a dict.

    Raises:
        OSError: Some limits could not be set; it names them. All others are set.
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
        except (OSError, ValueError) as error:  # Python turns EPERM into a ValueError
            refused[name] = error
    if refused:
        raise OSError(errno.EPERM, f"These limits could not be set: {', '.join(refused)}") from refused.popitem()[1]


def _limit(name: int, bound: int) -> None:
    most = resource.getrlimit(name)[1]
    bound = bound if most == resource.RLIM_INFINITY else min(bound, most)
    resource.setrlimit(name, (bound, bound))


def probe(workspace: str, readable: Sequence[str]) -> Iterator[tuple[str, Exception | None]]:
    """Confine this process, a throwaway one, like a worker. Yields the layers, each with its error if it failed."""
    hold = WorkerConfinement(readable, unconfined=True)
    abi = Prepared(landlockpy.abi_version)
    steps = hold.layers(hold.rules(), workspace, {"memory_mb": 1024, "disk_mb": 64}, lambda listener: None)
    for layer, error in apply_layers(steps):
        yield layer, error
        if layer == layer_names.FILES and not error:
            yield from apply_layers(
                {layer_names.TCP: lambda: _need(abi, 4), layer_names.SIGNALS: lambda: _need(abi, 6)}
            )


def sentence_of(error: Exception | None) -> str | None:
    """Return an error's text without its number; None for no error."""
    return None if error is None else getattr(error, "strerror", None) or str(error) or type(error).__name__


def _need(abi: Prepared[int], least: int) -> None:
    """Raise OSError if Landlock is too old to restrict TCP or signals."""
    if abi.get() < least:
        raise OSError(errno.EOPNOTSUPP, f"Landlock has ABI {abi.get()} here; this needs ABI {least}")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _failure(sentence: str) -> OSError:
    """Return the error of the last call to the C library."""
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
    """Whether a folder holds packages: a virtual environment may lie inside the app's folder."""
    return folder.name in ("site-packages", "dist-packages") or folder.name.startswith("lib")


def _own_memory() -> tuple[int, int]:
    """Return the address space and the private writable memory of this process, in bytes."""
    pages = [int(field) for field in Path("/proc/self/statm").read_text().split()]
    return pages[0] * resource.getpagesize(), pages[5] * resource.getpagesize()


def _prctl(option: int, value: int, *, check: bool = True) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0 and check:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
