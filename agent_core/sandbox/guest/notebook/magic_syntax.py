"""Rewrites what notebooks understand beyond Python (`%time f()`, `!ls`, `df?`) as calls of `get_ipython()`.

Only code that Python cannot parse is looked at, and of it only the lines that Python stumbles over: a `%` inside a text
or between numbers is never touched. Each line stays where it is, so that errors name the right one.
"""

import ast
import re
import warnings

_MOST_LINES = 200  # that are rewritten
_SHELL = "get_ipython()"
_IN_PLACE = ("time", "capture", "prun", "python", "python3")  # cell magics whose body is run as the step's own code

_CELL_MAGIC = re.compile(r"%%(?P<name>\w+)[ \t]*(?P<rest>.*)")
_MAGIC = re.compile(r"(?P<indent>\s*)(?P<target>[\w, \t]+=\s*)?%(?P<name>[A-Za-z_]\w*)(?:[ \t]+(?P<rest>.*))?$")
_AUTOMAGIC = re.compile(r"(?P<indent>\s*)(?P<name>pip3?|conda)[ \t]+(?P<rest>(?:un)?install\b.*|list\b.*|show\b.*)$")
_COMMAND = re.compile(r"(?P<indent>\s*)(?P<target>[\w, \t]+=\s*)?!{1,2}(?P<rest>.*)$")
_NAME = r"[A-Za-z_][\w.]*"
_HELP = re.compile(
    rf"(?P<indent>\s*)(?:%pinfo2?[ \t]+)?(?P<before>\?{{0,2}})(?P<name>%{{0,2}}{_NAME})(?P<after>\?{{0,2}});?$"
)


def to_python(source: str) -> str:
    """Return the source with every magic, command and question rewritten, on the same lines.

    What is neither Python nor any of these is left as it is.
    """
    for _ in range(_MOST_LINES):
        error = _syntax_error(source)
        if error is None:
            return source
        lines = source.split("\n")
        if not _rewrite(lines, min(error.lineno or 1, len(lines)) - 1):
            return source
        source = "\n".join(lines)
    return source


def _syntax_error(source: str) -> SyntaxError | None:
    with warnings.catch_warnings(action="ignore"):
        try:
            ast.parse(source)
        except SyntaxError as error:
            return error
        except (ValueError, RecursionError, MemoryError):  # compiling it will say so
            return None
    return None


def _rewrite(lines: list[str], stumbled: int) -> bool:
    """Rewrite the magic that Python stumbled over. Returns whether there was one."""
    first = next((n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0)
    if lines[first].startswith("%%"):  # whatever the body is, it need not be Python
        return _rewrite_cell(lines, first)
    if _rewrite_line(lines, stumbled):
        return True
    # An odd quote or bracket in a magic makes Python stumble later.
    return any(
        _rewrite_cell(lines, number) if lines[number].startswith("%%") else _rewrite_line(lines, number, sure=True)
        for number in range(stumbled, -1, -1)
    )


def _rewrite_cell(lines: list[str], number: int) -> bool:
    found = _CELL_MAGIC.match(lines[number])
    if not found:
        return False
    name, rest = found["name"], found["rest"].strip()
    if name in _IN_PLACE:
        lines[number] = f"{_SHELL}.begin_cell({name!r}, {rest!r})"
        return True
    end = next((n for n in range(number + 1, len(lines)) if lines[n].startswith("%%")), len(lines))
    body = "".join(f"{line}\n" for line in lines[number + 1 : end])
    lines[number:end] = [f"{_SHELL}.run_cell_magic({name!r}, {rest!r}, {body!r})"] + [""] * (end - number - 1)
    return True


def _rewrite_line(lines: list[str], number: int, *, sure: bool = False) -> bool:
    """Rewrite a line if it is a magic, a command or a question.

    Args:
        lines: The source.
        number: Which line, from 0.
        sure: Whether to leave out what may just as well be a part of an expression.
    """
    last = number
    while lines[last].endswith("\\") and last + 1 < len(lines):
        last += 1
    line = " ".join(part.removesuffix("\\").rstrip() for part in lines[number : last + 1])
    if found := _COMMAND.match(line):
        call = "getoutput" if found["target"] else "system"
        written = f"{_SHELL}.{call}({found['rest'].strip()!r})"
    elif found := _MAGIC.match(line) or _AUTOMAGIC.match(line):
        written = _magic(found["name"], (found["rest"] or "").strip())
    elif not sure and (found := _HELP.match(line.partition(" #")[0].rstrip())) and (found["before"] or found["after"]):
        written = f"{_SHELL}.show_help({found['name']!r}, {'??' in (found['before'], found['after'])})"
    else:
        return False
    target = found.groupdict().get("target") or ""
    lines[number : last + 1] = [f"{found['indent']}{target.lstrip()}{written}"] + [""] * (last - number)
    return True


def _magic(name: str, rest: str) -> str:
    """Return a line magic as a call; what `%time` times stays code of this line."""
    if name != "time" or not rest:
        return f"{_SHELL}.run_line_magic({name!r}, {rest!r})"
    for written in (f"{_SHELL}.stopwatch().stop(({rest}))", f"with {_SHELL}.stopwatch(): {rest}"):
        if _syntax_error(written) is None:  # in the first, the stopwatch runs before what it times
            return written
    return f"{_SHELL}.run_line_magic({name!r}, {rest!r})"
