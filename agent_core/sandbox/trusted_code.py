"""Runs the code of a published tool in this program, beside all that is the app's: only for code that is trusted."""

import builtins
from typing import Any

from agent_core.sandbox.guest.tools.tool_module import run_as_module


def instance_of(name: str, source: str, class_name: str) -> Any:
    """Run the code as a module, and return an instance of the tool's class, which is called with the arguments.

    Args:
        name: The tool's name, for the module's.
        source: The code. Its imports of smolagents get the few names that the sandbox has in their place.
        class_name: The tool's class.
    """
    module = run_as_module(f"trusted_tool_{name}", source, vars(builtins), builtins.__import__)
    return getattr(module, class_name)()
