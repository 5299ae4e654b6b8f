"""Checks which tools can be published: those made of a function or class that needs nothing else of its module."""

import ast
import inspect
import textwrap
import types
from typing import Any

from pydantic.fields import FieldInfo

from agent_core.errors import ToolError
from agent_core.tools.base import Tool
from agent_core.tools.schema_tool import SchemaTool


def definition(tool: Tool) -> Any:
    """Return the function or class that the tool is made of. Raises ToolError if its code cannot be published."""
    if isinstance(tool, SchemaTool):
        raise ToolError(
            f"The tool {tool.name} comes from elsewhere: only a tool that is written here can be published."
        )
    for name, parameter in inspect.signature(tool.run).parameters.items():
        if isinstance(parameter.default, FieldInfo):  # which would be the value, there
            raise ToolError(
                f"The tool {tool.name} has `Field` as the default of {name}, which other libraries do not read. Write "
                f"it beside the type: `{name}: Annotated[…, Field(…)] = …`."
            )
    if (function := vars(tool).get("run")) is None:
        return _class_of(tool)
    function = inspect.unwrap(function)
    if not isinstance(function, types.FunctionType) or function.__name__ == "<lambda>":
        raise ToolError(
            f"The tool {tool.name} is made of no function written by `def`, so that it cannot be published."
        )
    if names := function.__code__.co_freevars:
        raise ToolError(
            f"The tool {tool.name} uses {', '.join(names)} of the function around it: make this a parameter or a "
            "constant of the module."
        )
    return function


def _class_of(tool: Tool) -> type:
    kind = type(tool)
    if "<locals>" in kind.__qualname__:
        raise ToolError(
            f"The class of the tool {tool.name} is defined in a function: move it to the top of the module."
        )
    if kind.__init__ is not Tool.__init__ and len(inspect.signature(kind.__init__).parameters) > 1:
        raise ToolError(
            f"The tool {tool.name} is made with arguments, and values are not published: give its class an __init__ "
            "without any."
        )
    trees = [_tree(part) for part in kind.__mro__ if issubclass(part, Tool) and part is not Tool]
    if used := {name for tree in trees for name in _used(tree)} - {name for tree in trees for name in _assigned(tree)}:
        raise ToolError(
            f"The class of the tool {tool.name} uses self.{min(used)} of agent_core's Tool, which exists only here."
        )
    return kind


def _tree(kind: type) -> ast.Module:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError):
        return ast.Module([], [])  # ModuleParts raises the error for this


def _used(tree: ast.Module) -> set[str]:
    """Return what a class uses of Tool by `self.name`."""
    attributes = (part for part in ast.walk(tree) if isinstance(part, ast.Attribute))
    used = {a.attr for a in attributes if isinstance(a.value, ast.Name) and a.value.id == "self"}
    return {name for name in used if hasattr(Tool, name) or name == "signature"}


def _assigned(tree: ast.Module) -> set[str]:
    """Return what a class defines itself: methods, attributes, and what it sets on self."""
    functions = {part.name for part in ast.walk(tree) if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))}
    stored = (part for part in ast.walk(tree) if isinstance(getattr(part, "ctx", None), ast.Store))
    return functions | {getattr(part, "attr", "") or getattr(part, "id", "") for part in stored}
