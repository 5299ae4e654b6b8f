"""The tool that asks the person in the middle of a run."""

from collections.abc import Sequence

from agent_core.calling import ask
from agent_core.tool import tool


@tool
async def ask_user(question: str, options: Sequence[str] = ()) -> str:
    """Ask the user what only they can know or decide, and wait. options: answers to choose from."""
    return await ask(question, options)
