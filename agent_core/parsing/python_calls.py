"""Turns Python that only calls tools into the calls."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from agent_core.parsing.arguments import action_call
from agent_core.parsing.reply import ActionCall

FINAL_ANSWER = "final_answer"


def calls_in(code: str, tools: Mapping[str, Sequence[str]]) -> tuple[ActionCall, ...]:
    """Return the calls that a piece of Python consists of.

    Printing or assigning a result makes no difference: `print(search("x"))` and `found = search("x")` read the same.

    Args:
        code: The Python.
        tools: The names of each tool's parameters, by the tool's name.

    Returns:
        The calls; none if the code does anything else, calls an unknown tool, or has an argument that is not a literal.
    """
    try:
        statements = ast.parse(code).body
        return tuple(_read(call, tools) for statement in statements for call in _calls_in_statement(statement))
    except (SyntaxError, ValueError, TypeError, KeyError, RecursionError, MemoryError):
        return ()


def ends_with_answer(code: str, tools: Collection[str]) -> bool:
    """Return whether code ends by giving the answer, and until then only computes: it names none of the tools."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    match tree.body[-1:]:
        case [ast.Expr(value=ast.Call(func=ast.Name(id=name)))] if name == FINAL_ANSWER:
            return not any(isinstance(node, ast.Name) and node.id in tools for node in ast.walk(tree))
    return False


def _calls_in_statement(statement: ast.stmt) -> Iterator[ast.Call]:
    """Yield the calls of a statement. Raises ValueError if it does anything else."""
    match statement:
        case ast.Expr(value=ast.Tuple(elts=items) | ast.List(elts=items)):
            for item in items:
                yield _call(item)
        case ast.Expr(value=value) | ast.Assign(value=value):
            yield _call(value)
        case _:
            raise ValueError("no call")


def _call(value: ast.expr) -> ast.Call:
    if isinstance(value, ast.Await):
        value = value.value
    match value:
        case ast.Call(func=ast.Name(id="print"), args=[ast.Call() as inner], keywords=[]):
            return inner
        case ast.Call():
            return value
    raise ValueError("no call")


def _read(call: ast.Call, tools: Mapping[str, Sequence[str]]) -> ActionCall:
    """Read a call. Raises KeyError for an unknown tool, ValueError for too many or unreadable arguments."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name == FINAL_ANSWER and name not in tools:
        # Models name its parameter as they like; more than one is told to them.
        parameters = ["answer", *(f"answer_{number}" for number in range(2, len(call.args) + 1))]
    else:
        parameters = tools[name]
    arguments: dict[str, Any] = {}
    for parameter, value in zip(parameters, call.args, strict=False):
        arguments[parameter] = ast.literal_eval(value)
    if len(call.args) > len(parameters):
        raise ValueError("too many arguments")
    for keyword in call.keywords:
        value = ast.literal_eval(keyword.value)
        arguments |= value if keyword.arg is None else {keyword.arg: value}
    return action_call("", name, arguments)
