"""`get_ipython()`: what magics, commands and questions of a notebook do here.

None of them ends a step. What cannot work says so in one sentence, and the code goes on.
"""

import inspect
import io
import json
import os
import re
import shlex
import statistics
import sys
import time
import timeit
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

from ..showing.truncation import truncate_middle
from ..showing.variables import describe, is_one_of, known_types
from .cell import compile_file, path_here
from .shell_commands import ShellCommands

_QUIET = """
    alias autocall autoindent automagic autoreload autosave colors config connect_info doctest_mode gui load_ext
    logoff logon logstart logstop matplotlib notebook pdb pprint precision pylab quickref rehashx reload_ext
    unload_ext xmode
"""
"""Magics that set something up which is set up already, or does not exist here."""
_TIMEIT_SECONDS = 5.0  # after which no further run begins
_TIMEIT_RUNS = 7
_HELP_CHARACTERS = 4_000
_MOST_REMEMBERED = 64 * 2**20  # bytes of a table or an array
_UNITS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))


class Stopwatch:
    """What `%time` and `%%time` measure: prints it when it is stopped."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def stop(self, value: Any = None) -> Any:
        """Print the times. Returns the value that it is given, so that it can wrap an expression."""
        wall, processor = time.perf_counter() - self._wall, time.process_time() - self._processor
        print(f"CPU time: {_seconds(processor)}, wall time: {_seconds(wall)}")
        return value

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Captured:
    """What a `%%capture` cell printed and displayed."""

    def __init__(self) -> None:
        self.stdout = self.stderr = ""
        self.outputs: list[Any] = []

    def __str__(self) -> str:
        return self.stdout

    def show(self) -> None:
        """Print again what was printed."""
        print(self.stdout, end="")

    __call__ = show


class NotebookShell:
    """The object that `get_ipython()` returns.

    Args:
        namespace: The agent's variables.
        given: The builtins of the agent's code.
        display: Shows a value.
    """

    def __init__(self, namespace: dict[str, Any], given: Mapping[str, Any], display: Callable[[Any], None]) -> None:
        self.user_ns = namespace
        self.config: dict[str, Any] = {}
        self.last_value: Any = None
        self.events = SimpleNamespace(register=_nothing, unregister=_nothing, trigger=_nothing)
        self._given = given
        self._display = display
        self._commands = ShellCommands(self._run_file)
        self._stopwatch: Stopwatch | None = None
        self._capture: tuple[str, Captured, io.StringIO, io.StringIO] | None = None
        self._line_magics: dict[str, Callable[[str], Any]] = {
            **dict.fromkeys(_QUIET.split(), _nothing),
            **{name: lambda line, name=name: self.system(f"{name} {line}") for name in self._commands.names},
            "capture": _nothing,
            "cd": self._cd,
            "env": self._env,
            "prun": self._execute,
            "pwd": lambda _: str(Path.cwd()),
            "reset": self._reset,
            "run": lambda line: self._run_file(shlex.split(line)),
            "set_env": self._env,
            "sx": self.getoutput,
            "system": self.getoutput,
            "time": self._time,
            "timeit": self._timeit,
            "uv": lambda line: self.system(line),
            "who": lambda _: print("  ".join(self._names())),
            "who_ls": lambda _: self._names(),
            "whos": self._whos,
        }
        self._cell_magics: dict[str, Callable[[str, str], Any]] = {
            **dict.fromkeys(("bash", "sh", "script", "cmd", "!", "sx", "system"), self._script),
            **dict.fromkeys(("writefile", "file"), _write_file),
            "HTML": lambda _, body: self._show_as("HTML", body),
            "html": lambda _, body: self._show_as("HTML", body),
            "latex": lambda _, body: self._show_as("Latex", body),
            "markdown": lambda _, body: self._show_as("Markdown", body),
            "svg": lambda _, body: self._show_as("SVG", body),
            "SVG": lambda _, body: self._show_as("SVG", body),
            "timeit": lambda line, body: self._timeit(line, body),
        }

    def run_line_magic(self, name: str, line: str = "", _stack_depth: int = 1) -> Any:
        """Do what a magic says, or print one sentence that says why not."""
        if name in self._line_magics:
            return self._line_magics[name](self._filled_in(line))
        print(f"%{name} does not work here: write it in plain Python.")
        return None

    def magic(self, line: str) -> Any:
        """Do what a magic says, given its name and the rest in one."""
        name, _, rest = line.lstrip("%").partition(" ")
        return self.run_line_magic(name, rest.strip())

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """Do what a cell magic says with its cell, or print one sentence that says why not."""
        if name in self._cell_magics:
            return self._cell_magics[name](line, cell)
        print(f"%%{name} does not work here, so its cell was not run: write it in plain Python.")
        return None

    def begin_cell(self, name: str, line: str) -> None:
        """Begin a cell whose body is the rest of the step."""
        self.end_cell()
        if name == "time":
            self._stopwatch = Stopwatch()
        elif name == "capture":
            target = next((word for word in line.split() if not word.startswith("-")), "")
            self._capture = target, Captured(), io.StringIO(), io.StringIO()
            _, _, sys.stdout, sys.stderr = self._capture

    def end_cell(self) -> bool:
        """End such a cell. Returns whether what it showed was captured."""
        stopwatch, capture, self._stopwatch, self._capture = self._stopwatch, self._capture, None, None
        if stopwatch:
            stopwatch.stop()
        if capture is None:
            return False
        target, captured, stdout, stderr = capture
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
        captured.stdout, captured.stderr = stdout.getvalue(), stderr.getvalue()
        if target.isidentifier():
            self.user_ns[target] = captured
        return True

    def captures(self, value: Any) -> bool:
        """Whether a `%%capture` cell keeps a value from being displayed."""
        if self._capture:
            self._capture[1].outputs.append(value)
        return self._capture is not None

    def remember(self, value: Any) -> None:
        """Keep a value for `_`, unless that would keep much memory taken."""
        self.last_value = value if _size(value) <= _MOST_REMEMBERED else None

    def stopwatch(self) -> Stopwatch:
        """Return a stopwatch that runs."""
        return Stopwatch()

    def system(self, command: str) -> None:
        """Run a command, and print what it prints."""
        if text := self._commands.run(self._filled_in(command)):
            print(text.rstrip("\n"))

    def getoutput(self, command: str, **_: Any) -> list[str]:
        """Run a command, and return the lines that it prints."""
        return self._commands.run(self._filled_in(command)).splitlines()

    def show_help(self, name: str, source: bool) -> None:
        """Print what an object is, with its docstring or its source."""
        first, *rest = name.split(".")
        try:
            value = self.user_ns[first] if first in self.user_ns else self._given[first]
            for part in rest:
                value = getattr(value, part)
        except (KeyError, AttributeError):
            print(f"Object `{name}` not found.")
        else:
            print(truncate_middle(_help(name, value, source=source), _HELP_CHARACTERS))

    def run_cell(self, source: str, **_: Any) -> None:
        """Run code as if it stood in the step."""
        exec(compile_file(source, "<cell>"), self.user_ns)

    def enable_gui(self, *_: Any) -> None:
        """Do nothing: there is no screen."""

    def _filled_in(self, line: str) -> str:
        """Return a line with `{name}` and `$name` replaced by the variables' values."""

        def value_of(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            return str(self.user_ns[name]) if name in self.user_ns else found[0]

        return re.sub(r"\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)", value_of, line)

    def _run_file(self, words: list[str]) -> None:
        """Run a script of the workspace, or the cells of a notebook, as if they stood in the step."""
        words = [word for word in words if word not in ("-i", "-t", "-n")]
        name = path_here(words[0]) if words else ""
        path = Path(name if name.endswith(".py") or Path(name).is_file() else f"{name}.py")
        if not path.is_file():
            print(f"There is no script {name!r} in the working folder.")
            return
        arguments, sys.argv = sys.argv, [str(path), *words[1:]]
        before = self.user_ns.get("__file__")
        self.user_ns["__file__"] = str(path.absolute())
        try:
            exec(compile_file(_source(path), str(path)), self.user_ns)
        except SystemExit as ended:
            if ended.code:
                print(f"{path} ended itself with exit({ended.code!r}).")
        finally:
            sys.argv = arguments
            self.user_ns["__file__"] = before

    def _execute(self, source: str) -> None:
        exec(compile_file(source, "<magic>"), self.user_ns)

    def _time(self, source: str) -> None:
        with Stopwatch():
            self._execute(source)

    def _timeit(self, line: str, body: str | None = None) -> Any:
        options, statement = _timeit_options(line)
        setup = statement if body is not None else "pass"
        timer = timeit.Timer((statement if body is None else body).strip() or "pass", setup, globals=self.user_ns)
        began = time.perf_counter()
        loops = int(options.get("n", 0)) or timer.autorange()[0]
        runs = [timer.timeit(loops) / loops]
        while len(runs) < int(options.get("r", _TIMEIT_RUNS)):
            if (time.perf_counter() - began) * (len(runs) + 1) / len(runs) > _TIMEIT_SECONDS:
                break
            runs.append(timer.timeit(loops) / loops)
        mean, spread = statistics.fmean(runs), statistics.pstdev(runs)
        if "q" not in options:
            how = f"mean ± std. dev. of {len(runs)} run{'s' * (len(runs) > 1)}, {loops:,} loop{'s' * (loops > 1)} each"
            print(f"{_seconds(mean)} ± {_seconds(spread)} per loop ({how})")
        best, worst = min(runs), max(runs)
        result = SimpleNamespace(average=mean, stdev=spread, best=best, worst=worst, loops=loops, timings=runs)
        return result if "o" in options else None

    def _script(self, _: str, body: str) -> None:
        for command in body.replace("\\\n", " ").splitlines():
            self.system(command)

    def _show_as(self, kind: str, body: str) -> None:
        from . import ipython_shim

        self._display(getattr(ipython_shim, kind)(body))

    def _cd(self, line: str) -> None:
        try:
            os.chdir(path_here(line.strip().strip("'\"")) or os.environ["HOME"])
        except OSError as error:
            print(f"cd: {line}: {error.strerror}")

    def _env(self, line: str) -> Any:
        name, _, value = line.replace("=", " ", 1).partition(" ")
        if not name:
            return dict(os.environ)
        if not value:
            return os.environ.get(name)
        os.environ[name] = value.strip()
        return None

    def _reset(self, _: str) -> None:
        for name in self._names():
            del self.user_ns[name]

    def _names(self) -> list[str]:
        return sorted(
            name for name, value in self.user_ns.items() if name[0] != "_" and not isinstance(value, ModuleType)
        )

    def _whos(self, _: str) -> None:
        print("\n".join(f"{name} = {describe(self.user_ns[name])}" for name in self._names()))


def _nothing(*_: Any, **__: Any) -> None:
    pass


def _source(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    cells = json.loads(text)["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def _write_file(line: str, body: str) -> None:
    words = shlex.split(line)
    name = next((path_here(word) for word in words if not word.startswith("-")), "")
    try:
        with Path(name).open("a" if "-a" in words else "w", encoding="utf-8") as file:
            file.write(body)
        print(f"Wrote {name}")
    except OSError as error:
        print(f"{name} could not be written: {error.strerror}")


def _help(name: str, value: Any, *, source: bool) -> str:
    parts = []
    if callable(value):
        try:
            parts.append(f"{name}{inspect.signature(value)}")
        except (TypeError, ValueError):  # written in C
            parts.append(f"{name}(…)")
    parts.append(f"Type: {type(value).__name__}")
    if not callable(value) and not inspect.ismodule(value):
        parts.append(f"Value: {describe(value)}")
    if source:
        try:
            return "\n".join([*parts, inspect.getsource(value)])
        except (OSError, TypeError):
            parts.append("Its source is not there.")
    return "\n".join([*parts, inspect.getdoc(value) or "It has no docstring."])


def _timeit_options(line: str) -> tuple[dict[str, str], str]:
    """Return the options of `%timeit`, and its statement."""
    options: dict[str, str] = {}
    while found := re.match(r"-(?:([nrp])[ ]*(\d+)|([oqct]+))(?:\s+|$)", line):
        options |= {found[1]: found[2]} if found[1] else dict.fromkeys(found[3], "")
        line = line[found.end() :]
    return options, line


def _size(value: Any) -> int:
    """Return the bytes that a table or an array takes; 0 for anything else."""
    if is_one_of(value, known_types("pandas", "DataFrame")):
        return int(value.memory_usage().sum())
    return value.nbytes if is_one_of(value, (*known_types("pandas", "Series"), *known_types("numpy", "ndarray"))) else 0


def _seconds(seconds: float) -> str:
    unit, size = next((unit for unit in _UNITS if abs(seconds) >= unit[1]), _UNITS[-1])
    return f"{seconds / size:.3g} {unit}"
