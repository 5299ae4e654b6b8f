"""A tool of ours as files that smolagents loads: a Space's tool.py, app.py and requirements.txt."""

import ast
import dataclasses
import enum
import inspect
import re
import sys
import textwrap
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from agent_core.errors import ToolError
from agent_core.integrations.hub.code_reader.tool_inputs import TYPES
from agent_core.integrations.hub.code_reader.tool_reader import read_tool_code
from agent_core.integrations.hub.code_writer import snippets
from agent_core.integrations.hub.code_writer.module_parts import ModuleParts, is_installable, packages
from agent_core.net.redaction import redact
from agent_core.tools.base import Tool
from agent_core.tools.described import DescribedTool
from agent_core.tools.docstrings import read_docstring
from agent_core.tools.signature import Parameter

_KEY = re.compile(r"\b(?:hf_\w{20,}|sk-[\w-]{20,}|gh[pousr]_\w{20,}|AKIA[A-Z0-9]{16}|xox[abp]-[\w-]{10,})")
_PLAIN = (str, int, float, bool, list, dict, type(None))  # types of what comes as JSON, which need no conversion


def tool_files(tool: Tool) -> dict[str, str]:
    """The files of a Space with this tool, by their names. Raises ToolError where its code cannot stand alone.

    What is written is the code of the function or class and what it uses of its module; no value of an instance.
    """
    thing = _defined(tool)
    parts = ModuleParts(tool.name, thing)
    code = _Writer(tool, thing, parts).code()
    if redact(code) != code or _KEY.search(code):
        raise ToolError(f"The code of the tool {tool.name} holds a key or token: have it read from the environment.")
    read = read_tool_code(code)
    return {
        "tool.py": code,
        "app.py": f"from smolagents import launch_gradio_demo\n\nfrom tool import {read.class_name}\n\n"
        f"launch_gradio_demo({read.class_name}())\n",
        "requirements.txt": "\n".join(_requirements(tool.name, read.imports)) + "\n",
    }


def _defined(tool: Tool) -> Any:
    """The function or class that the tool is made of. Raises ToolError where there is none that can be written."""
    if isinstance(tool, DescribedTool):
        raise ToolError(
            f"The tool {tool.name} comes from elsewhere: only a tool that is written here can be published."
        )
    if (function := vars(tool).get("run")) is None:
        return _defined_class(tool)
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


def _defined_class(tool: Tool) -> type:
    kind = type(tool)
    if "<locals>" in kind.__qualname__:
        raise ToolError(f"The class of the tool {tool.name} stands within a function: put it into the module.")
    if kind.__init__ is not Tool.__init__ and len(inspect.signature(kind.__init__).parameters) > 1:
        raise ToolError(
            f"The tool {tool.name} is made with arguments, and values are not published: give its class an __init__ "
            "without any."
        )
    trees = [_tree(part) for part in kind.__mro__ if issubclass(part, Tool) and part is not Tool]
    if used := {name for tree in trees for name in _used(tree)} - {name for tree in trees for name in _given(tree)}:
        raise ToolError(
            f"The class of the tool {tool.name} uses self.{min(used)} of agent_core's Tool, which exists only here."
        )
    return kind


def _tree(kind: type) -> ast.Module:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError):
        return ast.Module([], [])  # which is told when its code is gathered


def _used(tree: ast.Module) -> set[str]:
    """What a class uses of Tool, as self.name."""
    attributes = (part for part in ast.walk(tree) if isinstance(part, ast.Attribute))
    used = {a.attr for a in attributes if isinstance(a.value, ast.Name) and a.value.id == "self"}
    return {name for name in used if hasattr(Tool, name) or name == "inputs"}


def _given(tree: ast.Module) -> set[str]:
    """What a class gives itself: methods, attributes, and what it sets on self."""
    functions = {part.name for part in ast.walk(tree) if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef))}
    stored = (part for part in ast.walk(tree) if isinstance(getattr(part, "ctx", None), ast.Store))
    return functions | {getattr(part, "attr", "") or getattr(part, "id", "") for part in stored}


