"""Modules that take the place of packages which cannot do here what they do in a notebook.

They are found before the packages themselves, by the agent's code and by libraries. What only the agent's own code gets
instead of a module is in `process_shim`.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import ipython_shim


class StandIns(MetaPathFinder, Loader):
    """Finds and makes the modules."""

    def __init__(self) -> None:
        self._names: dict[str, Callable[[], dict[str, Any]]] = {
            **{name: lambda names=names: names for name, names in ipython_shim.MODULES.items()},
            "nest_asyncio": lambda: {"apply": lambda *_: None},  # loops nest already
            "tqdm.notebook": _text_bars,
        }

    def install(self) -> None:
        """Have imports find them."""
        sys.meta_path.insert(0, self)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to make one of them; None for any other module."""
        if fullname not in self:
            return None
        is_package = any(name.startswith(f"{fullname}.") for name in self._names)
        return importlib.util.spec_from_loader(fullname, self, is_package=is_package)

    def exec_module(self, module: ModuleType) -> None:
        """Fill in a module's names, and import its submodules, as IPython does."""
        vars(module).update(self._names[module.__name__]())
        for name in self._names:
            if name.rpartition(".")[0] == module.__name__:
                importlib.import_module(name)


def _text_bars() -> dict[str, Any]:
    """Return tqdm's bars for notebooks. There are no widgets here, so they are those for terminals."""
    from tqdm.std import tqdm, trange

    return {"tqdm": tqdm, "trange": trange, "tqdm_notebook": tqdm, "tnrange": trange}
