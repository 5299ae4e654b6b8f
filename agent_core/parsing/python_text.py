"""Tells Python from other text."""

import ast
import codeop
import re
import textwrap
import warnings
from collections.abc import Iterator

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


def parses(code: str) -> bool:
    """Return whether this is valid Python."""
    return _tree(code) is not None


def is_python(text: str) -> bool:
    """Return whether a block without a label is a program, and not only quoted words or numbers."""
    tree = _tree(textwrap.dedent(text))
    return tree is not None and any(map(_does_something, tree.body)) and not _OTHER_LANGUAGE.fullmatch(text)


# The variables of an .env file, and lines that all end with ";" as in JavaScript: both can be valid Python.
_OTHER_LANGUAGE = re.compile(r"\s*(?:(?:export )?[A-Z][A-Z0-9_]*=\S*\s*)+|\s*(?:[^\n]*;\s*(?:\n|\Z))+")


def _does_something(statement: ast.stmt) -> bool:
    """Return whether a statement does something. `3` and `a, b` do not; nor does `KeyError: 'x'`, an annotation."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call | ast.Await)
    return not (isinstance(statement, ast.AnnAssign) and statement.value is None)


def is_program(text: str) -> bool:
    """Return whether text without marks around it is a program, which does more than state that x = 4."""
    tree = _tree(text)
    if tree is None:
        return False
    doing = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While)
    return any(isinstance(node, doing) or _is_telling_call(node) for node in ast.walk(tree))


def starts_like_code(line: str) -> bool:
    """Return whether a line at the left margin may begin a program without marks."""
    if not _CODE_START.match(line):
        return False
    return line.startswith("#") or could_go_on(line)


def could_go_on(code: str) -> bool:
    """Return whether the code is complete, or the beginning of complete code."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            codeop.compile_command(code.rstrip("\n"), symbol="exec")
    except _UNREADABLE:
        return False
    return True


_CODE_START = re.compile(
    r"""(?:import\s+\w|from\s+[\w.]+\s+import\s|(?:async\s+)?def\s+\w+\s*\(|class\s+\w+\s*[(:]|@\w
    |(?:for|while|if|with|async\s+with|async\s+for)\s.*:|try\s*:|\#|(?:await\s+)?[A-Za-z_][\w.]*\(
    |[A-Za-z_][\w.]*(?:\[[^\]]*\])?(?:\s*,\s*[A-Za-z_]\w*)*\s*(?::\s*[\w.\[\], ]+)?[-+*/|&]?=(?!=)\s*\S)""",
    re.VERBOSE,
)


def leading_program(text: str) -> str:
    """Return the longest beginning of the text, in whole lines, that is a program; "" if there is none."""
    lines = text.splitlines()
    for _ in range(5):
        candidate = "\n".join(lines).rstrip()
        if is_program(candidate):
            return candidate
        broken = _broken_line(candidate)
        if broken is None or broken <= 1:
            return ""
        lines = lines[: broken - 1]
    return ""


def first_call(code: str) -> str:
    """Return the first call of `[f(x=1), g()]`, as some models write calls; "" if the text has another form."""
    tree = _tree(code.strip())
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.Expr):
        return ""
    value = tree.body[0].value
    if isinstance(value, ast.List | ast.Tuple) and value.elts and all(isinstance(el, ast.Call) for el in value.elts):
        return ast.unparse(value.elts[0])
    return ""


def _tree(code: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code)
    except _UNREADABLE:
        return None


def _broken_line(code: str) -> int | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except SyntaxError as error:
        return error.lineno
    except _UNREADABLE:
        return None
    return None


def _is_telling_call(node: ast.AST) -> bool:
    """Return whether this is a call and not a formula, such as f(x) and O(n)."""
    return isinstance(node, ast.Call) and any(len(name) > 3 for name in _names(node.func))


def _names(func: ast.expr) -> Iterator[str]:
    if isinstance(func, ast.Name):
        yield func.id
    elif isinstance(func, ast.Attribute):
        yield func.attr
        yield from _names(func.value)
