"""Telling Python from other text, finding its end, and mending what models do to it."""

import ast
import codeop
import html
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)

_LEXEMES = re.compile(
    r"""(?P<triple>\"{3}|'{3})
    |(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    |(?P<comment>\#[^\n]*)
    |(?P<end></?(?i:code|python|py|execute|execute_ipython|execute_python|tool_code|tool_call|python_code|ipython
        |code_interpreter|python_interpreter|code_block|think|thinking|reasoning|thought|action|s|function|parameter
        |end_code|end_action|end_of_turn)>
      |<(?:end_code|end_action|end_of_turn)\b>?|<\|[\w▁]+\|>|<｜[\w▁]+｜>|\[/(?:PYTHON|CODE|INST)\]
      |</(?:code|tool_code|python|execute)?[ \t]*$|`{3,}[ \t]*(?:</?\w+>|<\|\w+\|>|[ \t])*$)""",
    re.VERBOSE,
)
_END_OF_COMMENT = re.compile(r"(?:</?(?:code|python|execute\w*|tool_code|end_code|end_action)>|`{3,}|<\|\w+\|>)\s*$")


class CodeScanner:
    """Follows Python line by line to know what is inside a string, where marks of an end are only text."""

    def __init__(self) -> None:
        self.open_string = ""  # the three quotes of the string that is open

    def end_in(self, line: str) -> int | None:
        """Take the next line; where in it a closing tag, token or fence stands outside strings, if one does."""
        at = 0
        while True:
            if self.open_string:
                closing = re.compile(rf"(?:\\.|(?!{self.open_string})[^\\])*{self.open_string}", re.DOTALL).match(
                    line, at
                )
                if closing is None:
                    return None
                at, self.open_string = closing.end(), ""
            found = _LEXEMES.search(line, at)
            if found is None:
                return None
            if found["end"]:
                return found.start()
            if found["comment"]:
                end = _END_OF_COMMENT.search(found["comment"])
                fence = end is not None and end[0].startswith("`")
                if end is None or (fence and (not line[: found.start()].strip() or found["comment"].count("```") != 1)):
                    return None
                return found.start() + end.start()
            at, self.open_string = found.end(), found["triple"] or ""


def parses(code: str) -> bool:
    return _tree(code) is not None


def is_python(text: str) -> bool:
    """Whether an unlabelled block is a program, and not some quoted words or numbers."""
    tree = _tree(textwrap.dedent(text))
    return tree is not None and any(map(_does_something, tree.body)) and not _OTHER_LANGUAGE.fullmatch(text)


# Variables of an environment file, and statements that all end as JavaScript's do: Python reads both.
_OTHER_LANGUAGE = re.compile(r"\s*(?:(?:export )?[A-Z][A-Z0-9_]*=\S*\s*)+|\s*(?:[^\n]*;\s*(?:\n|\Z))+")


def _does_something(statement: ast.stmt) -> bool:
    """Not a mere value, such as `3` or `a, b`, and no `KeyError: 'x'`, which Python takes for a variable's type."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call | ast.Await)
    return not (isinstance(statement, ast.AnnAssign) and statement.value is None)


def is_program(text: str) -> bool:
    """Whether text without any mark around it is a program: it does something, beyond stating that x = 4."""
    tree = _tree(text)
    if tree is None:
        return False
    doing = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While)
    return any(isinstance(node, doing) or _is_telling_call(node) for node in ast.walk(tree))


def starts_like_code(line: str) -> bool:
    """Whether a line at the left margin may begin a program that stands in the open."""
    if not _CODE_START.match(line):
        return False
    return line.startswith("#") or could_go_on(line)


def could_go_on(code: str) -> bool:
    """Whether the code is complete or the beginning of something complete."""
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


def tidy(code: str) -> str:
    """The code as it is to be run: without the margin it stands at, and mended where only that makes it readable."""
    code = code.strip("\n").replace("\r\n", "\n").rstrip()
    if code.startswith((" ", "\t")):
        code = textwrap.dedent(code)
    code = re.sub(r"\A(?:python3?|py|ipython)[ \t]*\n", "", code, flags=re.IGNORECASE)
    if _FIRST_PROMPT.match(code) and parses(without_prompts(code)):
        return without_prompts(code).strip("\n")  # `In [1]: x` would be Python, too
    if parses(code):
        return code
    mended = code
    for mend in _MENDS:
        mended = mend(mended)
        if parses(mended):
            return mended.strip("\n")
    single = next((mend(code) for mend in _MENDS if parses(mend(code))), None)
    return code if single is None else single.strip("\n")


def without_prompts(text: str) -> str:
    """The inputs of a Python session, without its prompts and outputs; a text without prompts as it is."""
    lines = text.splitlines()
    inputs = [match[1] or "" for line in lines if (match := _PROMPT.match(line))]
    if not any(_FIRST_PROMPT.match(line) for line in lines):
        return text
    return "\n".join(inputs)


_PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.|In ?\[\d*\]:|\.\.\.:)(?: (.*)|$)")
_FIRST_PROMPT = re.compile(r"^\s*(?:>>>|In ?\[\d*\]:)(?: |$)")
_INVISIBLE = str.maketrans(
    {0xA0: " ", 0x202F: " ", 0x3000: " "} | dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "″": '"', "′": "'"})


def _escaped_lines(code: str) -> str:
    """Code that came on one line, its line ends and quotes still written as in JSON."""
    return code if "\n" in code else code.replace("\\n", "\n").replace('\\"', '"').replace("\\t", "\t")


def _quoted_lines(code: str) -> str:
    lines = code.splitlines()
    return "\n".join(line[1:].removeprefix(" ") for line in lines) if all(li.startswith(">") for li in lines) else code


def _margin(code: str) -> str:
    """The first line stands at another margin than the rest."""
    first, _, rest = code.partition("\n")
    return f"{first.strip()}\n{textwrap.dedent(rest)}"


def _stray_marks(code: str) -> str:
    return re.sub(r"\A\s*`+[ \t]*(?:python|py)?|\s*(?:`+|</?\w*>?)\s*\Z", "", code, flags=re.IGNORECASE)


_MENDS: tuple[Callable[[str], str], ...] = (
    without_prompts,
    lambda code: code.translate(_INVISIBLE),
    _quoted_lines,
    _stray_marks,
    _escaped_lines,
    html.unescape,
    lambda code: code.translate(_QUOTES),
    _margin,
)


def leading_program(text: str) -> str:
    """The longest beginning of the text, in whole lines, that is a program; "" where there is none."""
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
    """The call in `[f(x=1), g()]`, as some models write their calls; "" where the text is nothing like it."""
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
    """A call that is no formula: f(x) and O(n) are formulas."""
    return isinstance(node, ast.Call) and any(len(name) > 3 for name in _names(node.func))


def _names(func: ast.expr) -> Iterator[str]:
    if isinstance(func, ast.Name):
        yield func.id
    elif isinstance(func, ast.Attribute):
        yield func.attr
        yield from _names(func.value)
