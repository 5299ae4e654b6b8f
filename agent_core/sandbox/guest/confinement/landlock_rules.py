"""What files a worker may read and write: the rules that Landlock holds."""

import site
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from landlockpy import AccessFS, Ruleset, Scope

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
# What libraries open: shared objects, certificates, time zones, fonts, types of files, how many processors there are.
_SYSTEM = """
    /lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /usr/share/zoneinfo /usr/share/fonts /usr/local/share/fonts
    /usr/share/ca-certificates /usr/local/share/ca-certificates /usr/share/mime /etc/ssl/certs /etc/ssl/openssl.cnf
    /etc/ssl/cert.pem /etc/pki/tls/certs /etc/ca-certificates /etc/localtime /etc/timezone /etc/mime.types
    /etc/ld.so.cache /etc/ld.so.conf /etc/fonts /dev/urandom /dev/random
    /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us
"""
_DEVICES = ("/dev/null",)


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
    own |= {f"{sys.base_prefix}/lib", _shared_data(), *sys.path, *site.getsitepackages()}
    inside = [path for path in own if Path(path).is_absolute() and not _holds(path, hidden)]
    return [*sorted(inside), *_SYSTEM.split()]


def handles_truncation() -> bool:
    """Whether the kernel's Landlock restricts truncating files."""
    try:
        with Ruleset() as rules:
            return AccessFS.TRUNCATE in rules.handled_fs
    except OSError:  # no Landlock here
        return False


def _holds(path: str, hidden: str) -> bool:
    if not hidden:
        return False
    folder, source = Path(path).resolve(), Path(hidden).resolve()
    return source == folder or folder in source.parents or (source in folder.parents and not _is_library(folder))


def _is_library(folder: Path) -> bool:
    """Whether a folder holds packages: a virtual environment may lie inside the app's folder."""
    is_shared_data = folder == Path(_shared_data()).resolve()
    return is_shared_data or folder.name in ("site-packages", "dist-packages") or folder.name.startswith("lib")


def _shared_data() -> str:
    """Return the folder of the environment where packages install their data files."""
    return f"{sys.prefix}/share"
