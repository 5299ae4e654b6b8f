"""Keeps what a tool remembers of a chat between its calls."""

from collections.abc import Callable
from typing import Any

from agent_core.tools.context.run_context import run_context
from agent_core.tools.context.tool_context import current_call


def state(shared: str = "") -> dict[str, Any]:
    """Return what this tool remembers of the chat: a dict, empty at first, into which it puts what it likes.

    It lives in memory until the chat is closed; after a restart of the program it is empty again. Going back in a chat
    does not change it. Calls at the same time have the same dict. Works in threads, too.

    Args:
        shared: A name under which several tools remember things together; "" for what this tool remembers alone.

    Returns:
        The dict. Outside of an agent's call, a new one.
    """
    call, run = current_call(), run_context.get()
    if call is None or run is None:
        return {}
    return run.states.shared(shared) if shared else run.states.of_tool(call.tool)


def at_close(close: Callable[[], Any]) -> None:
    """Have a function called when the chat is closed, such as one that closes what is in the state.

    Functions are called in a thread, the last one first, and may take ten seconds each; an asynchronous one is awaited.
    What they raise is only logged.

    Args:
        close: The function, such as `browser.quit`. Outside of an agent's call it is not called.

    Raises:
        ToolError: The chat is closed already.
    """
    call, run = current_call(), run_context.get()
    if call is not None and run is not None:
        run.states.at_close(close)
