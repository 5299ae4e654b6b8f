"""Finds where in the agent's code an error happened, and the objects that the failing expression names."""

import ast
import linecache
import sys
from collections.abc import Iterator
from itertools import islice
from types import FrameType, ModuleType
from typing import Any

from ..notebook.cell import parse
from ..showing.variables import is_one_of, known_types
from ..values.records import Record, Records

STEP_FILE = "<step "  # the beginning of the file names under which the agent's code is compiled
_LONGEST_CODE = 50_000  # characters; longer code is not parsed again
_ACCESSORS = ("loc", "iloc", "at", "iat")  # of tables and columns; they stand for their owner
_Position = tuple[int | None, ...]
_LOCALS = (dict, type((lambda: sys._getframe().f_locals)()))  # from Python 3.13 on, a view of a function's variables


class ErrorLocation:
    """An expression in a frame of the agent's code. Its names are looked up; nothing is evaluated.

    Args:
        frame: The frame.
        node: The expression.
    """

    def __init__(self, frame: FrameType, node: ast.AST) -> None:
        self._frame = frame
        self._node = node

    @classmethod
    def of(cls, error: BaseException) -> "ErrorLocation | None":
        """Return the failing expression in the innermost frame of the agent's code; None if it cannot be found."""
        innermost, trace = None, error.__traceback__
        while trace:
            if trace.tb_frame.f_code.co_filename.startswith(STEP_FILE):
                innermost = trace
            trace = trace.tb_next
        if innermost is None:
            return None
        code = innermost.tb_frame.f_code
        first, last, column, end = next(islice(code.co_positions(), innermost.tb_lasti // 2, None))
        node = _node_at(code.co_filename, (first, column, last, end))
        return cls(innermost.tb_frame, node) if node else None

    def names(self) -> list[Any]:
        """Return the names of the variables that are visible there."""
        return [*self._frame.f_locals, *self._frame.f_globals]

    def texts(self) -> list[str]:
        """Return the texts that the expression looks up: its literals, and those in variables that it names."""
        asked = [self._node.slice] if isinstance(self._node, ast.Subscript) else _arguments(self._node)
        parts = [self._look_up(part) for tree in asked for part in ast.walk(tree) if isinstance(part, ast.expr)]
        return [part for part in parts if type(part) is str]

    def texts_within(self) -> list[str]:
        """Return all texts of the expression: its literals, and those in variables that it names."""
        parts = (self._look_up(part) for part in ast.walk(self._node) if isinstance(part, ast.expr))
        return [part for part in parts if type(part) is str]

    def named(self) -> Iterator[Any]:
        """Yield the objects that the variables in the expression hold."""
        return (self._look_up(part) for part in ast.walk(self._node) if isinstance(part, ast.Name))

    def owner(self) -> Any:
        """Return the object whose item or attribute the expression takes; None if unknown."""
        node = self._node
        return self._look_up(node.value) if isinstance(node, (ast.Subscript, ast.Attribute)) else None

    def owners(self) -> Iterator[Any]:
        """Yield the objects that the expression takes something from, the nearest first, then its arguments."""
        node = self._node
        while isinstance(node, (ast.Subscript, ast.Attribute, ast.Call)):
            node = node.func if isinstance(node, ast.Call) else node.value
            yield self._look_up(node)
        yield from map(self._look_up, _arguments(self._node))

    def _look_up(self, node: ast.AST) -> Any:
        """Return the object that a chain of names and constant keys refers to; None if finding it takes evaluation."""
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                own = self._frame.f_locals
                return own[name] if type(own) in _LOCALS and name in own else _item(self._frame.f_globals, name)
            case ast.Attribute(value=inner, attr=name):
                return _attribute(self._look_up(inner), name)
            case ast.Subscript(value=inner, slice=key):
                return _item(self._look_up(inner), self._look_up(key))
            case _:
                return None


def message_of(error: BaseException) -> str:
    """Return what an error says: its first argument if that is text, else ""."""
    return error.args[0] if error.args and type(error.args[0]) is str else ""


def _node_at(filename: str, position: _Position) -> ast.AST | None:
    source = "".join(linecache.getlines(filename))
    if not source or len(source) > _LONGEST_CODE:
        return None
    for node in ast.walk(parse(source, filename)):
        if isinstance(node, ast.expr) and position == (
            *(node.lineno, node.col_offset),
            *(node.end_lineno, node.end_col_offset),
        ):
            return node
    return None


def _arguments(node: ast.AST) -> list[ast.expr]:
    return [*node.args, *(keyword.value for keyword in node.keywords)] if isinstance(node, ast.Call) else []


def _item(owner: Any, key: Any) -> Any:
    if not is_one_of(key, (str, int)):
        return None
    if type(owner) is dict:
        return owner.get(key)
    if is_one_of(owner, (list, tuple, Records)) and type(key) is int and -len(owner) <= key < len(owner):
        return owner[key]
    return None


def _attribute(owner: Any, name: str) -> Any:
    if type(owner) is ModuleType:
        return vars(owner).get(name)
    if issubclass(type(owner), Record):
        return object.__getattribute__(owner, "__dict__").get(name)
    if name in _ACCESSORS and is_one_of(owner, known_types("pandas", "DataFrame", "Series")):
        return owner
    return None
