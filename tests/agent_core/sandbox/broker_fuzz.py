"""Random calls on files, made by the broker and by the kernel in two trees that have to stay the same.

`python -m tests.agent_core.sandbox.broker_fuzz 100000` makes so many, of another seed each time.
"""

import errno
import fcntl
import itertools
import os
import random
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.agent_core.sandbox.brokered import AT_FDCWD, Argument, InBroker, in_kernel

_NAMES = ("a", "b", "c", "d", "long" * 64)
_ROOM = b"room"  # of a buffer for readlink
_TREE = b"TREE"  # stands for the path of a tree
_FLAGS = (
    os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_CREAT | os.O_WRONLY, os.O_EXCL, os.O_TRUNC, os.O_APPEND, os.O_DIRECTORY,
    os.O_NOFOLLOW, os.O_CLOEXEC, os.O_NONBLOCK, os.O_TMPFILE | os.O_RDWR, os.O_SYNC, 1 << 30,
)  # fmt: skip
Call = tuple[str, list[Argument | str]]


class Tree:
    """One of the two: a workspace two folders below a parent that must stay as it is."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "parent" / "workspace"
        self.root.mkdir(parents=True)
        (folder / "parent" / "a").mkdir()
        (folder / "parent" / "a" / "b").write_text("outside")
        (folder / "parent" / "b").symlink_to("workspace")
        self.folders = [AT_FDCWD]

    def open_folders(self, paths: list[str]) -> None:
        self.close()
        self.folders = [AT_FDCWD, *[os.open(self.root / path, os.O_RDONLY) for path in paths]]

    def close(self) -> None:
        for folder in self.folders[1:]:
            os.close(folder)
        self.folders = [AT_FDCWD]

    def arguments(self, call: Call) -> list[Argument]:
        """Those of the call, for this tree: a text is a path, and "folder 1" the second of the open folders."""
        return [self._argument(value) for value in call[1]]

    def _argument(self, value: Argument | str) -> Argument:
        if isinstance(value, str):
            return self.folders[int(value.split()[1])]
        return value.replace(_TREE, os.fsencode(self.root)) if isinstance(value, bytes) else value

    def state(self) -> dict[str, tuple[object, ...]]:
        found: dict[str, tuple[object, ...]] = {}
        for path in sorted(self.root.parent.rglob("*")):
            status, name = path.lstat(), str(path.relative_to(self.root.parent))
            kind = stat.S_IFMT(status.st_mode)
            content = str(path.readlink()).replace(str(self.root), "TREE") if kind == stat.S_IFLNK else ""
            found[name] = (status.st_mode, status.st_nlink, status.st_size if kind == stat.S_IFREG else 0, content)
        return found

    def leads_outside(self, path: bytes, base: int) -> bool:
        """Whether the kernel would leave the workspace on the way, or be where this one leaves it."""
        text = os.fsdecode(path)
        if not text.startswith("/"):
            text = f"{Path(f'/proc/self/fd/{base}').readlink()}/{text}"
        for end in range(1, len(text.split("/")) + 1):
            step = os.path.realpath("/".join(text.split("/")[:end]) or "/")
            if end > len(self.root.parts) - 1 and not (step + "/").startswith(f"{self.root}/"):
                return True
        return False


class Fuzzer:
    """Makes the calls. seed: the same one makes the same calls."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._random = random.Random(seed)
        self.seed = seed
        self.brokered, self.plain = Tree(folder / "broker"), Tree(folder / "kernel")
        self._broker = InBroker(self.brokered.root)
        self.calls: list[Call] = []
        self.done = 0  # calls that succeeded

    def run(self, calls: int) -> None:
        for number in range(calls):
            if number % 20 == 0:
                self._open_folders()
            call = self._call()
            if self._may_be_compared(call):
                self._compare(call)
        assert self.brokered.state() == self.plain.state(), self._story()
        self.brokered.close()
        self.plain.close()

    def _compare(self, call: Call) -> None:
        self.calls.append(call)
        by_broker = _outcome(call[0], lambda: self._broker.call(call[0], *self.brokered.arguments(call)))
        by_kernel = _outcome(call[0], lambda: in_kernel(call[0], *self.plain.arguments(call)))
        self.done += isinstance(by_kernel, tuple)
        if call[0] in ("linkat", "renameat2") and isinstance(by_broker, str) and isinstance(by_kernel, str):
            return  # of two wrong paths, either may be named first
        assert by_broker == by_kernel, f"{by_broker} {by_kernel} {self._story()}"

    def _story(self) -> str:
        return f"seed {self.seed}: " + "\n".join(map(repr, self.calls[-30:])).replace(_NAMES[-1], "LONG")

    def _may_be_compared(self, call: Call) -> bool:
        """Outside, the kernel would do what the broker must refuse."""
        base = self.plain.root
        folder = os.open(base, os.O_PATH)
        try:
            for path, where in _paths(call):
                at = self.plain.folders[int(where.split()[1])] if where else folder
                if at != AT_FDCWD and not os.fstat(at).st_nlink:
                    return False  # what was removed has no path
                full = path.replace(_TREE, os.fsencode(base))
                if self.plain.leads_outside(full, folder if at == AT_FDCWD else at):
                    return False
        finally:
            os.close(folder)
        return True

    def _open_folders(self) -> None:
        found = [str(path.relative_to(self.plain.root)) for path in sorted(self.plain.root.rglob("*"))]
        folders = [path for path in found if (self.plain.root / path).is_dir() and not self._is_link(path)]
        chosen = self._random.sample(folders, min(len(folders), 2))
        self.brokered.open_folders(chosen)
        self.plain.open_folders(chosen)

    def _is_link(self, path: str) -> bool:
        return any((self.plain.root / part).is_symlink() for part in (path, *map(str, Path(path).parents)))

    def _path(self) -> tuple[str, bytes]:
        """A folder, and a path that is relative to it or not."""
        choice = self._random
        names = choice.choices([*_NAMES, "..", "."], weights=[18, 18, 9, 9, 1, 4, 3], k=choice.choice((1, 1, 2, 3)))
        path = choice.choice(("/", "/", "/", "//", "/./")).join(names) + choice.choice(("",) * 9 + ("/", "//"))
        if choice.random() < 0.5 or len(self.plain.folders) == 1:
            return "folder 0", _TREE + b"/" + path.encode()
        return f"folder {choice.randrange(1, len(self.plain.folders))}", path.encode()

    def _target(self) -> bytes:
        choice = self._random
        parts = "/".join(choice.choices(("a", "b", "c", ".."), weights=[4, 4, 4, 2], k=choice.randint(1, 2)))
        return _TREE + b"/" + parts.encode() if choice.random() < 0.3 else parts.encode()

    def _call(self) -> Call:
        choice, (folder, path), (other_folder, other) = self._random, self._path(), self._path()
        mode = choice.choice((0o666, 0o777, 0o600, 0o1644, 0o0))
        flags = 0
        for flag in choice.sample(_FLAGS, choice.choice((0, 1, 1, 2, 3))):
            flags |= flag
        calls: list[Call] = [
            ("openat", [folder, path, flags, mode]),
            ("openat", [folder, path, os.O_CREAT | os.O_RDWR | flags, mode]),
            ("mkdirat", [folder, path, mode | 0o700]),
            ("mkdirat", [folder, path, mode | 0o700]),
            ("symlinkat", [self._target(), folder, path]),
            ("unlinkat", [folder, path, choice.choice((0, 0, 0x200, 0x100))]),
            ("renameat2", [folder, path, other_folder, other, choice.choice((0, 0, 1, 2, 3))]),
            ("linkat", [folder, path.rstrip(b"/"), other_folder, other, choice.choice((0, 0, 0x400))]),
            ("readlinkat", [folder, path, _ROOM * 20, choice.choice((80, 3, 0, -1))]),
            ("truncate", [path if path.startswith(_TREE) else _TREE + b"/" + path, choice.choice((0, 1, 100, -1))]),
        ]
        return choice.choice(calls)


