"""The file layer of kernels with Landlock: rules of what files a worker may read and write."""

import errno
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import landlockpy
from landlockpy import AccessFS, AccessNet, Ruleset, Scope

from .readable_paths import DEVICES

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
        self._rules = _ruleset()
        for path in readable:
            with suppress(FileNotFoundError, PermissionError):
                self._rules.allow_path(path, _READ if Path(path).is_dir() else AccessFS.READ_FILE)
        for path in DEVICES:
            self._rules.allow_path(path, AccessFS.READ_FILE | AccessFS.WRITE_FILE)

    def restrict(self, workspace: str) -> None:
        """Apply the rules to this process. Raises OSError."""
        with self._rules as rules:
            rules.allow_path(workspace, _READ | _WRITE)
            rules.restrict()

    def need_tcp(self) -> None:
        """Raise OSError if the kernel's Landlock is too old to forbid TCP."""
        if AccessNet.CONNECT_TCP not in self._rules.handled_net:
            raise OSError(errno.EOPNOTSUPP, "the kernel's Landlock is too old for it (ABI 4 has it)")

    def need_signals(self) -> None:
        """Raise OSError if the kernel's Landlock is too old to forbid signals to others."""
        if Scope.SIGNAL not in self._rules.scoped:
            raise OSError(errno.EOPNOTSUPP, "the kernel's Landlock is too old for it (ABI 6 has it)")


def handles_truncation() -> bool:
    """Whether the kernel's Landlock restricts truncating files."""
    try:
        with _ruleset() as rules:
            return AccessFS.TRUNCATE in rules.handled_fs
    except OSError:  # no Landlock here
        return False


def _ruleset() -> Ruleset:
    """Return rules of all that the kernel can restrict. One that names a newer ABI than it has is asked for less."""
    wanted = Scope.ABSTRACT_UNIX_SOCKET | Scope.SIGNAL
    for abi in range(max(landlockpy.abi_version(), 1), 0, -1):
        try:
            return Ruleset(
                handled_fs=landlockpy.fs_for_abi(abi),
                handled_net=landlockpy.net_for_abi(abi),
                scoped=wanted & landlockpy.scope_for_abi(abi),
            )
        except OSError as error:
            if error.errno != errno.EINVAL or abi == 1:
                raise
    raise AssertionError("the oldest version has been asked for")
