"""Tools that agents of these tests have: such as can be kept as code, and such as cannot."""

import os

from agent_core import Tool, context, tool


@tool
def to_kilometres(miles: float) -> float:
    """Convert miles to kilometres.

    Args:
        miles: how many
    """
    return miles * 1.609344


@tool
def environment(name: str) -> str:
    """Tell the value of a variable of the environment.

    Args:
        name: the variable
    """
    return os.environ.get(name, "it is not set")


@tool
async def ask(question: str) -> str:
    """Ask the person."""
    return await context.ask(question)


@tool
def careless() -> str:
    """Hold a key."""
    return "sk-0123456789abcdefghijklmnop"


class Greeter(Tool):
    """Greet somebody."""

    def __init__(self, key: str) -> None:
        self._key = key

    def run(self, name: str) -> str:
        return f"{self._key}: Hello, {name}!"
