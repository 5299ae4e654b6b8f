"""Finds the types that annotations name, without running the code."""

import ast
import types
from collections.abc import Iterable
from typing import Any, Literal, NotRequired, Union, get_args, get_origin

from typing_extensions import TypedDict

from agent_core.integrations.hub.code_reader.literals import assignments
from agent_core.tools.parameters import MISSING

_DEEPEST = 20  # levels of nested types; deeper ones count as Any
_MOST_TYPES = 1_000  # types of one tool, counted at each use; further ones count as Any
_MOST_PARTS = 60  # members of a union or a Literal
_PLAIN: dict[str, Any] = {
    **{kind.__name__: kind for kind in (str, int, float, bool, bytes, list, dict, tuple, set)},
    **dict.fromkeys(("List", "Sequence", "Iterable", "Iterator", "Generator"), list),
    **dict.fromkeys(("Any", "object"), Any),
    **dict.fromkeys(("Dict", "Mapping"), dict),
    "Tuple": tuple,
    "Set": set,
    "None": None,
}
_TYPE_MODULES = ("typing", "typing_extensions", "t", "tp", "collections", "abc", "builtins")
_KINDS = {"str": "string", "bytes": "string", "int": "integer", "float": "number", "bool": "boolean"}


class Annotations:
    """Finds the types for the annotations of one module."""

    def __init__(self, statements: Iterable[ast.stmt]) -> None:
        statements = list(statements)
        self._aliases = dict(assignments(statements))
        self._classes = {part.name: part for part in statements if isinstance(part, ast.ClassDef)}
        self._left = _MOST_TYPES
        # Types that have names in the module, each made once, with the number of types in it.
        self._found: dict[str, tuple[Any, int]] = {}
        self._fields_of: dict[str, dict[str, Any]] = {}  # of its classes, likewise

    def type_of(self, node: ast.AST | None, depth: int = 0) -> Any:
        """Return the type of an annotation; MISSING if there is none, or if it is unknown."""
        self._left -= 1
        if depth > _DEEPEST or self._left < 0:
            return Any
        match node:
            case ast.Constant(value=None):
                return None
            case ast.Constant(value=str() as text):
                return self._of_text(text, depth)
            case ast.Name():
                return self._of_name(node.id, depth)
            case ast.Attribute():
                return _PLAIN.get(node.attr, MISSING) if _module(node) in _TYPE_MODULES else MISSING
            case ast.BinOp(op=ast.BitOr()):
                return self._union([node.left, node.right], depth)
            case ast.Subscript():
                return self._of_subscript(node, depth)
        return MISSING

    def _of_text(self, text: str, depth: int) -> Any:
        try:
            return self.type_of(ast.parse(text.strip(), mode="eval").body, depth + 1)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return MISSING

    def _of_name(self, name: str, depth: int) -> Any:
        if name in self._found:
            kind, count = self._found[name]
            self._left -= count
            return kind if self._left >= 0 else Any
        if name not in self._classes and name not in self._aliases:
            return _PLAIN.get(name, MISSING)
        before = self._left
        self._found[name] = Any, 0  # while it is being made, for one that refers to itself
        of_class = self._classes.get(name)
        kind = self._of_class(of_class, depth) if of_class else self.type_of(self._aliases[name], depth + 1)
        self._found[name] = kind, before - self._left
        return kind

    def _of_subscript(self, node: ast.Subscript, depth: int) -> Any:
        base = node.value
        name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
        parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        if not parts:
            return MISSING
        if name == "Literal":
            return _choice(parts)
        if name == "Union":
            return self._union(parts, depth)
        if name == "Optional":
            return self._union([*parts, ast.Constant(None)], depth)
        if name == "Annotated":
            return self.type_of(parts[0], depth + 1)
        kind = self.type_of(base, depth + 1)
        if kind is list or kind is set:
            item = self._part(parts[0], depth)
            return kind if item is Any else types.GenericAlias(kind, (item,))
        if kind is dict and len(parts) == 2:
            return dict[self._part(parts[0], depth), self._part(parts[1], depth)]
        return self._tuple(parts, depth) if kind is tuple else kind

    def _tuple(self, parts: list[ast.expr], depth: int) -> Any:
        if len(parts) > _MOST_PARTS:
            return tuple
        of = [
            ... if isinstance(part, ast.Constant) and part.value is ... else self._part(part, depth) for part in parts
        ]
        return tuple[tuple(of)] if ... not in of or (len(of) == 2 and of[0] is not ...) else tuple

    def _union(self, parts: list[ast.expr], depth: int) -> Any:
        of = [self._part(part, depth) for part in parts[:_MOST_PARTS]]
        return Any if Any in of or len(parts) > _MOST_PARTS or not of else Union[tuple(of)]  # noqa: UP007

    def _part(self, node: ast.expr, depth: int) -> Any:
        kind = self.type_of(node, depth + 1)
        return Any if kind is MISSING else kind

    def _of_class(self, node: ast.ClassDef, depth: int) -> Any:
        """Return a dataclass, a typed dict or a pydantic model as a typed dict of its fields."""
        marks = [mark.func if isinstance(mark, ast.Call) else mark for mark in node.decorator_list]
        names = {ast.unparse(mark).rpartition(".")[2] for mark in [*marks, *node.bases]}
        if not names & {"dataclass", "TypedDict", "BaseModel"}:
            return MISSING
        fields = self._fields(node, depth)
        return TypedDict(node.name, fields) if fields else dict  # pyright: ignore

    def _fields(self, node: ast.ClassDef, depth: int) -> dict[str, Any]:
        """Return the fields of a class and its bases; none if one of these is not in the module."""
        if node.name not in self._fields_of:
            self._fields_of[node.name] = {}
            self._fields_of[node.name] = self._found_fields(node, depth)
        return self._fields_of[node.name]

    def _found_fields(self, node: ast.ClassDef, depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for base in node.bases:
            name = ast.unparse(base)
            if name in self._classes and depth < _DEEPEST:
                inherited = self._fields(self._classes[name], depth + 1)
                if not inherited:
                    return {}
                fields |= inherited
            elif name.rpartition(".")[2] not in ("TypedDict", "BaseModel", "object"):
                return {}
        for part in node.body:
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                kind = self._part(part.annotation, depth)
                fields[part.target.id] = NotRequired[kind] if part.value else kind
        return fields


def kinds_of(kind: Any) -> set[str]:
    """Return what a type is in JSON Schema, `string` and the like; empty if it may be anything."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return set().union(*map(kinds_of, parts))
    if origin is Literal:
        return set().union(*(kinds_of(type(part)) for part in parts))
    if kind in (None, type(None)):
        return {"null"}
    if (origin or kind) in (list, tuple, set):
        return {"array"}
    if origin is dict or (isinstance(kind, type) and issubclass(kind, dict)) or hasattr(kind, "__total__"):
        return {"object"}
    return {_KINDS[kind.__name__]} if getattr(kind, "__name__", "") in _KINDS else set()


def _choice(parts: list[ast.expr]) -> Any:
    values = [part.value for part in parts if isinstance(part, ast.Constant)]
    plain = all(isinstance(value, (str, int, bool, type(None))) for value in values)
    return Literal[tuple(values)] if plain and len(values) == len(parts) and 0 < len(values) <= _MOST_PARTS else MISSING


def _module(node: ast.Attribute) -> str:
    return node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
