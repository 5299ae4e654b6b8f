"""For whom tools work: the chat of the agent that calls them."""

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
from agent_core.usage import Usage


class ChatFiles(Protocol):
    """The workspace of a chat, as tools see it."""

    async def copy_file(self, name: str, target: Path) -> None:
        """Copy a file out of the workspace. Raises GlassboxError if it is gone or is not a regular file."""
        ...

    async def add_file(self, path: Path) -> FileNote:
        """Copy a file into the workspace, under a name that is free. Raises GlassboxError if it does not fit."""
        ...


@dataclass(frozen=True)
class RunContext:
    """For whom tools work.

    Attributes:
        hosts: Hosts whose addresses are opened without asking, as in a Policy.
        grants: Permissions that were given for the chat.
        addresses: Addresses that are opened without asking.
        egress_budget: Counts what is sent out without asking.
        ask_user: Asks the person a question; None if nobody can be asked.
        files: The workspace; None if there is none.
        spend: Adds what an agent costs that is called as a tool.
        agents: The agents at work, each called as a tool by the one before.
    """

    hosts: Sequence[str] = ()
    grants: Collection[Grant] = ()
    addresses: UrlAllowlist = field(default_factory=UrlAllowlist)
    egress_budget: EgressBudget = field(default_factory=EgressBudget)
    ask_user: AskUser | None = None
    files: ChatFiles | None = None
    spend: Callable[[Usage], None] = lambda _: None
    agents: tuple[object, ...] = ()


run_context: ContextVar[RunContext | None] = ContextVar("run_context", default=None)