def _paths(call: Call) -> list[tuple[bytes, str]]:
    """What the call names, each with the folder that it is relative to; "" for that of the process."""
    name, values = call
    if name == "symlinkat":
        return [(bytes(values[2]), str(values[1]))]  # pyright: ignore[reportArgumentType]
    if name == "truncate":
        return [(bytes(values[0]), "")]  # pyright: ignore[reportArgumentType]
    pairs = itertools.pairwise(values)
    return [(path, folder) for folder, path in pairs if isinstance(folder, str) and isinstance(path, bytes)]


def _outcome(name: str, make: Callable[[], int]) -> str | tuple[object, ...]:
    """What a call came to: for a descriptor what it is of, and how it is open; the name of an errno if it failed."""
    try:
        result = make()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "?")
    if name != "openat":
        return ("returned", result)
    status, flags = os.fstat(result), fcntl.fcntl(result, fcntl.F_GETFL)
    is_file = stat.S_ISREG(status.st_mode)
    if is_file and flags & os.O_ACCMODE in (os.O_WRONLY, os.O_RDWR):
        os.write(result, b"12345")
    os.close(result)
    return ("opened", status.st_mode, status.st_size if is_file else 0, status.st_nlink, flags)


def main(calls: int) -> None:
    seed, end, done = time.time_ns(), 0, 0
    while end < calls:
        folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
        try:
            fuzzer = Fuzzer(folder, seed + end)
            fuzzer.run(300)
            done += fuzzer.done
        finally:
            shutil.rmtree(folder)
        end += 300
    print(f"{end} calls, of which {done} succeeded: no difference.")


if __name__ == "__main__":
    main(int(sys.argv[1]))
