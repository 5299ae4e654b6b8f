"""Runs the source of a published tool as a module."""

import linecache
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .smolagents_shim import shim_for


def run_as_module(
    name: str, source: str, builtins: Mapping[str, Any], import_: Callable[..., types.ModuleType]
) -> types.ModuleType:
    """Run the source, and register the module by its name, because pickle and dataclasses look it up.

    Args:
        name: The module's name.
        source: The code. Its imports of smolagents get the shim in its place.
        builtins: The builtins of the code.
        import_: `__import__` of the code, for modules that no shim replaces.
    """

    def import_or_shim(
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> types.ModuleType:
        shim = shim_for(name, fromlist) if level == 0 else None
        return shim or import_(name, globals, locals, fromlist, level)

    module = types.ModuleType(name)
    vars(module)["__builtins__"] = {**builtins, "__import__": import_or_shim}
    filename = f"<{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    code = compile(source, filename, "exec", dont_inherit=True)
    sys.modules[name] = module
    exec(code, vars(module))
    return module
