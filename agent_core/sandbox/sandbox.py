"""The sandbox: Python in a process of its own, for one chat."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from agent_core.errors import Busy, SandboxError
from agent_core.events import SandboxEvent
from agent_core.execution import Execution, FileNote, FilePreview, ListedFile
from agent_core.permissions import Grant
from agent_core.sandbox.checkpoints.checkpoints import Loss
from agent_core.sandbox.host.file_overview import with_overviews
from agent_core.sandbox.host.file_preview import preview_of
from agent_core.sandbox.host.file_transfer import copy_out, open_out
from agent_core.sandbox.host.given_values import encoded_texts
from agent_core.sandbox.host.guest_requests import GuestRequests
from agent_core.sandbox.host.tool_calls import describe
from agent_core.sandbox.host.workspace import plain_files, remove_tree
from agent_core.sandbox.local_box import LocalBox
from agent_core.sandbox.policy import Limits, Policy
from agent_core.sandbox.remote.engine import Engine
from agent_core.sandbox.remote.remote_box import RemoteBox
from agent_core.tools.base import Tool
from agent_core.tools.given.toolbox import known_tools


class Sandbox:
    """Runs pieces of Python in one persistent namespace, as a notebook does.

    Each step leaves a checkpoint, which `rewind` goes back to.

    Args:
        policy: What the code may import and connect to; None for the default Policy.
        limits: What the code may use; None for the default Limits.
        tools: Functions that the code may call: whatever an agent takes as tools, but for servers, which have to be
            asked first.
        workspace: The folder that the code works in. If None, a temporary folder is made, and removed by `close`.
        history: The folder that the checkpoints of a given workspace last in, of the same disk or another; the code
            cannot see it. A sandbox with the same two folders goes on where the last one ended, even if the app was
            killed: files are as after the last step that ended, variables are lost. Only one may use them at a time.
            If None, checkpoints end with the sandbox.
        engine: Where the code runs; None for this machine. Elsewhere, the workspace is a copy of the code's own folder,
            made after each step; where the connection is lost, the next step begins with it, without variables.

    Raises:
        ToolError: Something is no tool, or two tools have the same name.
        SandboxError: There is a history without a workspace, or one of the two folders is within the other.

    Attributes:
        policy: May be changed; the change applies from the next step on.
        limits: May be changed; the change applies from the next step on. Of memory and disk space, running processes
            never get more than their Limits allowed to raise them to when they started.
        tools: May be changed; the change applies from the next step on.
        workspace: The folder that the code works in.
        grants: The permissions given for the whole chat.
        aftermath: What became of variables and files in the last step or rewind, in sentences for the code's author;
            "" for nothing.

    >>> async def main() -> None:
    ...     async with Sandbox() as box:
    ...         first = await box.run("x = [1, 2]; sum(x)")
    ...         await box.run("x.clear()")
    ...         await box.rewind(first.checkpoint)
    ...         print(first.value, (await box.run("x")).value)
    ...         print((await box.run("open('/etc/passwd')")).error.kind)
    >>> asyncio.run(main())
    3 [1, 2]
    exception
    """

    def __init__(
        self,
        *,
        policy: Policy | None = None,
        limits: Limits | None = None,
        tools: Iterable[Any] = (),
        workspace: Path | None = None,
        history: Path | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.policy = policy or Policy()
        self.tools = tools
        self.grants: set[Grant] = set()
        _check_folders(workspace, history)
        self._history = history
        limits = limits or Limits()
        if engine:
            self._box = RemoteBox(engine, limits, workspace, history, self._may_connect)
        else:
            self._box = LocalBox(limits, workspace, history)
        self.workspace = self._box.workspace
        self._steps = 0
        self._running = False
        self._closed = False

    @property
    def limits(self) -> Limits:
        return self._box.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self._box.limits = limits

    @property
    def tools(self) -> list[Tool]:
        return self._tools

    @tools.setter
    def tools(self, tools: Iterable[Any]) -> None:
        """Raises ToolError if something is no tool, or two tools have the same name."""
        self._tools = known_tools(tools)

    @property
    def confinement(self) -> tuple[str, ...]:
        """The layers that confine the code where it runs, by the names that people read.

        Elsewhere they are known once the sandbox has started; they are as the place says.
        """
        return self._box.confinement

    @property
    def aftermath(self) -> str:
        return self._box.aftermath

    async def start(self) -> None:
        """Start the worker process now rather than with the first step.

        Raises:
            SandboxError: No process can be started, the kernel cannot confine it, or the sandbox is closed.
        """
        self._check_open()
        await self._box.start()

    async def stream(
        self, code: str, *, values: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Run code as one step, and yield what happens.

        Closing the iterator, or cancelling the task that runs it, stops the code. Errors of the code are not raised;
        they are in the Execution.

        Args:
            code: Python.
            values: Variables that are set before the code runs: plain data, dates, bytes, dataclasses, pydantic models,
                tables, arrays, pictures, and lists and dicts of these.

        Yields:
            The events as they happen; the last item is the Execution.

        Raises:
            Busy: Another step is running.
            GlassboxError: A value cannot be given to the code.
            SandboxError: No process can be started, the kernel cannot confine it, or the sandbox is closed.
        """
        self._occupy()
        try:
            self._check_open()
            given = await asyncio.to_thread(encoded_texts, values) if values else {}
            self._steps += 1
            order = self._order(code) | ({"values": given} if given else {})
            async with aclosing(self._box.stream(order, self._requests)) as events:
                async for event in events:
                    yield event
        finally:
            self._running = False

    async def run(self, code: str, *, values: Mapping[str, Any] | None = None) -> Execution:
        """Run code as one step, and return how it went. Errors of the code are in the Execution, not raised.

        Args:
            code: Python.
            values: Variables that are set before the code runs; see `stream`.

        Returns:
            What the code printed, displayed, returned and raised.

        Raises:
            Busy: Another step is running.
            GlassboxError: A value cannot be given to the code.
            SandboxError: No process can be started, the kernel cannot confine it, or the sandbox is closed.
        """
        async with aclosing(self.stream(code, values=values)) as events:
            last = [event async for event in events][-1]
        assert isinstance(last, Execution)
        return last

    def stand_at(self, checkpoint: int) -> None:
        """Name the checkpoint that the chat's record stands at, before anything else is done with an old history.

        If the app ended while the chat went back, or over to another branch, its files follow the record.
        """
        self._box.stand_at(checkpoint)

    def has_variables(self, checkpoint: int) -> bool:
        """Whether the variables right after a checkpoint are still there, as far as is known; files may be.

        Args:
            checkpoint: The number in an Execution's `checkpoint`; 0, the start, needs none.
        """
        return self._box.has_variables(checkpoint)

    async def rewind(self, checkpoint: int, *, keep_later: bool = False) -> tuple[str, ...]:
        """Go back to the variables and files of a checkpoint, or over to one of another branch.

        Whether variables were lost, `aftermath` says then.

        Args:
            checkpoint: The number in an Execution's `checkpoint`; 0 is the start.
            keep_later: Whether the checkpoints after it stay as another branch, which a rewind leads to as well. If
                not, they are dropped. All branches share the room there is for checkpoints.

        Returns:
            The files that were too large to be kept. They are gone, or as they are now.

        Raises:
            Busy: A step is running.
            SandboxError: There is no such checkpoint, or the sandbox is closed.
        """
        self._occupy()
        try:
            self._check_open()
            return tuple(await self._box.rewind(checkpoint, keep_later=keep_later))
        finally:
            self._running = False

    async def add_files(self, paths: Sequence[Path]) -> tuple[FileNote, ...]:
        """Copy files into the workspace, under names that are free there: all of them, or none.

        Args:
            paths: Files of the host.

        Returns:
            The files as they are in the workspace.

        Raises:
            GlassboxError: A file cannot be read, or they do not fit beside what is there.
        """
        return await self._box.add_files(paths)

    async def describe_files(self, notes: Sequence[FileNote]) -> tuple[FileNote, ...]:
        """Look into files of the workspace, in a confined process of its own, for two seconds at most.

        Args:
            notes: The files.

        Returns:
            The same notes with overviews: columns and rows of tables, pages of documents, sizes of pictures. A file
            that cannot be read says so in its overview.
        """
        await self._box.load_files()
        return await with_overviews(notes, self._box.look_into) if notes else ()

    async def copy_file(self, name: str, target: Path) -> None:
        """Copy a file of the workspace, never through a link.

        Args:
            name: Relative to the workspace.
            target: The path of the copy.

        Raises:
            GlassboxError: It no longer exists, or is not a regular file.
        """
        await self._box.load_files()
        await asyncio.to_thread(copy_out, self.workspace, name, target)

    async def open_file(self, name: str) -> BinaryIO:
        """Open a file of the workspace, never through a link. Code may go on writing to it.

        Args:
            name: Relative to the workspace.

        Raises:
            GlassboxError: It no longer exists, or is not a regular file.
        """
        await self._box.load_files()
        return await asyncio.to_thread(open_out, self.workspace, name)

    async def list_files(self) -> list[ListedFile]:
        """Return the files of the workspace, those written last first; without hidden ones and links."""
        await self._box.load_files()
        folder = str(self.workspace.resolve())
        found = await asyncio.to_thread(lambda: list(plain_files(folder)))
        files = [ListedFile(FileNote.of(name, status.st_size), status.st_mtime) for name, status in found]
        return sorted(files, key=lambda file: (-file.modified, file.note.name))

    async def preview_file(self, name: str) -> FilePreview:
        """Return what a person sees of a file first, read by a confined process of its own within some seconds.

        Args:
            name: Relative to the workspace.

        Raises:
            GlassboxError: It no longer exists, or is not a regular file.
        """
        (await self.open_file(name)).close()
        return await preview_of(name, self._box.look_into)

    def begin_turn(self) -> None:
        """Mark the beginning of a turn: of the steps before it, only the last checkpoint is kept."""
        self._box.begin_turn()

    @property
    def is_awake(self) -> bool:
        """Whether the sandbox has processes."""
        return self._box.is_awake

    async def suspend(self, *, only_whole: bool = False, seconds: float | None = None) -> Loss | None:
        """End all processes unless a step is running. Files stay, and with a history so do the variables.

        A copy of the worker writes those that can be pickled, 64 MB at most; the next step loads them into a new one,
        and its aftermath names those that are lost.

        Args:
            only_whole: Whether to end the processes only if no variable is lost.
            seconds: The time to write variables; what cannot be written in it is lost. 0 to write none, None for
                five seconds.

        Returns:
            What was lost: "all" variables, or the names of some; None for nothing.
        """
        return await self._box.suspend(only_whole=only_whole, seconds=seconds, in_use=lambda: self._running)

    async def close(self) -> None:
        """End all processes, and remove the workspace if it is a temporary one. A running step ends as a crash.

        A workspace that was given stays, and so do its history and the checkpoints of files in that.
        """
        self._closed = True
        await self._box.close(in_use=self._running)
        if self._box.temporary:
            async with self._box.changing:
                await asyncio.to_thread(remove_tree, self.workspace)
                self._box.temporary.cleanup()

    async def delete(self) -> None:
        """Close the sandbox, and remove its workspace and its history for good."""
        await self.close()
        async with self._box.changing:
            for folder in (self.workspace, self._history):
                if folder:
                    await asyncio.to_thread(remove_tree, folder)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _occupy(self) -> None:
        if self._running:
            raise Busy("This sandbox is already running code. Wait for it, or stop it first.")
        self._running = True

    def _check_open(self) -> None:
        if self._closed:
            raise SandboxError("This sandbox is closed.")

    def _may_connect(self) -> bool:
        return bool(self.policy.hosts) or self.policy.ask is not None

    def _order(self, code: str) -> dict[str, Any]:
        return {
            "step": self._steps,
            "code": code,
            "imports": list(self.policy.imports),
            "tools": [describe(tool) for tool in self.tools],
            "memory_mb": self.limits.memory_mb,
        }

    def _requests(self, emit: Callable[[SandboxEvent], None]) -> GuestRequests:
        return self._box.requests(self.tools, self.policy, self.grants, emit)


def _check_folders(workspace: Path | None, history: Path | None) -> None:
    """Raise SandboxError unless the code in the workspace can never reach the history."""
    if history and workspace is None:
        raise SandboxError("A sandbox with a history needs a workspace that lasts, too. Name a folder for it.")
    if history and workspace:
        first, second = workspace.resolve(), history.resolve()
        if first.is_relative_to(second) or second.is_relative_to(first):
            raise SandboxError("The history of a sandbox and its workspace cannot be in each other. Name two folders.")
