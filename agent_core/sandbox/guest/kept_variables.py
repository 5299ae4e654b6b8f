"""Writes a chat's variables for the time that it sleeps, and reads them again in a new worker.

Both run what the agent's code defined (`__reduce__` and the like): only ever in a worker, never in the app.
"""

import functools
import io
import linecache
import os
import pickle
import random
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cloudpickle
from cloudpickle import cloudpickle as functions_of

from .errors.error_location import STEP_FILE
from .message_limits import MOST_KEPT
from .notebook.notebook_shell import NotebookShell

_OF_EACH_MODULE = frozenset((*vars(types.ModuleType("")), "__builtins__", "__file__", "__annotations__"))
_FILES = (io.TextIOWrapper, io.BufferedReader, io.BufferedWriter, io.BufferedRandom, io.FileIO)
_VARIABLE, _SETTING = "variable", "setting"
_Key = tuple[str, str]
"""A kind and a name."""


class _TooMuch(Exception):
    """There is more to keep than there is room for."""


class _Room(io.BytesIO):
    """What is pickled, as long as there is room."""

    def write(self, data: Any, /) -> int:
        if self.tell() + memoryview(data).nbytes > MOST_KEPT:
            raise _TooMuch
        return super().write(data)


class _Pickler(cloudpickle.Pickler):
    """Pickles functions of the chat so that their global variables are the chat's again, not copies.

    Two things that code often leaves are pickled, too: functions with a cache, which is empty then, and files that were
    closed.
    """

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) in _FILES and obj.closed:
            return _closed_file, (type(obj) is io.TextIOWrapper,)
        if type(obj) is functools._lru_cache_wrapper and obj.__module__ == "__main__":
            return _with_cache, (obj.__wrapped__, obj.cache_parameters())
        return super().reducer_override(obj)

    def _dynamic_function_reduce(self, func: types.FunctionType) -> Any:
        reduced = super()._dynamic_function_reduce(func)
        if func.__globals__ is not _namespace():
            return reduced
        (code, *_, closure), (attributes, slots) = reduced[1:3]
        slots["__globals__"] = {}  # they are kept, or lost, by themselves
        return _make_function, (code, code.co_filename, closure), (attributes, slots), None, None, _set_state


