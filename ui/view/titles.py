"""Makes plain titles of steps, for people who do not read code."""

import ast
import re
from urllib.parse import urlsplit

from agent_core.events import ToolProgress, ToolStarted
from agent_core.text import truncate
from ui.texts import words
from ui.view.turn_view import StepView

_LONGEST = 80
_COMMENT = re.compile(r"^\s*#+[ \t]*(?P<words>\w.*?)\s*$", re.MULTILINE)
_DOING = {"web_search": "doing.searching", "visit_webpage": "doing.reading"}  # the names of their words
_PLAIN_LIBRARIES = ("numpy", "pandas", "matplotlib", "sympy", "scipy")


def step_title(step: StepView) -> str:
    """Return what a step does, and whether it worked, as text."""
    title = title_of(step.code, step.tools) if step.code else words("doing.thinking")
    return words("title.cut_off" if step.cut else "title.failed", title=title) if step.cut or step.error_text else title


def title_of(code: str, tools: list[ToolStarted]) -> str:
    """Return what a step does, from its code's first comment, the tools it called, or the libraries it uses."""
    if comment := _COMMENT.search(code):
        return truncate(comment["words"].rstrip(".: "), _LONGEST - 1)
    if tools:
        title = truncate(_tool_title(tools[0]), _LONGEST - 1)
        return words("title.more", title=title, count=len(tools) - 1) if len(tools) > 1 else title
    libraries = [name for name in _PLAIN_LIBRARIES if name in code]  # before it is parsed, which takes long
    if libraries:
        imported = _imported(code)
        libraries = [name for name in libraries if name in imported]
    if not libraries:
        return words("title.ran")
    return words("title.computed", libraries=f" {words('title.and')} ".join(libraries))


def progress_text(report: ToolProgress) -> str:
    """Return a tool's progress, such as "Searching the web: asking the next engine"."""
    doing = _doing(report.tool)
    said = re.sub(r"\s+", " ", report.text).strip(" .…")
    return f"{doing}: {said} …" if said else f"{doing} …"


def doing_title(call: ToolStarted) -> str:
    """Return what a tool call in progress does."""
    if call.tool == "web_search":
        return truncate(words("doing.searching_for", query=_argument(call, "query")), _LONGEST)
    if call.tool == "visit_webpage":
        return words("doing.reading_of", host=_host(call))
    return _doing(call.tool)


def _doing(tool: str) -> str:
    return words(_DOING[tool]) if tool in _DOING else words("doing.using", tool=in_words(tool))


def _tool_title(call: ToolStarted) -> str:
    if call.tool == "web_search":
        return words("title.searched", query=_argument(call, "query"))
    if call.tool == "visit_webpage":
        return words("title.read", host=_host(call))
    if call.tool == "ask_user":
        return words("title.asked", question=_argument(call, "question"))
    return words("title.used", tool=in_words(call.tool))


def in_words(name: str) -> str:
    """Return the name of a tool as a person would write it."""
    return name.replace("_", " ").strip()


def _argument(call: ToolStarted, name: str) -> str:
    return str(call.arguments.get(name, ""))


def _host(call: ToolStarted) -> str:
    try:
        return urlsplit(_argument(call, "url")).hostname or words("doing.web")
    except ValueError:  # a model can write any address
        return words("doing.web")


def _imported(code: str) -> set[str]:
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a model can write any code
        return set()
    plain = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {str(node.module).split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
