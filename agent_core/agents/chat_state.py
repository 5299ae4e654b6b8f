"""The state of one chat, whichever agent works on it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.memory.memory import Memory
from agent_core.memory.turns import Turn, last_checkpoint
from agent_core.net.egress_budget import EgressBudget
from agent_core.net.url_allowlist import UrlAllowlist
from agent_core.permissions import PERMISSIONS, Grant
from agent_core.prompts import fill, read_prompt
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.sandbox.remote.engine import Engine
from agent_core.sources import Sources
from agent_core.text import truncate_middle
from agent_core.tools.context.tool_states import ToolStates
from agent_core.usage import Usage

CLOSED = "This agent is closed. Make a new one; a chat that is to last belongs in a Session with a Store."


class ChatState:
    """One chat: its memory, its sandbox with variables and files, and its permissions.

    Args:
        workspace: The folder that code works in; None for a temporary one.
        history: The folder that keeps the workspace's versions; see Sandbox.

    Attributes:
        memory: The turns and steps, which models are sent as messages.
        usage: What all requests of the chat cost.
        addresses: The web addresses that may be opened without asking.
        egress_budget: Counts what is sent out without asking.
        sources: The pages that were read.
        tool_states: What tools remember of the chat.
        grants: The permissions given for the whole chat.
        given: The values that came with questions and results of tools, by the names under which calls take them. They
            are not kept.
        can_resume: Whether the last run ended at a limit, or its answer was cut off, so that it can be continued.
        cut_off: Whether its answer was cut off.
        sandbox: The sandbox; None until it is needed.
        save: Called before each request and before code runs, so that a program that keeps chats can write this one
            down first. What a model was told is then known whatever happens to the program.
    """

    def __init__(self, workspace: Path | None = None, history: Path | None = None) -> None:
        self.memory = Memory()
        self.usage = Usage()
        self.addresses = UrlAllowlist()
        self.egress_budget = EgressBudget()
        self.sources = Sources()
        self.tool_states = ToolStates()
        self.grants: set[Grant] = set()
        self.given: dict[str, Any] = {}
        self.can_resume = self.cut_off = False
        self.sandbox: Sandbox | None = None
        self.save: Callable[[], Awaitable[None]] = _do_nothing
        self._workspace, self._history = workspace, history
        self._closed = False

    def open_sandbox(self, policy: Policy, limits: Limits, engine: Engine | None = None) -> Sandbox:
        """Return the sandbox, with this policy and these limits from now on; create it if there is none yet.

        Args:
            policy: The policy of the next step.
            limits: The limits of the next step; those that last are the ones it was created with.
            engine: Where the code runs, for a sandbox that is created; see Sandbox.

        Raises:
            GlassboxError: The chat is closed.
        """
        if self.sandbox is None:
            if self._closed:
                raise GlassboxError(CLOSED)
            self.sandbox = Sandbox(
                policy=policy, limits=limits, workspace=self._workspace, history=self._history, engine=engine
            )
            self.sandbox.grants = self.grants
            self.sandbox.stand_at(self.memory.checkpoint)
        self.sandbox.policy, self.sandbox.limits = policy, limits
        return self.sandbox

    def dump(self) -> dict[str, Any]:
        """Return what else there is to keep of the chat beside turns and steps, as JSON holds it."""
        return {
            "note": self.memory.note,
            "usage": asdict(self.usage),
            "can_resume": self.can_resume,
            "cut_off": self.cut_off,
            "addresses": self.addresses.dump(),
            "egress_budget": self.egress_budget.dump(),
            "grants": sorted(self.grants),
            "sources": self.sources.dump(),
        }

    def restore(self, data: dict[str, Any]) -> None:
        """Take what `dump` returned; what is missing stays as it is."""
        self.memory.note = data.get("note", "")
        self.usage = Usage(**data.get("usage", {}))
        self.can_resume, self.cut_off = data.get("can_resume", False), data.get("cut_off", False)
        self.addresses.restore(data.get("addresses", {}))
        self.egress_budget.restore(data.get("egress_budget", {}))
        self.grants.update((kind, name) for kind, name in data.get("grants", []) if kind in PERMISSIONS)
        self.sources.restore(data.get("sources", []))

    @property
    def is_closed(self) -> bool:
        """Whether the chat was closed for good."""
        return self._closed

    @property
    def has_files(self) -> bool:
        """Whether there may be files or variables to restore."""
        return self.sandbox is not None or self._history is not None

    @property
    def aftermath(self) -> str:
        """What the model must know after code was stopped or variables were lost, in sentences; "" for nothing."""
        return self.sandbox.aftermath if self.sandbox else ""

    def go_on_with(self, memory: Memory) -> None:
        """Go on from what the model was told in another chat. Variables and files are not there; it is told so, too.

        Args:
            memory: The other chat's memory, such as one that was kept as JSON.

        Raises:
            GlassboxError: This chat has begun already.
        """
        if self.memory.turns or self.sandbox is not None:
            raise GlassboxError("This chat has begun. Have a new agent's chat go on with the memory.")
        told = [
            replace(turn, checkpoint=0, steps=[replace(step, checkpoint=0, variables={}) for step in turn.steps])
            for turn in memory.turns
        ]
        self.memory.replace(told, in_full=False)
        self.memory.last_step = memory.last_step
        self.memory.note = memory.note
        if memory.turns:
            self.memory.add_note(read_prompt("remembered"))

    async def rewind(self, step: int) -> None:
        """Restore the chat as it was right after a step. The next question tells the model what cannot be restored."""
        losses = await self._restore(self.memory.checkpoint_after(step))
        self.memory.rewind(step)
        self.memory.add_note(losses)
        self.can_resume = False

    async def switch(self, turns: Sequence[Turn]) -> str:
        """Go over to other turns: an earlier state of the chat, or another version of it. What is left stays.

        The next question tells the model what of variables and files could not be restored.

        Args:
            turns: All turns from now on. Their last checkpoint is one of this chat.

        Returns:
            What could not be restored, in sentences; "" for nothing.
        """
        losses = await self._restore(last_checkpoint(turns), keep_later=True)
        self.memory.replace(turns)
        self.memory.add_note(losses)
        self.can_resume = False
        return losses

    async def close(self) -> None:
        """Close the sandbox for good, and what tools keep open for the chat."""
        self._closed = True
        try:
            if self.sandbox is not None:
                await self.sandbox.close()
        finally:
            await self.tool_states.close()

    async def _restore(self, checkpoint: int, *, keep_later: bool = False) -> str:
        """Restore variables and files. Returns what the model must know of it; "" for nothing."""
        if self.sandbox is None:
            return ""
        files = await self.sandbox.rewind(checkpoint, keep_later=keep_later)
        losses = [self.aftermath] if self.aftermath else []
        if files:
            names = truncate_middle(", ".join(files), 1_000)
            losses.append(fill(read_prompt("files_lost"), files=names))
        return "\n".join(losses)


async def _do_nothing() -> None:
    pass
