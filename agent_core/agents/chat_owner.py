"""What an agent does with its chat between two runs: go back, look at files, end its processes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Self

from agent_core.agents.chat_state import ChatState
from agent_core.concurrency import run_to_completion
from agent_core.errors import Busy, GlassboxError
from agent_core.execution import FileNote
from agent_core.memory.memory import Memory
from agent_core.memory.turns import Turn
from agent_core.sandbox import Limits, Loss, Policy, Sandbox
from agent_core.sandbox.remote.engine import Engine
from agent_core.usage import Usage


class ChatOwner:
    """Whoever works on one chat, one thing at a time.

    Attributes:
        chat: The chat's memory, sandbox, permissions and usage.
        policy: What code may do without asking.
        limits: What code may use.
        engine: Where code runs; None for this machine.
    """

    chat: ChatState
    policy: Policy
    limits: Limits
    engine: Engine | None

    def __init__(self) -> None:
        self._busy = Lock()  # not a flag: two threads may ask at once

    @property
    def memory(self) -> Memory:
        """The turns and steps of the chat."""
        return self.chat.memory

    def replay(self) -> None:
        """Show the chat so far again, in the terminal or the cell of a notebook: what the model was told of it.

        Raises:
            ImportError: What the extra "console" needs is not installed.
        """
        try:
            from agent_core.console.replay import replay
        except ModuleNotFoundError as error:
            raise ImportError("replay needs another package: pip install 'glassbox[console]'.") from error
        replay(self.memory)

    @property
    def usage(self) -> Usage:
        """What the whole chat cost."""
        return self.chat.usage

    @property
    def can_resume(self) -> bool:
        """Whether the last run ended at a limit, so that `resume` can continue it."""
        return self.chat.can_resume

    @property
    def sandbox(self) -> Sandbox:
        """The chat's sandbox. It is created when it is first needed; its process starts with the first code."""
        return self.chat.open_sandbox(self.policy, self.limits, self.engine)

    async def rewind(self, step: int) -> None:
        """Restore memory, variables and files as they were right after a step of this chat.

        If variables or files cannot be restored, the model is told so with the next question.

        Args:
            step: The number of the step, counted through the chat from 1; 0 is the start of the chat.

        Raises:
            Busy: A run is in progress.
            GlassboxError: There is no such step.
        """
        if not 0 <= step <= self.memory.last_step:
            raise GlassboxError(f"This chat has no step {step}; choose one from 0 to {self.memory.last_step}.")
        with self._alone():
            await run_to_completion(self.chat.rewind(step))

    async def switch(self, turns: Sequence[Turn]) -> str:
        """Go over to other turns of this chat; see `ChatState.switch`.

        Args:
            turns: All turns from now on, such as the first ones of the chat.

        Returns:
            What could not be restored, in sentences; "" for nothing.

        Raises:
            Busy: A run is in progress.
        """
        with self._alone():
            if self.chat.has_files:
                self.chat.open_sandbox(self.policy, self.limits, self.engine)
            return await run_to_completion(self.chat.switch(turns))

    def take_over(self, other: "ChatOwner") -> None:
        """Take over another agent's chat with its memory, variables, files and permissions.

        The other agent must neither be used nor closed afterwards.

        Args:
            other: The agent whose chat to take over.

        Raises:
            Busy: One of the two has a run in progress.
        """
        with other._alone(), self._alone():
            self.chat = other.chat

    async def copy_file(self, name: str, target: Path) -> None:
        """Copy a file of the workspace to a path of the host.

        Args:
            name: The file's path in the workspace.
            target: The path of the copy.

        Raises:
            GlassboxError: The file is gone, or is not a regular file.
        """
        await self.sandbox.copy_file(name, target)

    async def open_file(self, name: str) -> BinaryIO:
        """Open a file of the workspace for reading, never through a link. Code may continue to write to it.

        Args:
            name: The file's path in the workspace.

        Raises:
            GlassboxError: The file is gone, or is not a regular file.
        """
        return await self.sandbox.open_file(name)

    async def add_file(self, path: Path) -> FileNote:
        """Copy a file into the workspace, under a name that is free.

        Args:
            path: A file of the host.

        Returns:
            The file's name in the workspace, its size and its type.

        Raises:
            GlassboxError: The file cannot be read, or does not fit.
        """
        return (await self.sandbox.add_files([path]))[0]

    # Processes

    @property
    def is_awake(self) -> bool:
        """Whether the chat has processes, which hold its variables."""
        return self.chat.sandbox is not None and self.chat.sandbox.is_awake

    async def suspend(self, *, only_whole: bool = False, seconds: float | None = None) -> Loss | None:
        """End the chat's processes unless a run is in progress. Files stay, variables as far as they can be kept.

        Args:
            only_whole: Whether to end them only if no variable is lost.
            seconds: The time to write variables; 0 to write none, None for the usual one.

        Returns:
            Which variables were lost; None for none. The next step tells the model of them.
        """
        if self.chat.sandbox is None or self._busy.locked():
            return None
        return await self.chat.sandbox.suspend(only_whole=only_whole, seconds=seconds)

    async def close(self) -> None:
        """End the chat's processes and release the workspace. A closed agent cannot run again."""
        await self.chat.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep everything else from beginning meanwhile. Raises Busy."""
        if not self._busy.acquire(blocking=False):
            raise Busy("A run is in progress. Wait for it, or stop it first.")
        try:
            yield
        finally:
            self._busy.release()
