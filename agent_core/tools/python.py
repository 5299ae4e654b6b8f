"""The tool that runs Python. An agent runs it in its own sandbox."""

from agent_core.errors import ToolError
from agent_core.tools.base import tool


@tool
def python(code: str) -> str:
    """Run a piece of Python in the sandbox, as one step. Variables stay. Print what you need to see."""
    raise ToolError(f"Only an agent can run this: its sandbox is where code runs ({len(code)} characters were given).")
