"""Replaces pools of processes, which cannot be started here, by pools of threads with the same methods."""

import concurrent.futures
import multiprocessing.dummy
import os
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any, Self

_NOTE = "Note: processes cannot be started here; these workers are threads of one process."


class ThreadsForProcesses(concurrent.futures.ThreadPoolExecutor):
    """What `ProcessPoolExecutor` is here."""

    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: Any = None,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        **_: Any,
    ) -> None:
        _say_so()
        super().__init__(max_workers, initializer=initializer, initargs=initargs)


def install() -> None:
    """Give libraries, too, the pool of threads."""
    concurrent.futures.__dict__["ProcessPoolExecutor"] = ThreadsForProcesses


def shim_for(name: str, fromlist: Sequence[str] | None) -> types.ModuleType | None:
    """Return the module that the agent's code gets instead of one that starts processes; None for any other."""
    if name == "multiprocessing" or name == "multiprocessing.pool":
        return _package if name == "multiprocessing" or not fromlist else _pool
    return None


def _say_so() -> None:
    """Say it once in a chat."""
    global _said
    if not _said:
        _said = True
        print(_NOTE, file=sys.stderr)


def _make_pool(processes: int | None = None, *arguments: Any, **options: Any) -> Any:
    _say_so()
    options.pop("context", None)
    options.pop("maxtasksperchild", None)
    return multiprocessing.dummy.Pool(processes, *arguments[:2], **options)


def _make_worker(*arguments: Any, **options: Any) -> Any:
    _say_so()
    return multiprocessing.dummy.Process(*arguments, **options)


class Manager:
    """What `multiprocessing.Manager()` returns: among threads, plain objects are shared already."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        return getattr(multiprocessing.dummy, name)

    def shutdown(self) -> None:
        """Do nothing: no process was started."""


_said = False
_package = types.ModuleType(
    "multiprocessing", "The standard library's module of this name, with threads for processes."
)
_pool = types.ModuleType("multiprocessing.pool")
vars(_pool).update(Pool=_make_pool, ThreadPool=_make_pool)
vars(_package).update(
    {name: getattr(multiprocessing.dummy, name) for name in multiprocessing.dummy.__all__},
    **{name: getattr(multiprocessing.dummy, name) for name in ("Value", "Array", "Namespace")},
    Manager=Manager,
    Pool=_make_pool,
    Process=_make_worker,
    SimpleQueue=multiprocessing.dummy.Queue,
    TimeoutError=multiprocessing.TimeoutError,
    cpu_count=os.cpu_count,
    get_context=lambda method=None: _package,
    get_start_method=lambda allow_none=False: "thread",
    pool=_pool,
    set_start_method=lambda method, force=False: None,
)
