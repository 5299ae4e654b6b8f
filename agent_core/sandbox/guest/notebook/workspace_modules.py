"""Modules that lie in the workspace: a `helper.py` that the code wrote, or that came with a question.

They are found after everything that is installed, and run under the same rules as the code of a step.
"""

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from .cell import compile_file


class WorkspaceModules(MetaPathFinder):
    """Finds the modules of the workspace.

    Args:
        workspace: The folder.
        given: The builtins of the agent's code.
    """

    def __init__(self, workspace: str, given: Mapping[str, Any]) -> None:
        self._workspace = os.path.normpath(workspace)
        self._given = given

    def install(self) -> None:
        """Have imports find them."""
        sys.meta_path.insert(0, self)

    def holds(self, name: str) -> bool:
        """Whether a module lies in the workspace, and nothing installed has its name."""
        return self.find_spec(name.partition(".")[0]) is not None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to load a module of the workspace; None for any other."""
        entries = [self._workspace, *sys.path] if path is None else path
        specs = (self._spec_in(folder, fullname) for folder in map(self._inside, entries) if folder)
        found = next(filter(None, specs), None)
        return None if found and path is None and self._is_installed(fullname) else found

    def _inside(self, entry: str) -> str:
        """Return the folder that an entry of a module path names if it lies in the workspace, else ""."""
        folder = os.path.normpath(os.path.join(self._workspace, entry))
        return folder if f"{folder}/".startswith(f"{self._workspace}/") else ""

    def _is_installed(self, name: str) -> bool:
        elsewhere = [entry for entry in sys.path if not self._inside(entry)]
        return name in sys.stdlib_module_names or PathFinder.find_spec(name, elsewhere) is not None

    def _spec_in(self, folder: str, fullname: str) -> ModuleSpec | None:
        package = os.path.join(folder, fullname.rpartition(".")[2])
        begins, module = os.path.join(package, "__init__.py"), f"{package}.py"
        if os.path.isfile(begins):
            loader = _SourceLoader(begins, self._shown(begins), self._given)
            return importlib.util.spec_from_file_location(
                fullname, begins, loader=loader, submodule_search_locations=[package]
            )
        if os.path.isfile(module):
            loader = _SourceLoader(module, self._shown(module), self._given)
            return importlib.util.spec_from_file_location(fullname, module, loader=loader)
        if os.path.isdir(package) and any(name.endswith(".py") for name in os.listdir(package)):
            spec = ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [package]
            return spec
        return None

    def _shown(self, file: str) -> str:
        return file.removeprefix(f"{self._workspace}/")


class _SourceLoader(Loader):
    """Loads one file. No bytecode is kept: a file that was just written again must not be taken for the old one.

    Args:
        file: Its path.
        shown: What tracebacks call it.
        given: The builtins of the agent's code.
    """

    def __init__(self, file: str, shown: str, given: Mapping[str, Any]) -> None:
        self._file, self._shown, self._given = file, shown, given

    def exec_module(self, module: ModuleType) -> None:
        code = compile_file(self.get_source(module.__name__), self._shown)
        vars(module)["__builtins__"] = self._given
        exec(code, vars(module))

    def get_source(self, fullname: str) -> str:
        with open(self._file, "rb") as file:
            return importlib.util.decode_source(file.read())
