"""Collects what a function or a class needs of its module, so that its code can stand alone."""

import ast
import builtins
import functools
import importlib.metadata
import inspect
import symtable
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agent_core.errors import ToolError
from agent_core.tools.base import Tool, tool

_ALONE = "write it so that the function or class, and what it uses of its module, can stand alone"
_HERE_ONLY = "The tool {tool} uses {name} of agent_core, which exists only here: publish one that does without."
_NO_SOURCE = "The code of the tool {tool} cannot be found: it has to be written in a file, by `def` or `class`."
_TOOL_ERROR = 'class ToolError(Exception):\n    """The tool could not do what it was asked."""'
_CALLS = (  # what a constant may be made by
    *("frozenset", "set", "tuple", "list", "dict", "re.compile", "TypeVar", "logging.getLogger", "Path", "Decimal"),
    *("timedelta", "datetime.timedelta", "pathlib.Path", "typing.TypeVar", "decimal.Decimal"),
)


class ModuleParts:
    """The parts of a module that one tool needs.

    Args:
        name: The tool's name, for errors.
        thing: The function or class.

    Attributes:
        imports: Import statements.
        parts: The code of what it needs and of itself, by name, in an order in which it can run.

    Raises:
        ToolError: Its code cannot stand alone.
    """

    def __init__(self, name: str, thing: Callable[..., Any]) -> None:
        self._tool = name
        self.imports: dict[str, None] = {}
        self.parts: dict[str, str] = {}
        self._waiting: set[str] = set()  # names whose own needs are being added
        self._module = sys.modules.get(thing.__module__)
        self._source = self._source_of(self._module)
        self._bindings = _bindings(ast.parse(self._source).body)
        if any(ast.unparse(node.names[0]) == "annotations" for node in self._future()):
            self.imports["from __future__ import annotations"] = None
        own = textwrap.dedent(self._source_of(thing))
        self._add_definition(thing.__name__, ast.parse(own).body[0], own)

    def _source_of(self, thing: Any) -> str:
        try:
            return inspect.getsource(thing)
        except (OSError, TypeError):
            raise ToolError(_NO_SOURCE.format(tool=self._tool)) from None

    def has_classes(self) -> bool:
        return any(isinstance(part, ast.ClassDef) for code in self.parts.values() for part in ast.parse(code).body)

    def _future(self) -> list[ast.ImportFrom]:
        nodes = [node for found in self._bindings.values() for node in found]
        return [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "__future__"]

    def _add(self, name: str) -> None:
        """Add the code that defines a name in the module, after what that code needs."""
        if name in self.parts or name in self._waiting:
            return
        found = self._bindings.get(name, [])
        if not found and name not in vars(self._module):
            return  # a builtin, or none at all
        if not found and getattr(builtins, name, self) is vars(self._module)[name]:
            return
        if name == "__name__":
            return
        if not found and "*" in self._bindings:
            raise ToolError(f"The tool {self._tool} uses {name}, which comes by `import *`: import it by its name.")
        if len(found) != 1:
            raise self._refusal(name, "is set while its module runs")
        node = found[0]
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._add_import(name, node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self._add_definition(name, node, self._source)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value and _is_constant(node.value):
            self._add_code(name, _segment(node, self._source))
        else:
            raise self._refusal(name, "is set while its module runs")

    def _add_definition(self, name: str, node: ast.AST, source: str) -> None:
        self._add_code(name, _without(self._only_here(node), node, source))

    def _add_code(self, name: str, code: str) -> None:
        self._waiting.add(name)
        for needed in sorted(_names_in(code)):
            if needed.startswith("="):
                raise self._refusal(needed[1:], "it changes while it runs")
            if needed != name:
                self._add(needed)
        self._waiting.discard(name)
        self.parts[name] = code

    def _add_import(self, name: str, node: ast.Import | ast.ImportFrom) -> None:
        module = getattr(node, "module", None) or node.names[0].name
        if not getattr(node, "level", 0) and module.split(".")[0] == "agent_core":
            if name != "ToolError":
                raise ToolError(_HERE_ONLY.format(tool=self._tool, name=name))
            self.parts[name] = _TOOL_ERROR
            return
        if getattr(node, "level", 0) or not is_installable(module):
            raise ToolError(
                f"The tool {self._tool} uses {name} of the module {module}, which is in no package that others can "
                "install: put it into the tool's own module."
            )
        self.imports[ast.unparse(node)] = None

    def _only_here(self, node: ast.AST) -> Iterator[ast.expr]:
        """Yield decorators and bases that exist only here: `@tool` and `Tool`."""
        for part in (*getattr(node, "decorator_list", ()), *getattr(node, "bases", ())):
            named = part.func if isinstance(part, ast.Call) else part
            first, *rest = ast.unparse(named).split(".")
            value = vars(self._module).get(first)
            for name in rest:
                value = getattr(value, name, None)
            if value in (tool, Tool):
                yield part

    def _refusal(self, name: str, why: str) -> ToolError:
        return ToolError(f"The tool {self._tool} uses {name}, which {why}: {_ALONE}.")


@functools.cache
def packages() -> Mapping[str, list[str]]:
    """Return the installed packages that hold each module, by the module's top name."""
    return importlib.metadata.packages_distributions()


def is_installable(module: str) -> bool:
    """Return whether others can have a module: it is Python's own, or of an installed package."""
    top = module.split(".")[0]
    return top in sys.stdlib_module_names or top in packages()


def _bindings(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """Return the statements of a module that define each name. An import is reduced to that name."""
    found: dict[str, list[ast.stmt]] = {}
    for statement in body:
        if isinstance(statement, (ast.If, ast.Try)):
            inner = [*statement.body, *statement.orelse, *getattr(statement, "finalbody", ())]
            inner += [part for handler in getattr(statement, "handlers", ()) for part in handler.body]
            for name, parts in _bindings(inner).items():
                found.setdefault(name, []).extend(parts)
        for name, part in _names_defined_by(statement):
            found.setdefault(name, []).append(part)
    return found


def _names_defined_by(statement: ast.stmt) -> Iterator[tuple[str, ast.stmt]]:
    match statement:
        case ast.Import():
            for name in statement.names:
                yield name.asname or name.name.split(".")[0], ast.Import([name])
        case ast.ImportFrom():
            for name in statement.names:
                yield name.asname or name.name, ast.ImportFrom(statement.module, [name], statement.level)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name, statement
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.For() | ast.With():
            for part in ast.walk(statement):
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                    yield part.id, statement


def _is_constant(node: ast.expr) -> bool:
    """Return whether a value is the same wherever its code runs."""
    allowed = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Lambda, ast.ListComp, ast.GeneratorExp)
    for part in ast.walk(node):
        if isinstance(part, allowed) or ast.unparse(part).startswith("os.environ"):
            return False
        if isinstance(part, ast.Call) and ast.unparse(part.func) not in _CALLS:
            return False
    return True


def _segment(node: ast.AST, source: str) -> str:
    """Return the lines of a statement, with its decorators."""
    first = min([node.lineno, *(mark.lineno for mark in getattr(node, "decorator_list", ()))])  # type: ignore
    lines = source.splitlines()[first - 1 : node.end_lineno]  # type: ignore
    return textwrap.dedent("\n".join(lines))


def _without(parts: Iterator[ast.expr], node: ast.AST, source: str) -> str:
    """Return the code of a definition without some of its decorators and bases."""
    gone = {ast.unparse(part) for part in parts}
    code = _segment(node, source)
    if not gone:
        return code
    new = ast.parse(code).body[0]
    assert isinstance(new, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    lines = code.splitlines()
    for mark in reversed(new.decorator_list):
        if ast.unparse(mark) in gone:
            del lines[mark.lineno - 1 : mark.end_lineno]
    if isinstance(new, ast.ClassDef) and any(ast.unparse(base) in gone for base in new.bases):
        start = next(n for n, line in enumerate(lines) if line.startswith("class "))
        end = new.body[0].lineno - 1 - (len(code.splitlines()) - len(lines))
        kept = [ast.unparse(base) for base in new.bases if ast.unparse(base) not in gone]
        lines[start : max(end, start + 1)] = [f"class {new.name}({', '.join(kept)}):".replace("()", "")]
    return "\n".join(lines)


def _names_in(code: str) -> set[str]:
    """Return the names that code uses of its module, with "=" before those that it changes."""
    table, names = symtable.symtable(code, "tool", "exec"), set()
    waiting = [table]
    while waiting:
        inner = waiting.pop()
        waiting += inner.get_children()
        for symbol in inner.get_symbols():
            if inner is not table and symbol.is_declared_global() and symbol.is_assigned():
                names.add(f"={symbol.get_name()}")
            elif symbol.is_referenced() and (inner is table or symbol.is_global()):
                names.add(symbol.get_name())
    return names | _names_in_quotes(code)


def _names_in_quotes(code: str) -> set[str]:
    """Return the names in annotations that are written as strings."""
    names = set()
    for part in ast.walk(ast.parse(code)):
        annotation = getattr(part, "annotation", None) or getattr(part, "returns", None)
        for text in ast.walk(annotation) if annotation else ():
            if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value.isidentifier():
                names.add(text.value)
    return names
