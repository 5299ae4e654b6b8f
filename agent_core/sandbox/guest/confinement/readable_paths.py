"""Which paths a worker may read besides its workspace, whichever layer holds it to them."""

import site
import sys
import sysconfig
from pathlib import Path

# What libraries open: shared objects, certificates, time zones, fonts, types of files, how many processors there are.
_SYSTEM = """
    /lib /lib64 /usr/lib /usr/lib64 /usr/local/lib /usr/share/zoneinfo /usr/share/fonts /usr/local/share/fonts
    /usr/share/ca-certificates /usr/local/share/ca-certificates /usr/share/mime /etc/ssl/certs /etc/ssl/openssl.cnf
    /etc/ssl/cert.pem /etc/pki/tls/certs /etc/ca-certificates /etc/localtime /etc/timezone /etc/mime.types
    /etc/ld.so.cache /etc/ld.so.conf /etc/fonts /dev/urandom /dev/random
    /sys/fs/cgroup/cpu.max /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us
"""
DEVICES = ("/dev/null",)
"""What it may write to besides."""


def readable_paths(hidden: str) -> list[str]:
    """Return the paths that a worker may read besides its workspace: the libraries and the system files they open.

    Args:
        hidden: The folder with the app's source, which stays unreadable even if it is on the module path; "" for none.
    """
    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    own |= {f"{sys.base_prefix}/lib", _shared_data(), *sys.path, *site.getsitepackages()}
    inside = [path for path in own if Path(path).is_absolute() and not _holds(path, hidden)]
    return [*sorted(inside), *_SYSTEM.split()]


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
