"""The tool that asks the person a question in the middle of a run."""

from collections.abc import Sequence

from agent_core.tools.base import tool
from agent_core.tools.context import ask


@tool
async def ask_user(question: str, options: Sequence[str] = ()) -> str:
    """Ask the user what only they can know or decide, and wait. options: answers to choose from."""
    return await ask(question, options)
