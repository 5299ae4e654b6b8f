"""Writes a tool of ours as the files of a Space that smolagents loads: tool.py, app.py and requirements.txt."""

import ast
import inspect
import re
import sys
import textwrap
import types
from collections.abc import Mapping
from typing import Any, get_args

from agent_core.errors import ToolError
from agent_core.integrations.hub.code_reader.tool_parser import read_tool_code
from agent_core.integrations.hub.code_writer import snippets
from agent_core.integrations.hub.code_writer.module_parts import ModuleParts, is_installable, packages
from agent_core.integrations.hub.code_writer.publishable import definition
from agent_core.integrations.hub.code_writer.smolagents_types import (
    comes_as_json,
    is_convertible,
    is_readable,
    native_type,
    schema_types,
    type_name,
)
from agent_core.net.redaction import holds_key
from agent_core.tools.base import Tool
from agent_core.tools.docstrings import read_docstring
from agent_core.tools.parameters import MISSING, Parameter
from agent_core.tools.type_text import alternatives


def tool_files(tool: Tool) -> dict[str, str]:
    """Return the files of a Space with this tool: their texts by their names.

    They hold the code of the function or class and what it uses of its module, and no value of an instance.

    Args:
        tool: A tool that is made of a function or a class.

    Raises:
        ToolError: Its code cannot stand alone, or holds a key.
    """
    thing = definition(tool)
    parts = ModuleParts(tool.name, thing)
    code = _ToolFileWriter(tool, thing, parts).code()
    if holds_key(code):
        raise ToolError(f"The code of the tool {tool.name} holds a key or token: have it read from the environment.")
    read = read_tool_code(code)
    return {
        "tool.py": code,
        "app.py": f"from smolagents import launch_gradio_demo\n\nfrom tool import {read.class_name}\n\n"
        f"launch_gradio_demo({read.class_name}())\n",
        "requirements.txt": "\n".join(_requirements(tool.name, read.imports)) + "\n",
    }


