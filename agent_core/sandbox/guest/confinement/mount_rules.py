"""The file layer of kernels without Landlock: a tree of files in which there is nothing else (a mount namespace)."""

import os
import stat
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .. import libc
from .readable_paths import DEVICES

_READ_ONLY, _NO_SETUID, _NO_DEVICES, _NO_PROGRAMS = 1, 2, 4, 8
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1 << 5, 1 << 12, 1 << 14, 1 << 18
_FLAGS = {"ro": _READ_ONLY, "nosuid": _NO_SETUID, "nodev": _NO_DEVICES, "noexec": _NO_PROGRAMS}
_DETACH = 2
_PLACE = "/dev"  # every machine has it, and nothing that is bound has it within
_MOST_LINKS = 1_000  # more of them lead in a circle


class _Mount(NamedTuple):
    path: str
    flags: int


class MountRules:
    """The tree that one worker sees: the given paths, which cannot be written to, its workspace, and nothing else.

    It needs a user namespace, or the power to mount. What can be read lies where it lies outside, links included.

    Args:
        readable: Paths that may be read.

    Raises:
        OSError: The machine does not tell how to change the root.
    """

    def __init__(self, readable: Sequence[str]) -> None:
        from . import seccomp_rules  # has the numbers of system calls

        self._pivot_root = seccomp_rules.number_of("pivot_root")
        self._readable = [*readable, *DEVICES]

    def restrict(self, workspace: str) -> None:
        """Enter the tree. Takes capabilities within it, which are to be dropped then. Raises OSError."""
        _enter_namespaces()
        libc.mount(None, "/", None, _RECURSIVE | _PRIVATE)
        tree = _Tree(self._readable, workspace)
        libc.mount("tree", _PLACE, "tmpfs", _NO_SETUID | _NO_DEVICES, "size=1m,mode=0755")
        tree.build(_PLACE)
        os.chdir(_PLACE)
        libc.system_call(self._pivot_root, b".", b".")
        libc.umount(".", _DETACH)
        os.chdir(workspace)


class _Tree:
    """What a worker may see, held by descriptors, so that it is found again where something is mounted above it."""

    def __init__(self, readable: Sequence[str], workspace: str) -> None:
        self._links: dict[str, str] = {}
        self._sources: dict[str, int] = {}
        self._own = self._resolve(workspace)
        paths = {self._resolve(path) for path in readable if os.path.lexists(path)} | {self._own}
        for path in sorted(paths, key=len):
            if path == self._own or not any(_is_below(path, other) for other in self._sources):
                with suppress(FileNotFoundError, PermissionError):
                    self._sources[path] = os.open(path, os.O_PATH | os.O_CLOEXEC)

    def build(self, root: str) -> None:
        """Put it together in an empty folder. Raises OSError."""
        for path, source in self._sources.items():
            _make_place(root + path, is_folder=stat.S_ISDIR(os.fstat(source).st_mode))
            libc.mount(f"/proc/self/fd/{source}", root + path, None, _BIND | _RECURSIVE)
            os.close(source)
        for path, target in self._links.items():
            if not any(_is_below(path, source) for source in self._sources):  # there it is part of what is bound
                Path(root + path).parent.mkdir(parents=True, exist_ok=True)
                Path(root + path).symlink_to(target)
        for mount in _mounts_on(root):
            self._restrict(mount, mount.path.removeprefix(root))

    def _restrict(self, mount: _Mount, path: str) -> None:
        """Let nothing be changed through a mount, unless it is the worker's own."""
        kept = mount.flags | _NO_SETUID
        if not _is_below(path, self._own):
            kept |= _READ_ONLY
        if not path.startswith("/dev/"):
            kept |= _NO_DEVICES
        libc.mount(None, mount.path, None, _REMOUNT | _BIND | kept)

    def _resolve(self, path: str) -> str:
        """Return a path without links, and note the links that lead there: they are to be there, too."""
        done = "/"
        todo = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        while todo:
            part = todo.pop()
            here = os.path.normpath(f"{done.rstrip('/')}/{part}")
            if part != ".." and Path(here).is_symlink() and len(self._links) < _MOST_LINKS:
                target = self._links[here] = str(Path(here).readlink())
                todo += [part for part in reversed(target.split("/")) if part not in ("", ".")]
                done = "/" if target.startswith("/") else done
            else:
                done = here
        return done


def _enter_namespaces() -> None:
    """Enter a mount namespace: within a user namespace if there can be one, else with what this process may do."""
    user, group = os.geteuid(), os.getegid()
    try:
        libc.unshare(libc.CLONE_NEWUSER | libc.CLONE_NEWNS)
    except OSError as error:
        try:
            libc.unshare(libc.CLONE_NEWNS)
        except OSError:
            raise error from None
    else:
        with suppress(OSError):  # not where the kernel has none of this
            Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _make_place(path: str, *, is_folder: bool) -> None:
    if is_folder:
        Path(path).mkdir(parents=True, exist_ok=True)
    else:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()


def _mounts_on(root: str) -> Iterator[_Mount]:
    """Yield the mount on top at this folder and all on it, those that came with what was bound included."""
    lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    below = defaultdict[str, list[str]](list)
    mounts, todo = dict[str, _Mount](), list[str]()
    for number, parent, _, _, place, options, *_ in (line.split(" ", 6) for line in lines):
        flags = sum(_FLAGS.get(option, 0) for option in options.split(","))
        mounts[number] = _Mount(_unescaped(place), flags)
        below[parent].append(number)
        if mounts[number].path == root:
            todo = [number]  # the last one lies on top
    while todo:
        number = todo.pop()
        todo += below[number]
        yield mounts[number]


def _unescaped(path: str) -> str:
    for character in " \t\n\\":
        path = path.replace(f"\\{ord(character):03o}", character)
    return path


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
