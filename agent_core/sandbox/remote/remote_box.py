"""One chat whose sandbox is elsewhere. Its files are here too, as they are there after each step."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from agent_core.concurrency import run_to_completion
from agent_core.errors import GlassboxError, SandboxError
from agent_core.events import SandboxEvent, SandboxStarting
from agent_core.execution import Display, Execution, ExecutionError, FileNote
from agent_core.sandbox import aftermath
from agent_core.sandbox.checkpoints.changed_files import ChangedFiles
from agent_core.sandbox.checkpoints.checkpoints import Loss
from agent_core.sandbox.checkpoints.file_history import FileHistory
from agent_core.sandbox.host.bundles import check
from agent_core.sandbox.host.file_transfer import take_in
from agent_core.sandbox.host.terminal import plain
from agent_core.sandbox.local_box import MakeRequests
from agent_core.sandbox.policy import Limits
from agent_core.sandbox.remote.engine import Engine, Needs
from agent_core.sandbox.remote.frames import ReplyMessage
from agent_core.sandbox.remote.link import LOST, FarLink, LinkLost, in_links_loop, require_sendable
from agent_core.sandbox.remote.remote_run import RemoteRun, execution_of
from agent_core.sandbox.remote.requests import RemoteRequests
from agent_core.sandbox.remote.shared_files import SharedFiles
from agent_core.temporary import temporary_folder
from agent_core.text import truncate_middle

_LOOK_SECONDS = 20.0  # for a look into files, beyond the time that the far end keeps to
_SHOWN_NAMES = 1_000  # characters of files in a note
logger = logging.getLogger(__name__)


class RemoteBox:
    """A sandbox elsewhere. The caller makes one step or rewind at a time.

    Checkpoints are numbered here, through all far ends that a chat has; each far end has numbers of its own. Files are
    versioned on both sides: there, so that a step can be undone at once; here, so that they outlast the far end.

    Args:
        engine: Where it is.
        limits: What the code may use.
        workspace: The folder with the files; None for a temporary one.
        history: The folder that checkpoints of files last in; None if they end with the sandbox.
        may_connect: Whether code may be let connect to hosts, as it is when a far end is started.

    Attributes:
        requests: What serves the requests of steps.
        limits: What the code may use. May be changed.
        workspace: The folder with the files.
        temporary: The same if it is a temporary one, which the caller removes.
        aftermath: What became of variables and files in the last step or rewind, in sentences; "" for nothing.
        confinement: The layers that confine the code, as the far end says; () until it has started.
        changing: Held while files change, and while a far end is started or ended.
    """

    requests = RemoteRequests

    def __init__(
        self,
        engine: Engine,
        limits: Limits,
        workspace: Path | None = None,
        history: Path | None = None,
        may_connect: Callable[[], bool] = lambda: True,
    ) -> None:
        self.limits = limits
        self.aftermath = ""
        self.confinement: tuple[str, ...] = ()
        self.changing = asyncio.Lock()
        self.temporary: tempfile.TemporaryDirectory[str] | None = None
        if workspace is None:
            self.temporary = _temporary()
            workspace = Path(self.temporary.name)
        self.workspace = workspace
        self._engine = engine
        self._may_connect = may_connect
        self._shared = SharedFiles(workspace)
        self._files = FileHistory(workspace, history)
        self._tree = self._files.tree
        self._changed_files = ChangedFiles(workspace)
        self._link: FarLink | None = None
        self._there: dict[int, int] = {}  # checkpoints to the numbers that they have at the far end
        self._kept: set[int] = set()  # those of the latter whose variables are there
        self._has_variables = self._tree.now != 0  # as far as the code's author knows
        self._added = False  # whether files were added since the step began
        self._loaded = history is None
        self._stands_at = 0
        self._lost_files: list[str] = []
        self._closed = False

    @property
    def is_awake(self) -> bool:
        """Whether there is a far end."""
        return self._link is not None and self._link.is_alive

    async def start(self) -> None:
        """Start a far end. Raises SandboxError."""
        async with self.changing:
            await self._load()
            await self._connected()

    async def load_files(self) -> None:
        """Let the files be as they were after the last step, if the app has ended since."""
        async with self.changing:
            if not self._closed:
                await self._load()

    async def stream(
        self, order: Mapping[str, Any], make_requests: MakeRequests
    ) -> AsyncGenerator[SandboxEvent | Execution, None]:
        """Run code as one step; see `LocalBox.stream`."""
        require_sendable({"order": order, "limits": asdict(self.limits)})  # before anything begins that would be lost
        if starts := not self.is_awake:
            yield SandboxStarting()
        async with self.changing:
            await self._load()
            link, loss = await self._connected()
            await self._shared.push_changes(link)
            await asyncio.to_thread(self._files.keep, self._tree.now)
            self._added = False
        if starts:
            yield SandboxStarting(ready=True)
        files, self._lost_files = self._lost_files, []
        self.aftermath = restart = aftermath.of_restart(loss, files)
        before = aftermath.before_step(loss, files)
        await self._changed_files.begin()
        run = RemoteRun(link, self.limits)
        undone, left_out = False, list[str]()
        try:
            await run.begin(order, asdict(self.limits), make_requests(run.emit))
            while run.execution is None:
                for event in await run.advance():
                    yield event
        finally:
            undone, left_out = await run_to_completion(self._finish(run))
        files = () if undone else await self._changed_files.end()
        if run.reply is None and run.execution.error is None:  # its files could not be fetched
            run.execution = replace(run.execution, error=ExecutionError("crash", LOST), answer=None)
        told = aftermath.told_in(run.execution, restart if run.reply else self.aftermath, before)
        note = f"{told.note} {_left_out(left_out)}".strip()
        yield replace(told, note=note, checkpoint=self._tree.now, files=files)

    def stand_at(self, checkpoint: int) -> None:
        """Name the checkpoint that the chat's record stands at."""
        self._stands_at = checkpoint

    def has_variables(self, checkpoint: int) -> bool:
        """Whether the variables right after a checkpoint are still there, as far as is known."""
        return checkpoint == 0 or (self.is_awake and self._there.get(checkpoint, 0) in self._kept - {0})

    async def rewind(self, checkpoint: int, *, keep_later: bool) -> list[str]:
        """Go to the variables and files of a checkpoint; see `LocalBox.rewind`."""
        async with self.changing:
            await self._load()
            if checkpoint not in self._tree:
                raise SandboxError(
                    f"There is no checkpoint {checkpoint}. It never existed, or a rewind has dropped it."
                )
            self.aftermath = ""
            if not self._files.has_versions:
                return []
            await self._move_to(checkpoint, keep_later=keep_later)
            try:
                lost = await self._rewind_there(checkpoint, keep_later=keep_later)
            except (GlassboxError, OSError) as error:
                logger.warning("A remote sandbox could not go back: %s", error)
                lost = None
            if lost is None:
                await self._drop_link()
                lost = await asyncio.to_thread(self._files.restore, self.limits)
                self.aftermath = aftermath.of_variables("all" if checkpoint else None)
                self._has_variables = False
            await asyncio.to_thread(self._settle, checkpoint)
        if self._closed:
            raise SandboxError("This sandbox is closed.")
        return lost

    async def add_files(self, paths: Sequence[Path]) -> tuple[FileNote, ...]:
        """Copy files into the workspace, here and there: all of them, or none. Raises GlassboxError."""
        async with self.changing:
            if not self._closed:
                await self._load()
            notes = await asyncio.to_thread(take_in, paths, self.workspace, self.limits)
            if self._link and self.is_awake:
                notes = await self._shared.add(self._link, notes)
                self._added = True
            if self._files.has_versions:
                await asyncio.to_thread(self._files.add, [note.name for note in notes])
        return notes

    async def look_into(self, task: Mapping[str, Any], seconds: float) -> Execution:
        """Have a worker there look into files of the workspace. Raises SandboxError."""
        async with self.changing:
            link, _ = await self._connected(tells=False)
        looking = in_links_loop(link.request("look", task=dict(task), seconds=seconds))
        try:
            reply = await asyncio.wait_for(looking, seconds + _LOOK_SECONDS)
        except TimeoutError:
            return Execution(error=ExecutionError("timeout", "Looking into the files took too long."))
        except SandboxError:
            raise
        except GlassboxError as error:
            raise SandboxError(str(error)) from None
        if reply.result is None:
            raise LinkLost
        shown = (Display(check({"text/plain": "", **reply.shown})[0]),) if reply.shown else ()
        return execution_of(reply.result, displays=shown)

    def begin_turn(self) -> None:
        """Mark the beginning of a turn: of the steps before it, only the last checkpoint is kept."""
        self._tree.turn_ends.add(self._tree.now)
        if self._link and self.is_awake:
            self._link.post_soon("begin_turn")

    async def suspend(self, *, only_whole: bool, seconds: float | None, in_use: Callable[[], bool]) -> Loss | None:
        """End the far end; see `Sandbox.suspend`. Variables are not kept."""
        async with self.changing:
            if in_use() or self._closed or not self.is_awake:
                return None
            loss = "all" if self._has_variables else None
            if not (loss and only_whole):
                await self._drop_link()
                self._has_variables = False if loss is None else self._has_variables
            return loss

    async def close(self, *, in_use: bool) -> None:
        """End the far end. A step that is running ends as after a lost connection."""
        self._closed = True
        await self._drop_link()
        await asyncio.to_thread(self._files.close)

    # The far end

    async def _connected(self, *, tells: bool = True) -> tuple[FarLink, Loss | None]:
        """Return the link, a new one if need be, and what was lost that nobody has been told of. Raises SandboxError.

        Args:
            tells: Whether the caller tells of the loss.
        """
        if self._closed:
            raise SandboxError("This sandbox is closed.")
        if not (self._link and self.is_awake):
            await self._drop_link()
            _make(self.workspace)
            link = await in_links_loop(FarLink.open(self._engine, Needs(self.limits, self._may_connect())))
            try:
                await self._move_in(link)
            except BaseException as error:
                await run_to_completion(in_links_loop(link.close()))
                if isinstance(error, GlassboxError) and not isinstance(error, SandboxError):
                    raise SandboxError(str(error)) from None
                raise
            self._link = link
        lost = self._has_variables and self._tree.now not in self._there_with_variables()
        if lost and tells:
            self._has_variables = False
        assert self._link
        return self._link, "all" if lost else None

    async def _move_in(self, link: FarLink) -> None:
        """Give a new far end its limits and all files."""
        reply = await in_links_loop(link.request("open", limits=asdict(self.limits)))
        self.confinement = tuple(reply.layers)
        await self._shared.push(link)
        self._there, self._kept = {self._tree.now: 0}, set()
        if self._closed:  # meanwhile
            raise SandboxError("This sandbox is closed.")

    def _there_with_variables(self) -> set[int]:
        return {here for here, there in self._there.items() if there in self._kept - {0}}

    async def _drop_link(self) -> None:
        link, self._link = self._link, None
        self._there, self._kept = {}, set()
        if link:
            await run_to_completion(in_links_loop(link.close()))

    # Steps

    async def _finish(self, run: RemoteRun) -> tuple[bool, list[str]]:
        """Stop the step, and take over what it did to files.

        Returns:
            Whether it was undone, and the files that stay there.
        """
        await run.stop()
        async with self.changing:
            if self._closed:
                return True, []
            if run.reply is None or not self._link:
                await self._drop_link()
                self._note_loss([])
                return True, []
            try:
                left_out = await self._pull(self._link, run.reply)
            except (GlassboxError, OSError) as error:
                logger.warning("The files of a remote sandbox could not be fetched: %s", error)
                await self._drop_link()
                run.reply = None
                self._note_loss(await asyncio.to_thread(self._files.restore, self.limits))
                return True, []
            self.aftermath = run.reply.aftermath or self.aftermath
            there = run.reply.checkpoint
            undone = there == self._there.get(self._tree.now)
            if not undone:
                self._there[self._tree.add()] = there
            self._has_variables = self._has_variables or not undone
            self._kept = {*run.reply.kept, there}
            await asyncio.to_thread(self._settle, self._tree.now)
            return undone, left_out

    async def _pull(self, link: FarLink, reply: ReplyMessage) -> list[str]:
        """Take over the files of a step; see SharedFiles.pull."""
        await asyncio.to_thread(self._files.begin_change)
        listing = reply.listing
        if self._added:  # files of which the step's end may not know
            listing = (await in_links_loop(link.request("list"))).listing
        return await self._shared.pull(link, listing, self.limits)

    def _note_loss(self, files: Sequence[str]) -> None:
        self.aftermath = aftermath.of_undoing("all" if self._has_variables else None, files)
        self._has_variables = False

    def _settle(self, checkpoint: int) -> None:
        self._files.rest()
        self._files.keep(checkpoint)

    # Going back

    async def _move_to(self, checkpoint: int, *, keep_later: bool) -> None:
        if keep_later:
            await asyncio.to_thread(self._files.keep, self._tree.now)
            self._tree.now = checkpoint
        else:
            for dropped in self._tree.drop_after(checkpoint):
                self._there.pop(dropped, None)
        await asyncio.to_thread(self._files.begin_change)

    async def _rewind_there(self, checkpoint: int, *, keep_later: bool) -> list[str] | None:
        """Have the far end go to a checkpoint. Returns the files that could not be restored; None if there is no link.

        What it does not have, it has from here: files of the versions here, without variables.
        """
        if not (self._link and self.is_awake):
            return None
        there, link = self._there.get(checkpoint), self._link
        await self._shared.push_changes(link)
        reply = await in_links_loop(
            link.request("rewind", checkpoint=there or 0, keep_later=keep_later and there is not None)
        )
        self._kept = {*reply.kept, reply.checkpoint}
        if there is not None:
            await self._shared.pull(link, reply.listing, self.limits)
            self.aftermath = reply.aftermath
            self._has_variables = self._has_variables and bool(there)
            return reply.names
        lost = await asyncio.to_thread(self._files.restore, self.limits)
        await self._shared.push(link)
        self._there = {here: number for here, number in self._there.items() if number} | {checkpoint: 0}
        self.aftermath = aftermath.of_variables("all" if checkpoint else None)
        self._has_variables = False
        return lost

    async def _load(self) -> None:
        if not self._loaded:
            self._lost_files = await asyncio.to_thread(self._files.load, self.limits, self._stands_at)
            self._loaded = True


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SandboxError(f"The folder for the code cannot be made: {error.strerror}.") from None


def _temporary() -> tempfile.TemporaryDirectory[str]:
    try:
        return temporary_folder("chat")
    except OSError as error:
        raise SandboxError(f"The folder for the code cannot be made: {error.strerror}.") from None


def _left_out(names: Sequence[str]) -> str:
    if not names:
        return ""
    shown = truncate_middle(plain(", ".join(names)), _SHOWN_NAMES)
    return f"These files are too large to be fetched from where the code runs: {shown}."