def _with_cache(function: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    return functools.lru_cache(**parameters)(function)


def _closed_file(is_text: bool) -> io.IOBase:
    file = io.StringIO() if is_text else io.BytesIO()
    file.close()
    return file


def _namespace() -> dict[str, Any]:
    return vars(sys.modules["__main__"])


def _make_function(code: types.CodeType, file: str, closure: tuple[types.CellType, ...] | None) -> types.FunctionType:
    return types.FunctionType(_of_file(code, file), _namespace(), None, None, closure)


def _of_file(code: types.CodeType, file: str) -> types.CodeType:
    """Return code with the name of its file, which cloudpickle leaves out, so that tracebacks show its lines."""
    inner = (_of_file(value, file) if isinstance(value, types.CodeType) else value for value in code.co_consts)
    return code.replace(co_filename=file, co_consts=tuple(inner))


def _set_state(function: types.FunctionType, state: Any) -> None:
    given = _namespace()["__builtins__"]
    functions_of._function_setstate(function, state)
    _namespace()["__builtins__"] = given  # not Python's own, which it has set


def write(shell: NotebookShell, descriptor: int) -> list[str]:
    """Write all variables that can be kept into a pipe.

    Args:
        shell: The shell, whose last value is kept, too.
        descriptor: The pipe, which is closed.

    Returns:
        The names of the variables that cannot be kept.
    """
    values: dict[_Key, Any] = {
        (_VARIABLE, name): value
        for name, value in _namespace().items()
        if type(name) is str and name not in _OF_EACH_MODULE
    }
    values |= {(_SETTING, name): value for name, value in _settings(shell).items()}
    kept, data = values, _pickled(values)
    if data is None:
        kept, data = _those_that_pickle(values)
    with os.fdopen(descriptor, "wb") as pipe:
        pipe.write(data)
    return [name for kind, name in values.keys() - kept.keys() if kind == _VARIABLE]


def read(shell: NotebookShell, descriptor: int) -> None:
    """Read variables from a pipe, which is closed. Raises whatever the reading raises."""
    with os.fdopen(descriptor, "rb") as pipe:
        values: dict[_Key, Any] = pickle.load(pipe)
        pipe.read()
    _namespace().update({name: value for (kind, name), value in values.items() if kind == _VARIABLE})
    for (kind, name), value in values.items():
        if kind == _SETTING:
            with suppress(Exception):  # another version of a library may have no such setting
                _TAKE[name](shell, value)


def _pickled(values: Mapping[_Key, Any]) -> bytes | None:
    """Return the values as bytes that were tried; None if they cannot be pickled, read again, or are too many."""
    room = _Room()
    try:
        _Pickler(room, protocol=pickle.HIGHEST_PROTOCOL).dump(dict(values))
        with _as_at_the_start():
            pickle.loads(room.getbuffer())
    except Exception:
        return None
    return room.getvalue()


@contextmanager
def _as_at_the_start() -> Iterator[None]:
    """Take all variables and classes of the chat away for a while, as they are missing where others are read."""
    namespace, before = _namespace(), dict(_namespace())
    for name in before.keys() - _OF_EACH_MODULE:
        del namespace[name]
    functions_of._DYNAMIC_CLASS_TRACKER_BY_ID.clear()
    try:
        yield
    finally:
        namespace.clear()
        namespace.update(before)


def _those_that_pickle(values: Mapping[_Key, Any]) -> tuple[Mapping[_Key, Any], bytes]:
    """Return the values that can be kept, the small ones first, and their bytes."""
    sizes = {key: len(data) for key, value in values.items() if (data := _pickled({key: value})) is not None}
    kept, room = dict[_Key, Any](), MOST_KEPT
    for key in sorted(sizes, key=lambda key: sizes[key]):
        room -= sizes[key]
        if room >= 0:
            kept[key] = values[key]
    data = _pickled(kept)
    return (kept, data) if data is not None else ({}, pickle.dumps({}))


def _settings(shell: NotebookShell) -> dict[str, Any]:
    """Return what else a person would miss: where random numbers go on, the folder, how things are shown."""
    found: dict[str, Any] = {}
    for name, give in _GIVE.items():
        with suppress(Exception), warnings.catch_warnings(action="ignore"):  # the library is not loaded, or is broken
            found[name] = give(shell)
    return found


def _pandas_display() -> dict[str, Any]:
    display = sys.modules["pandas"].options.display
    values = {name: getattr(display, name) for name in dir(display)}
    return {name: value for name, value in values.items() if not isinstance(value, type(display))}


def _matplotlib_settings() -> dict[str, Any]:
    library = sys.modules["matplotlib"]
    settings = dict(dict.items(library.rcParams))  # by itself, it would load a backend
    return {name: value for name, value in settings.items() if value != library.rcParamsDefault.get(name)}


def _take_pandas_display(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        sys.modules["pandas"].set_option(f"display.{name}", value)


def _take_matplotlib_settings(values: Mapping[str, Any]) -> None:
    kept = {name: value for name, value in values.items() if name != "backend"}
    dict.update(sys.modules["matplotlib"].rcParams, kept)


_GIVE: dict[str, Callable[[NotebookShell], Any]] = {
    "last value": lambda shell: shell.last_value,
    "folder": lambda _: os.path.relpath(Path.cwd(), os.environ["HOME"]),
    "random": lambda _: random.getstate(),
    "numpy random": lambda _: sys.modules["numpy"].random.get_state(),
    "numpy display": lambda _: sys.modules["numpy"].get_printoptions(),
    "pandas display": lambda _: _pandas_display(),
    "matplotlib": lambda _: _matplotlib_settings(),
    "code": lambda _: {name: entry for name, entry in linecache.cache.items() if name.startswith(STEP_FILE)},
}
_TAKE: dict[str, Callable[[NotebookShell, Any], Any]] = {
    "last value": lambda shell, value: setattr(shell, "last_value", value),
    "folder": lambda _, value: os.chdir(Path(os.environ["HOME"], value)),
    "random": lambda _, value: random.setstate(value),
    "numpy random": lambda _, value: sys.modules["numpy"].random.set_state(value),
    "numpy display": lambda _, value: sys.modules["numpy"].set_printoptions(**value),
    "pandas display": lambda _, value: _take_pandas_display(value),
    "matplotlib": lambda _, value: _take_matplotlib_settings(value),
    "code": lambda _, value: linecache.cache.update(value),
}