class _Writer:
    """Writes tool.py."""

    def __init__(self, tool: Tool, thing: Any, parts: ModuleParts) -> None:
        self._tool, self._thing, self._parts = tool, thing, parts
        function = inspect.unwrap(tool.run)
        self._is_generator = inspect.isgeneratorfunction(function)
        self._is_async_generator = inspect.isasyncgenfunction(function)
        self._is_async = inspect.iscoroutinefunction(function) or self._is_async_generator
        self._nodes = _arguments(function)
        if any(parameter.python == "self" for parameter in tool.inputs.parameters):
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
        inputs = {p.python: self._entry(p, schema) for p in tool.inputs.parameters}
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
        """An input as smolagents has it."""
        told = schema["properties"][parameter.name]
        entry: dict[str, Any] = {"type": _type_name(_kinds(told, schema)), "description": parameter.description}
        more = told if "anyOf" not in told else next((p for p in told["anyOf"] if p.get("type") != "null"), {})
        if "anyOf" not in told or len(told["anyOf"]) == 2:
            extra = {key: more[key] for key in ("enum", "items", "prefixItems", "additionalProperties") if key in more}
            entry |= extra if "$ref" not in repr(extra) else {"items": {}} if "items" in extra else {}
        may_be_none = _is_parsed(parameter.type) and type(None) in _parts_of(parameter.type)
        if parameter.default is not inspect.Parameter.empty or may_be_none:
            entry["nullable"] = True
        return entry

    def _output_type(self) -> str:
        schema = self._tool.output
        kind = _type_name(_kinds(schema, schema)) if schema is not None else "any"
        return kind if isinstance(kind, str) else "any"

    def _forward(self) -> str:
        types_of = {parameter.python: parameter.type for parameter in self._tool.inputs.parameters}
        new = ast.arguments(**dict(ast.iter_fields(self._nodes)))
        by_place = [*new.posonlyargs, *new.args]
        new.posonlyargs, new.args = [], [ast.arg("self"), *(_annotated(a, types_of) for a in by_place)]
        new.kwonlyargs = [_annotated(argument, types_of) for argument in new.kwonlyargs]
        returns = self._returns()
        head = f"def forward({ast.unparse(new)}){f' -> {returns}' if returns else ''}:"
        converted = [self._conversion(name, kind) for name, kind in types_of.items() if not _is_plain(kind)]
        return "\n    ".join([head, *converted, f"return {self._call()}"])

    def _conversion(self, name: str, kind: Any) -> str:
        """What makes the value of a parameter of what comes as JSON."""
        of = self._nodes
        found = next(a for a in (*of.posonlyargs, *of.args, *of.kwonlyargs) if a.arg == name)
        written = ast.unparse(_unquoted(found.annotation))
        if _is_made(kind, set()):
            return f"{name} = _made({name}, {written})"
        return f"{name} = pydantic.TypeAdapter({written}).validate_python({name})"

    def _call(self) -> str:
        first = {argument.arg for argument in self._nodes.posonlyargs}
        names = [parameter.python for parameter in self._tool.inputs.parameters]
        given = ", ".join(name if name in first else f"{name}={name}" for name in names)
        callee = "self.tool.run" if isinstance(self._thing, type) else self._thing.__name__
        call = f"{callee}({given})"
        if self._is_async_generator:
            call = f"_collected({call})"
        if self._is_async:
            return f"_finished(lambda: {call})"
        return f"list({call})" if self._is_generator else call

    def _returns(self) -> str:
        """The annotation of the result, where smolagents can read it."""
        output, node = self._tool.inputs.output, _returns(inspect.unwrap(self._tool.run))
        if node is None:
            return ""
        node = _unquoted(node)
        if self._is_generator or self._is_async_generator:
            items, parts = get_args(output), getattr(node, "slice", None)
            item = parts.elts[0] if isinstance(parts, ast.Tuple) else parts
            return f"list[{ast.unparse(item)}]" if item is not None and items and _is_parsed(items[0]) else "list"
        return ast.unparse(node) if _is_parsed(output) else ""


