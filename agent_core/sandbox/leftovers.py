"""Removes what programs that were killed have left of their chats."""

from agent_core import temporary
from agent_core.sandbox.host.workspace import remove_tree


def remove_leftovers() -> None:
    """Remove the temporary folders of programs of this user that were killed, workspaces of hostile code included."""
    temporary.remove_leftovers(remove_tree)
