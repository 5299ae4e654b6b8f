"""Finds the class that is the tool in a tool's code, with its attributes and methods, also inherited ones."""

import ast
from collections.abc import Iterable, Iterator
from typing import Any

from agent_core.errors import ToolError
from agent_core.integrations.hub.code_reader.literals import NotLiteral, literal, literals_of
from agent_core.tools.parameters import MISSING

Method = ast.FunctionDef | ast.AsyncFunctionDef
_OLD = (
    "This tool was written for the agents that the package transformers once had. Its author has to bring it into the "
    "form that smolagents has now."
)
_PIPELINE = "This tool loads a model with transformers (it is a PipelineTool), which is not supported here."
_NO_CLASS = "There is no tool in this code: no class derives from smolagents' Tool."


class ToolClass:
    """The class in a tool's code that is the tool. Raises ToolError if no class could be it."""

    def __init__(self, source: str) -> None:
        self.module = _parsed(source)
        self.statements = list(_top_level(self.module.body))
        self.names = literals_of(self.statements)
        self._classes = {part.name: part for part in self.statements if isinstance(part, ast.ClassDef)}
        self._imported = dict(_imported(self.module))
        self.class_name = self._tool_class()
        self._class_and_bases = self._bases_in_order(self._classes[self.class_name])

    def attribute(self, name: str) -> Any:
        """Return the value of an attribute; None if there is none. Raises NotLiteral if it is known only by running."""
        for place in (self._set_in_init, self._set_in_class):
            for part in self._class_and_bases:
                if (value := place(part, name)) is not MISSING:
                    return value
        return None

    def method(self, name: str) -> Method | None:
        """Return a method of the class, which it may inherit; None if there is none."""
        for part in self._class_and_bases:
            for statement in part.body:
                if isinstance(statement, Method) and statement.name == name:
                    return statement
        return None

    def _tool_class(self) -> str:
        bases = self._bases()
        if not bases:
            raise ToolError(_NO_CLASS)
        name, base = min(bases.items())
        if base.startswith("transformers"):
            raise ToolError(_OLD)
        if base.endswith("PipelineTool"):
            raise ToolError(_PIPELINE)
        if base.rpartition(".")[2] != "Tool":
            raise ToolError(
                f"This tool derives from smolagents' {base.rpartition('.')[2]}, which is not supported here."
            )
        return name

    def _bases(self) -> dict[str, str]:
        """Return the imported tool class, such as `smolagents.Tool`, of each class that derives from one."""
        found: dict[str, str] = {}
        derived: dict[str, list[str]] = {}
        for name, part in self._classes.items():
            for base in map(ast.unparse, part.bases):
                first, dot, rest = base.partition(".")
                outside = f"{self._imported.get(first, '')}{dot}{rest}"
                if base in self._classes:
                    derived.setdefault(base, []).append(name)
                elif outside.startswith(("smolagents.", "transformers.")) and outside.endswith("Tool"):
                    found.setdefault(name, outside)
        waiting = list(found)
        while waiting:
            base = waiting.pop()
            new = [name for name in derived.get(base, ()) if name not in found]
            found.update(dict.fromkeys(new, found[base]))
            waiting += new
        return found

    def _bases_in_order(self, part: ast.ClassDef) -> list[ast.ClassDef]:
        """Return the class and its bases in the module, in the order in which Python mostly looks things up."""
        line: dict[str, ast.ClassDef] = {}
        waiting = [part]
        while waiting:
            inner = waiting.pop()
            if inner.name in line:
                continue  # they may derive from one class in many ways
            line[inner.name] = inner
            names = [base.id for base in reversed(inner.bases) if isinstance(base, ast.Name)]
            waiting += [self._classes[name] for name in names if name in self._classes]
        return list(line.values())

    def _set_in_class(self, part: ast.ClassDef, name: str) -> Any:
        for statement in reversed(part.body):
            if isinstance(statement, (*_METHODS, ast.ClassDef)) and statement.name == name:
                raise NotLiteral
            for target, value in _targets(statement):
                if isinstance(target, ast.Name) and target.id == name:
                    return literal(value, self.names | _own_literals(part, statement))
        return MISSING

    def _set_in_init(self, part: ast.ClassDef, name: str) -> Any:
        init = next((m for m in part.body if isinstance(m, ast.FunctionDef) and m.name == "__init__"), None)
        given = MISSING
        for statement in ast.walk(init) if init else ():
            for target, value in _targets(statement):
                if isinstance(target, ast.Attribute) and target.attr == name and _is_self(target.value):
                    given = literal(value, self.names)
        return given


_METHODS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise ToolError(f"This tool's code is not Python: {error.msg} in line {error.lineno}.") from None
    except (ValueError, RecursionError, MemoryError):
        raise ToolError("This tool's code is not Python that can be read.") from None


def _top_level(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the module's statements, also those within an `if`, `try` or `with`."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.If, ast.Try, ast.With)):
            for inner in ("body", "orelse", "finalbody"):
                yield from _top_level(getattr(statement, inner, ()))
            for handler in getattr(statement, "handlers", ()):
                yield from _top_level(handler.body)


def _imported(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each imported name and what it stands for, such as `smolagents.Tool`."""
    for part in ast.walk(module):
        if isinstance(part, ast.Import):
            for name in part.names:
                yield name.asname or name.name.partition(".")[0], name.name if name.asname else name.name.split(".")[0]
        elif isinstance(part, ast.ImportFrom) and part.module and not part.level:
            for name in part.names:
                if name.name == "*" and part.module.startswith("smolagents"):
                    yield "Tool", "smolagents.Tool"
                yield name.asname or name.name, f"{part.module}.{name.name}"


def _targets(statement: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(statement, ast.Assign):
        return [(target, statement.value) for target in statement.targets]
    if isinstance(statement, ast.AnnAssign) and statement.value:
        return [(statement.target, statement.value)]
    return []


def _own_literals(part: ast.ClassDef, until: ast.stmt) -> dict[str, Any]:
    """Return the values of the names that the class sets before a statement."""
    return literals_of(part.body[: part.body.index(until)])


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")