class _ToolFileWriter:
    """Writes the file tool.py of one tool."""

    def __init__(self, tool: Tool, thing: Any, parts: ModuleParts) -> None:
        self._tool, self._thing, self._parts = tool, thing, parts
        function = inspect.unwrap(tool.run)
        self._is_generator = inspect.isgeneratorfunction(function)
        self._is_async_generator = inspect.isasyncgenfunction(function)
        self._is_async = inspect.iscoroutinefunction(function) or self._is_async_generator
        self._nodes = _arguments(function)
        if any(parameter.python == "self" for parameter in tool.signature.parameters):
            raise ToolError(f"The tool {tool.name} has a parameter named self: give it another name.")
        if clash := parts.parts.keys() & set(snippets.NAMES):
            raise ToolError(f"The tool {tool.name} uses something of its own named {min(clash)}: give it another name.")

    def code(self) -> str:
        forward = self._forward()
        imports = {*self._parts.imports, *self._own_imports(forward), "from smolagents import Tool"}
        ordered = sorted(imports, key=lambda line: ("__future__" not in line, line.startswith("from"), line))
        here = [snippets.HERE] if self._parts.has_classes() else []
        parts = [*here, *self._parts.parts.values(), *self._helpers(forward), self._class(forward)]
        return "\n\n\n".join(["\n".join(ordered), *parts]) + "\n"

    def _own_imports(self, forward: str) -> list[str]:
        imports = ["from typing import Any"] if re.search(r"\bAny\b", forward) else []
        if "_finished(" in forward:
            imports += ["import asyncio", "from concurrent.futures import ThreadPoolExecutor"]
        if "_made(" in forward:
            imports += ["import dataclasses", "import enum", "import typing"]
        imports += ["import pydantic"] if "pydantic." in forward else []
        return imports + (["import sys"] if self._parts.has_classes() else [])

    def _helpers(self, forward: str) -> list[str]:
        helpers = {"_made(": snippets.MADE, "_finished(": snippets.FINISHED, "_collected(": snippets.COLLECTED}
        return [code for call, code in helpers.items() if call in forward]

    def _class(self, forward: str) -> str:
        tool = self._tool
        name = "".join(part[:1].upper() + part[1:] for part in tool.name.split("_")) + "Tool"
        while name in self._parts.parts:
            name += "_"
        schema = tool.parameters
        inputs = {p.python: self._entry(p, schema) for p in tool.signature.parameters}
        lines = [
            f"class {name}(Tool):",
            f"    name = {tool.name!r}",
            f"    description = {(read_docstring(tool.description).text or tool.description)!r}",
            *(
                ["    inputs = {", *(f"        {n!r}: {e!r}," for n, e in inputs.items()), "    }"]
                if inputs
                else ["    inputs = {}"]
            ),
            f"    output_type = {self._output_type()!r}",
        ]
        if isinstance(self._thing, type):
            lines.append(snippets.INIT.format(name=self._thing.__name__))
        return "\n".join(lines) + f"\n\n{textwrap.indent(forward, '    ')}"

    def _entry(self, parameter: Parameter, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return an input as smolagents describes it."""
        told = schema["properties"][parameter.name]
        native = native_type(parameter.type)
        kind = native or type_name(schema_types(told, schema))
        entry: dict[str, Any] = {"type": kind, "description": parameter.description}
        told = {} if native else told
        more = told if "anyOf" not in told else next((p for p in told["anyOf"] if p.get("type") != "null"), {})
        if "anyOf" not in told or len(told["anyOf"]) == 2:
            extra = {key: more[key] for key in ("enum", "items", "prefixItems", "additionalProperties") if key in more}
            entry |= extra if "$ref" not in repr(extra) else {"items": {}} if "items" in extra else {}
        may_be_none = is_readable(parameter.type) and type(None) in alternatives(parameter.type)
        if parameter.default is not MISSING or may_be_none:
            entry["nullable"] = True
        return entry

    def _output_type(self) -> str:
        schema = self._tool.output
        if native := native_type(self._tool.signature.output):
            return native
        kind = type_name(schema_types(schema, schema)) if schema is not None else "any"
        return kind if isinstance(kind, str) else "any"

    def _forward(self) -> str:
        types_of = {parameter.python: parameter.type for parameter in self._tool.signature.parameters}
        new = ast.arguments(**dict(ast.iter_fields(self._nodes)))
        by_place = [*new.posonlyargs, *new.args]
        new.posonlyargs, new.args = [], [ast.arg("self"), *(_annotated(a, types_of) for a in by_place)]
        new.kwonlyargs = [_annotated(argument, types_of) for argument in new.kwonlyargs]
        returns = self._returns()
        head = f"def forward({ast.unparse(new)}){f' -> {returns}' if returns else ''}:"
        converted = [self._conversion(name, kind) for name, kind in types_of.items() if not comes_as_json(kind)]
        return "\n    ".join([head, *converted, f"return {self._call()}"])

    def _conversion(self, name: str, kind: Any) -> str:
        """Return the line that makes a parameter's value of what comes as JSON."""
        of = self._nodes
        found = next(a for a in (*of.posonlyargs, *of.args, *of.kwonlyargs) if a.arg == name)
        written = ast.unparse(_unquoted(found.annotation))
        if is_convertible(kind, set()):
            return f"{name} = _made({name}, {written})"
        return f"{name} = pydantic.TypeAdapter({written}).validate_python({name})"

    def _call(self) -> str:
        first = {argument.arg for argument in self._nodes.posonlyargs}
        names = [parameter.python for parameter in self._tool.signature.parameters]
        given = ", ".join(name if name in first else f"{name}={name}" for name in names)
        callee = "self.tool.run" if isinstance(self._thing, type) else self._thing.__name__
        call = f"{callee}({given})"
        if self._is_async_generator:
            call = f"_collected({call})"
        if self._is_async:
            return f"_finished(lambda: {call})"
        return f"list({call})" if self._is_generator else call

    def _returns(self) -> str:
        """Return the annotation of the result; empty if smolagents could not read it."""
        output, node = self._tool.signature.output, _returns(inspect.unwrap(self._tool.run))
        if node is None:
            return ""
        node = _unquoted(node)
        if self._is_generator or self._is_async_generator:
            items, parts = get_args(output), getattr(node, "slice", None)
            item = parts.elts[0] if isinstance(parts, ast.Tuple) else parts
            return f"list[{ast.unparse(item)}]" if item is not None and items and is_readable(items[0]) else "list"
        return ast.unparse(node) if is_readable(output) else ""


def _function_node(function: Any) -> ast.FunctionDef | ast.AsyncFunctionDef:
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    return node


def _arguments(function: Any) -> ast.arguments:
    """Return the parameters as they are written, without self."""
    of = _function_node(function).args
    if isinstance(function, types.MethodType):
        (of.posonlyargs or of.args).pop(0)
    return of


def _returns(function: Any) -> ast.expr | None:
    return _function_node(function).returns


def _annotated(argument: ast.arg, types_of: Mapping[str, Any]) -> ast.arg:
    """Return the parameter, with `Any` for an annotation that smolagents could not read."""
    kept = argument.annotation if is_readable(types_of[argument.arg]) else ast.Name("Any")
    return ast.arg(argument.arg, _unquoted(kept))


def _unquoted(node: ast.expr | None) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node


def _requirements(tool: str, imports: tuple[str, ...]) -> list[str]:
    """Return the packages of these modules, and smolagents. Raises ToolError for a module that is in none."""
    needed = {"smolagents"}
    for module in imports:
        if module == "agent_core" or not is_installable(module):
            raise ToolError(f"The tool {tool} imports {module}, which is in no package that others can install.")
        if module not in sys.stdlib_module_names:
            needed |= set(packages()[module])
    return sorted(needed, key=str.lower)
