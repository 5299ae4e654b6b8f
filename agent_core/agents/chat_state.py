"""What one chat has built up, whichever agent works on it."""

from pathlib import Path

from agent_core.errors import GlassboxError
from agent_core.memory.memory import Memory
from agent_core.net.egress_budget import EgressBudget
from agent_core.net.url_allowlist import UrlAllowlist
from agent_core.permissions import Grant
from agent_core.prompts import fill, read_prompt
from agent_core.sandbox import Limits, Policy, Sandbox
from agent_core.text import truncate_middle
from agent_core.usage import Usage


class ChatState:
    """One chat: its memory, its sandbox with variables and files, and what was permitted in it.

    Args:
        workspace: the folder that code works in; None for a temporary one.

    Attributes:
        memory: the turns and steps that models are told of.
        usage: what all requests of the chat cost.
        addresses: the web addresses that may be opened without asking.
        egress_budget: counts what was sent out without asking.
        grants: the permissions given for the whole chat.
        can_resume: whether the last run ended at a limit, so that it can go on.
        sandbox: None until it is needed.
    """

    def __init__(self, workspace: Path | None = None) -> None:
        self.memory = Memory()
        self.usage = Usage()
        self.addresses = UrlAllowlist()
        self.egress_budget = EgressBudget()
        self.grants: set[Grant] = set()
        self.can_resume = False
        self.sandbox: Sandbox | None = None
        self._workspace = workspace
        self._closed = False

    def open_sandbox(self, policy: Policy, limits: Limits) -> Sandbox:
        """Return the sandbox; make it with this policy and these limits if there is none yet.

        Raises:
            GlassboxError: if the chat is closed.
        """
        if self.sandbox is None:
            if self._closed:
                raise GlassboxError("This agent is closed.")
            self.sandbox = Sandbox(policy=policy, limits=limits, workspace=self._workspace)
            self.sandbox.grants = self.grants
        return self.sandbox

    @property
    def aftermath(self) -> str:
        """What the model must know after code was stopped or variables were lost, in one sentence; "" for nothing."""
        return self.sandbox.aftermath if self.sandbox else ""

    async def rewind(self, step: int) -> None:
        """Go back to right after a step. What cannot go back, the model is told with the next question."""
        losses = await self._restore(self.memory.checkpoint_after(step))
        self.memory.rewind(step)
        self.memory.add_note(losses)
        self.can_resume = False

    async def close(self) -> None:
        """Release the sandbox. Another one cannot be made."""
        self._closed = True
        if self.sandbox is not None:
            await self.sandbox.close()

    async def _restore(self, checkpoint: int) -> str:
        """Bring variables and files back to a checkpoint. Return what the model must know of it; "" for nothing."""
        if self.sandbox is None:
            return ""
        result = await self.sandbox.rewind(checkpoint)
        losses = [self.aftermath] if self.aftermath else []
        if result.files_not_restored:
            names = truncate_middle(", ".join(result.files_not_restored), 1_000)
            losses.append(fill(read_prompt("files_lost"), files=names))
        return "\n".join(losses)