def _function_node(function: Any) -> ast.FunctionDef | ast.AsyncFunctionDef:
    node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    return node


def _arguments(function: Any) -> ast.arguments:
    """The parameters as they are written, without self."""
    of = _function_node(function).args
    if isinstance(function, types.MethodType):
        (of.posonlyargs or of.args).pop(0)
    return of


def _returns(function: Any) -> ast.expr | None:
    return _function_node(function).returns


def _annotated(argument: ast.arg, types_of: Mapping[str, Any]) -> ast.arg:
    """The parameter, with no annotation that smolagents could not read."""
    kept = argument.annotation if _is_parsed(types_of[argument.arg]) else ast.Name("Any")
    return ast.arg(argument.arg, _unquoted(kept))


def _unquoted(node: ast.expr | None) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.parse(node.value, mode="eval").body
    return node


def _is_parsed(kind: Any) -> bool:
    """Whether smolagents can read a type in a signature."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is None or origin is Literal:
        return True
    if hasattr(kind, "__metadata__"):
        return _is_parsed(parts[0])
    if origin is tuple:
        return len(parts) != 1 and ... not in parts and all(map(_is_parsed, parts))
    return origin in (list, dict, Union, types.UnionType) and all(map(_is_parsed, parts))


def _is_plain(kind: Any) -> bool:
    """Whether what comes as JSON is of this type as it comes."""
    origin, parts = get_origin(kind), get_args(kind)
    if hasattr(kind, "__metadata__"):
        return _is_plain(parts[0])
    if origin in (list, dict, Union, types.UnionType):
        return all(map(_is_plain, parts))
    return origin is Literal or kind is Any or kind in _PLAIN


def _is_made(kind: Any, seen: set[Any]) -> bool:
    """Whether `_made` of the file can make values of this type."""
    origin, parts = get_origin(kind) or kind, get_args(kind)
    if _is_plain(kind) or kind in seen or (isinstance(kind, type) and issubclass(kind, enum.Enum)):
        return True
    if dataclasses.is_dataclass(kind):
        return all(_is_made(part, {*seen, kind}) for part in get_type_hints(kind).values())
    if origin in (Union, types.UnionType):
        return type(None) in parts and len(parts) == 2 and all(_is_made(part, seen) for part in parts)
    return origin in (list, set, frozenset, tuple, dict) and all(_is_made(p, seen) for p in parts if p is not ...)


def _parts_of(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _kinds(schema: Mapping[str, Any], root: Mapping[str, Any]) -> set[str]:
    """The types that a JSON Schema allows; empty where it allows any."""
    if reference := schema.get("$ref"):
        return _kinds(root["$defs"][reference.rpartition("/")[2]], root)
    if parts := schema.get("anyOf"):
        kinds = [_kinds(part, root) for part in parts]
        return set().union(*kinds) if all(kinds) else set()
    if isinstance(schema.get("type"), str):
        return {schema["type"]}
    names = {"str": "string", "int": "integer", "bool": "boolean", "NoneType": "null"}
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    return {names.get(type(choice).__name__, "any") for choice in choices}


def _type_name(kinds: set[str]) -> str | list[str]:
    known = sorted(kinds - {"null"} or kinds)
    if not known or not set(known) <= set(TYPES) or "any" in known:
        return "any"
    return known[0] if len(known) == 1 else known


def _requirements(tool: str, imports: tuple[str, ...]) -> list[str]:
    """The packages that have the modules, and smolagents. Raises ToolError for a module that is in none."""
    needed = {"smolagents"}
    for module in imports:
        if module == "agent_core" or not is_installable(module):
            raise ToolError(f"The tool {tool} imports {module}, which is in no package that others can install.")
        if module not in sys.stdlib_module_names:
            needed |= set(packages()[module])
    return sorted(needed, key=str.lower)
