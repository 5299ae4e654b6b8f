"""What the system prompts of all kinds of agents share."""

from collections.abc import Sequence
from datetime import date
from importlib.util import find_spec

from agent_core.prompts import fill
from agent_core.sandbox import DATA_PACKAGES, Policy
from agent_core.tools.base import Tool


def fill_system_prompt(prompt: str, **values: str) -> str:
    """Fill a system prompt's {{placeholders}} with these values and today's date."""
    return fill(prompt, date=date.today().isoformat(), **values)


def describe_tools(tools: Sequence[Tool]) -> str:
    """Return the tools as Python functions without a body."""
    return "\n\n".join(tool.stub() for tool in tools) or "# none"


def describe_imports(policy: Policy) -> str:
    """Return what may be imported, as the prompt says it."""
    if "*" in policy.imports:
        return "everything that is installed"
    words = {
        "stdlib": "the standard library (but for processes, sockets and ctypes)",
        "data": ", ".join(name for name in DATA_PACKAGES if find_spec(name)),
    }
    return ", ".join(words.get(name, name) for name in policy.imports) or "nothing"
