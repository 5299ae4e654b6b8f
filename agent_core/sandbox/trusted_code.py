"""Runs the code of a published tool in this program, beside all that is the app's: only for code that is trusted."""

import builtins
import linecache
import sys
import types
from collections.abc import Mapping, Sequence
from typing import Any

from agent_core.sandbox.guest.tools.smolagents_shim import shim_for


def instance_of(name: str, source: str, class_name: str) -> Any:
    """Run the code as a module, and return an instance of the tool's class, which is called with the arguments.

    Args:
        name: The tool's name, for the module's.
        source: The code. Its imports of smolagents get the few names that the sandbox has in their place.
        class_name: The tool's class.
    """
    module = types.ModuleType(f"trusted_tool_{name}")
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import}
    filename = f"<tool {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    sys.modules[module.__name__] = module  # where pickle and dataclasses look it up
    exec(compile(source, filename, "exec", dont_inherit=True), vars(module))
    return getattr(module, class_name)()


def _import(
    name: str,
    globals: Mapping[str, Any] | None = None,
    locals: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> types.ModuleType:
    shim = shim_for(name, fromlist) if level == 0 else None
    return shim or builtins.__import__(name, globals, locals, fromlist or (), level)
