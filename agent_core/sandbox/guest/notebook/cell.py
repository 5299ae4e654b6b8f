"""Compiles a piece of code as a notebook would: what notebooks add to Python, and where their files lie."""

import ast
import re
import types

from ..wire_format import TEMPORARY
from .magic_syntax import to_python

VALUE = "__value__"  # the variable that holds the last expression's value for a moment

_HOMES = re.compile(r"(?:sandbox:)?/mnt/data(?=/|\Z)|/tmp(?=/|\Z)")
_LONGEST_PATH = 4_096


def parse(source: str, filename: str) -> ast.Module:
    """Parse Python, or what a notebook takes for it. Raises SyntaxError, and whatever else `ast.parse` raises."""
    try:
        return ast.parse(source, filename)
    except SyntaxError:
        return ast.parse(to_python(source), filename)


def compile_cell(source: str, filename: str) -> types.CodeType:
    """Compile the code of a step. It may have `await` at its top level.

    The value of its last expression is stored as VALUE, unless a `;` follows it.

    Args:
        source: The code.
        filename: What tracebacks call it.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: It cannot be compiled.
    """
    tree = _PathsHere().visit(parse(source, filename))
    if tree.body and isinstance(last := tree.body[-1], ast.Expr) and not _is_quiet(last, source):
        target = ast.Name(VALUE, ast.Store())
        tree.body[-1] = ast.copy_location(ast.Assign([target], last.value), last)
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return compile(ast.fix_missing_locations(tree), filename, "exec", flags, dont_inherit=True)


def compile_file(source: str, filename: str) -> types.CodeType:
    """Compile the code of a script or a module. Raises what `compile_cell` raises."""
    tree = _PathsHere().visit(parse(source, filename))
    return compile(ast.fix_missing_locations(tree), filename, "exec", dont_inherit=True)


def path_here(text: str) -> str:
    """Return a path of a notebook elsewhere as the path of the same file in the working folder.

    Paths below /mnt/data, where models expect a user's files, lead to the working folder itself; those below /tmp to
    its folder for temporary files. Any other text is returned as it is.
    """
    home = _HOMES.match(text)
    if not home or len(text) > _LONGEST_PATH or "\n" in text:
        return text
    folder = TEMPORARY if home[0] == "/tmp" else "."
    return folder + text[home.end() :]


def _is_quiet(last: ast.Expr, source: str) -> bool:
    end = (last.end_lineno or 1) - 1
    rest = "".join(source.splitlines(keepends=True)[end:]).encode()
    return rest[last.end_col_offset or 0 :].lstrip().startswith(b";")


class _PathsHere(ast.NodeTransformer):
    """Rewrites the paths that stand in the code. Those that the code puts together itself are left to the advice.

    In lists, sets, dicts and comparisons a path below /tmp is taken for data rather than for a file.
    """

    def __init__(self) -> None:
        self._among_data = 0

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, str) and not (self._among_data and node.value.startswith("/tmp")):
            here = path_here(node.value)
            return node if here == node.value else ast.copy_location(ast.Constant(here), node)
        return node

    def _visit_data(self, node: ast.AST) -> ast.AST:
        self._among_data += 1
        try:
            return self.generic_visit(node)
        finally:
            self._among_data -= 1

    visit_List = visit_Tuple = visit_Set = visit_Dict = visit_Compare = _visit_data
