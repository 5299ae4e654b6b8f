"""The chat that tools work for: that of the agent that calls them."""

from collections.abc import Callable, Collection, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from agent_core.execution import FileNote
from agent_core.net.egress_budget import EgressBudget
from agent_core.net.url_allowlist import UrlAllowlist
from agent_core.permissions import Grant
from agent_core.questions import AskUser
from agent_core.sources import Sources
from agent_core.tools.context.tool_states import ToolStates
from agent_core.usage import Usage


class ChatFiles(Protocol):
    """The workspace of a chat, as tools see it."""

    async def copy_file(self, name: str, target: Path) -> None:
        """Copy a file of the workspace to a path of the host.

        Args:
            name: The file's name in the workspace.
            target: The path of the copy.

        Raises:
            GlassboxError: The file does not exist, or is not a regular file.
        """
        ...

    async def add_file(self, path: Path) -> FileNote:
        """Copy a file of the host into the workspace, under a name that is free.

        Args:
            path: The file of the host.

        Returns:
            The note about the new file, with its name in the workspace.

        Raises:
            GlassboxError: The file does not fit.
        """
        ...


@dataclass(frozen=True)
class RunContext:
    """The chat that tools work for.

    Attributes:
        hosts: Hosts whose addresses tools may open without asking, written as in a Policy.
        grants: Permissions that the person gave for the chat.
        addresses: Addresses that tools may open without asking.
        egress_budget: Counts the requests that tools send without asking.
        sources: The pages that were read in the chat.
        states: What the tools remember of the chat.
        ask_user: Asks the person a question; None if nobody can be asked.
        files: The chat's workspace; None if it has none.
        spend: Adds the usage of an agent that is called as a tool to that of the run.
        agents: The definitions of the agents at work; each called the next one as a tool.
    """

    hosts: Sequence[str] = ()
    grants: Collection[Grant] = ()
    addresses: UrlAllowlist = field(default_factory=UrlAllowlist)
    egress_budget: EgressBudget = field(default_factory=EgressBudget)
    sources: Sources = field(default_factory=Sources)
    states: ToolStates = field(default_factory=ToolStates)
    ask_user: AskUser | None = None
    files: ChatFiles | None = None
    spend: Callable[[Usage], None] = lambda _: None
    agents: tuple[object, ...] = ()


run_context: ContextVar[RunContext | None] = ContextVar("run_context", default=None)
