"""The few commands of a shell that code in notebooks calls by `!`, done in Python; of any other, one sentence."""

import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from .cell import path_here
from .packages import answer_pip

_NOT_HERE = {
    "apt": "Packages cannot be installed here.",
    "apt-get": "Packages cannot be installed here.",
    "curl": "Nothing can be downloaded by `{}` here: use a tool, or urllib in Python, which asks for consent.",
    "nvidia-smi": "There is no GPU here.",
    "wget": "Nothing can be downloaded by `{}` here: use a tool, or urllib in Python, which asks for consent.",
}
_PACKAGES = ("conda", "pip", "pip3")  # their arguments may hold such as pandas>=2, and touch no files
_QUOTED = re.compile(r"'[^']*'|\"[^\"$`]*\"")
_COMBINED = re.compile(r"[|<>&;`]|\$\(")  # what only a shell could do
_LINES = 10
_MOST_READ = 10 * 2**20  # bytes of a file


class ShellCommands:
    """Runs commands on the files of the workspace.

    Args:
        run_file: Runs a script in Python, given its arguments.
    """

    def __init__(self, run_file: Callable[[list[str]], None]) -> None:
        self._run_file = run_file
        self._commands: dict[str, Callable[[list[str]], str]] = {
            "cat": lambda words: "".join(map(_read, _files(words))),
            "conda": lambda words: answer_pip(words, conda=True),
            "cp": lambda words: _copy(words, _copy_one),
            "echo": lambda words: " ".join(words),
            "head": lambda words: _part(words, first=True),
            "ls": _ls,
            "mkdir": _mkdir,
            "mv": lambda words: _copy(words, shutil.move),
            "pip": answer_pip,
            "pip3": answer_pip,
            "pwd": lambda _: str(Path.cwd()),
            "python": self._python,
            "python3": self._python,
            "rm": _rm,
            "tail": lambda words: _part(words, first=False),
            "wc": _wc,
        }

    @property
    def names(self) -> list[str]:
        """The commands that work."""
        return [*self._commands]

    def run(self, line: str) -> str:
        """Return what a command prints. It never raises an error of its own; a script that it runs may."""
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            return f"This command cannot be read ({error}); do it in Python."
        if not words:
            return ""
        name, *rest = words
        if name not in self._commands or (name not in _PACKAGES and _COMBINED.search(_QUOTED.sub("", line))):
            return _NOT_HERE.get(
                name, f"`{line.strip()}` cannot be run here, only Python can: do it in Python."
            ).format(name)
        try:
            return self._commands[name]([found for word in rest for found in _expand(word)])
        except (OSError, shutil.Error) as error:
            return f"{name}: {getattr(error, 'filename', None) or ''}: {getattr(error, 'strerror', None) or error}"

    def _python(self, words: list[str]) -> str:
        if words[:2] == ["-m", "pip"]:
            return answer_pip(words[2:])
        if not words or words[0] in ("-V", "--version"):
            return f"Python {sys.version.split()[0]}"
        if words[0].startswith("-"):
            return "Write that as Python code of the step itself."
        self._run_file(words)
        return ""


def _expand(word: str) -> list[str]:
    word = path_here(word)
    if not re.search(r"[*?[]", word) or word.startswith("/"):
        return [word]
    return sorted(str(found) for found in Path().glob(word) if not found.name.startswith(".")) or [word]


def _files(words: list[str]) -> list[str]:
    return [word for word in words if not word.startswith("-")]


def _read(name: str) -> str:
    with Path(name).open("rb") as file:
        return file.read(_MOST_READ).decode("utf-8", "replace")


def _part(words: list[str], *, first: bool) -> str:
    """Return the first or last lines of files."""
    found = re.search(r"(?:^| )(?:-n ?|--lines=|-)(\d+)\b", " ".join(words))
    count = int(found[1]) if found else _LINES
    names = [name for name in _files(words) if not (found and name == found[1])]
    parts = []
    for name in names:
        lines = _read(name).splitlines(keepends=True)
        text = "".join(lines[:count] if first else lines[max(len(lines) - count, 0) :])
        parts.append(f"==> {name} <==\n{text}" if len(names) > 1 else text)
    return "\n".join(parts)


def _ls(words: list[str]) -> str:
    flags = "".join(word for word in words if word.startswith("-"))
    names = _files(words) or ["."]
    parts = []
    for name in names:
        if not Path(name).is_dir():
            entries = [Path(name)]
        else:
            hidden = "a" in flags or "A" in flags
            entries = sorted(entry for entry in Path(name).iterdir() if hidden or not entry.name.startswith("."))
        lines = [_long(entry, name) if "l" in flags else _shown(entry, name) for entry in entries]
        title = f"{name}:\n" if len(names) > 1 and Path(name).is_dir() else ""
        parts.append(title + "\n".join(lines))
    return "\n".join(parts)


def _shown(entry: Path, asked: str) -> str:
    return asked if str(entry) == str(Path(asked)) else entry.name


def _long(entry: Path, asked: str) -> str:
    status = entry.stat()
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(status.st_mtime))
    return f"{'d' if entry.is_dir() else '-'} {status.st_size:>12} {when} {_shown(entry, asked)}"


def _wc(words: list[str]) -> str:
    flags = "".join(word[1:] for word in words if word.startswith("-")) or "lwc"
    rows = []
    for name in _files(words):
        data = Path(name).read_bytes()
        counts = {
            "l": data.count(b"\n"),
            "w": len(data.split()),
            "c": len(data),
            "m": len(data.decode("utf-8", "replace")),
        }
        rows.append(" ".join([*(str(counts[flag]) for flag in "lwcm" if flag in flags), name]))
    return "\n".join(rows)


def _mkdir(words: list[str]) -> str:
    for name in _files(words):
        Path(name).mkdir(parents="-p" in words, exist_ok="-p" in words)
    return ""


def _rm(words: list[str]) -> str:
    recursive = any(word.startswith("-") and "r" in word.lower() for word in words)
    forced = any(word.startswith("-") and "f" in word for word in words)
    for name in _files(words):
        if recursive and Path(name).is_dir() and not Path(name).is_symlink():
            shutil.rmtree(name)
        else:
            Path(name).unlink(missing_ok=forced)
    return ""


def _copy(words: list[str], copy: Callable[[str, str], object]) -> str:
    *sources, target = _files(words)
    for source in sources:
        copy(source, target)
    return ""


def _copy_one(source: str, target: str) -> None:
    if Path(source).is_dir():
        shutil.copytree(source, Path(target, Path(source).name) if Path(target).is_dir() else target)
    else:
        shutil.copy(source, target)
