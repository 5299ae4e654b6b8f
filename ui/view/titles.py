"""Makes plain titles of steps, for people who do not read code."""

import ast
import re
from urllib.parse import urlsplit

from agent_core.events import ToolProgress, ToolStarted
from agent_core.text import truncate
from ui.view.turn_view import StepView

_LONGEST = 80
_COMMENT = re.compile(r"^\s*#+[ \t]*(?P<words>\w.*?)\s*$", re.MULTILINE)
_DOING = {"web_search": "Searching the web", "visit_webpage": "Reading a page"}
_PLAIN_LIBRARIES = ("numpy", "pandas", "matplotlib", "sympy", "scipy")


def step_title(step: StepView) -> str:
    """Return what a step does, and whether it worked, as text."""
    title = title_of(step.code, step.tools) if step.code else "Thinking"
    return f"{title} – {'cut off' if step.cut else 'did not work'}" if step.cut or step.error_text else title


def title_of(code: str, tools: list[ToolStarted]) -> str:
    """Return what a step does, from its code's first comment, the tools it called, or the libraries it uses."""
    if comment := _COMMENT.search(code):
        return truncate(comment["words"].rstrip(".: "), _LONGEST - 1)
    if tools:
        more = f" and {len(tools) - 1} more" if len(tools) > 1 else ""
        return truncate(_tool_title(tools[0]), _LONGEST - 1) + more
    libraries = [name for name in _PLAIN_LIBRARIES if name in code]  # before it is parsed, which takes long
    if libraries:
        imported = _imported(code)
        libraries = [name for name in libraries if name in imported]
    return f"Computed with {' and '.join(libraries)}" if libraries else "Ran some Python"


def progress_text(report: ToolProgress) -> str:
    """Return a tool's progress, such as "Searching the web: asking the next engine"."""
    doing = _DOING.get(report.tool, f"Using {in_words(report.tool)}")
    words = re.sub(r"\s+", " ", report.text).strip(" .…")
    return f"{doing}: {words} …" if words else f"{doing} …"


def doing_title(call: ToolStarted) -> str:
    """Return what a tool call in progress does."""
    if call.tool == "web_search":
        return truncate(f"Searching the web for “{call.arguments.get('query', '')}”", _LONGEST)
    if call.tool == "visit_webpage":
        return f"Reading a page of {_host(call.arguments.get('url', ''))}"
    return _DOING.get(call.tool, f"Using {in_words(call.tool)}")


def _tool_title(call: ToolStarted) -> str:
    if call.tool == "web_search":
        return f"Searched the web for “{call.arguments.get('query', '')}”"
    if call.tool == "visit_webpage":
        return f"Read a page of {_host(call.arguments.get('url', ''))}"
    if call.tool == "ask_user":
        return f"Asked you: “{call.arguments.get('question', '')}”"
    return f"Used {in_words(call.tool)}"


def in_words(name: str) -> str:
    """Return the name of a tool as a person would write it."""
    return name.replace("_", " ").strip()


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "the web"
    except ValueError:  # a model can write any address
        return "the web"


def _imported(code: str) -> set[str]:
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # a model can write any code
        return set()
    plain = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {str(node.module).split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
