"""Reads values that code writes as literals, without running it."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_LONGEST = 20_000  # characters of a joined text; names that double each other would grow without end
_MOST = 2_000_000  # characters of the texts of all names
_STRIPS: dict[str, Callable[[str], str]] = {"strip": str.strip, "lstrip": str.lstrip, "rstrip": str.rstrip}
_CLEANERS: dict[str, Callable[[str], str]] = {"dedent": textwrap.dedent, "cleandoc": inspect.cleandoc}


class NotLiteral(Exception):
    """The value is known only by running the code."""


def literal(node: ast.AST | None, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression.

    Args:
        node: The expression.
        names: The values of the names that it may use.

    Raises:
        NotLiteral: Only running the code would tell the value.
    """
    match node:
        case ast.Constant():
            return node.value
        case ast.Name() if node.id in names:
            return names[node.id]
        case ast.JoinedStr() if all(isinstance(part, ast.Constant) for part in node.values):
            return "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        case ast.BinOp(op=ast.Add()):
            return _joined(literal(node.left, names), literal(node.right, names))
        case ast.Call():
            return _cleaned(node, names)
        case ast.Dict() if None not in node.keys:
            keys = [_part(key, names) for key in node.keys]
            if not all(isinstance(key, (str, int, bool)) for key in keys):
                raise NotLiteral
            return dict(zip(keys, (_part(value, names) for value in node.values), strict=True))
        case ast.List():
            return [_part(item, names) for item in node.elts]
        case ast.Tuple():
            return tuple(_part(item, names) for item in node.elts)
    try:
        return ast.literal_eval(node) if isinstance(node, ast.AST) else _raise()
    except (ValueError, TypeError, MemoryError, RecursionError, SyntaxError):
        raise NotLiteral from None


def literals_of(statements: Iterable[ast.stmt]) -> dict[str, Any]:
    """Return the values that statements assign to names, as far as they can be read. The last one counts."""
    values: dict[str, Any] = {}
    length = 0
    for name, node in assignments(statements):
        try:
            value = literal(node, values)
        except NotLiteral:
            values.pop(name, None)
            continue
        length += len(value) if isinstance(value, str) else 0
        if length < _MOST:
            values[name] = value
    return values


def assignments(statements: Iterable[ast.stmt]) -> list[tuple[str, ast.expr]]:
    """Return the names and values of assignments such as `a = b = 1` and `a: int = 1`."""
    found: list[tuple[str, ast.expr]] = []
    for statement in statements:
        if isinstance(statement, ast.AnnAssign) and statement.value:
            targets = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            continue
        value = statement.value
        found += [(target.id, value) for target in targets if isinstance(target, ast.Name) and value]
    return found


def _part(node: ast.AST | None, names: Mapping[str, Any]) -> Any:
    """Return a part of a list or dict. A name in it may stand for a plain value only: lists within lists could grow."""
    value = literal(node, names)
    if isinstance(node, ast.Name) and not isinstance(value, (str, int, float, bool, type(None))):
        raise NotLiteral
    return value


def _joined(left: Any, right: Any) -> str:
    if not (isinstance(left, str) and isinstance(right, str)) or len(left) + len(right) > _LONGEST:
        raise NotLiteral
    return left + right


def _cleaned(call: ast.Call, names: Mapping[str, Any]) -> str:
    """Return what `"…".strip()`, `dedent("…")`, `textwrap.dedent("…")` or `inspect.cleandoc("…")` would."""
    function, arguments = call.func, call.args
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if called in _STRIPS and isinstance(function, ast.Attribute) and not arguments and not call.keywords:
        clean, text = _STRIPS[called], literal(function.value, names)
    elif called in _CLEANERS and len(arguments) == 1 and not call.keywords:
        clean, text = _CLEANERS[called], literal(arguments[0], names)
    else:
        raise NotLiteral
    return clean(text) if isinstance(text, str) else _raise()


def _raise() -> Any:
    raise NotLiteral
