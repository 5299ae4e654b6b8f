"""A chat that can be kept, and go back to an earlier state."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from agent_core.agents.base import Agent
from agent_core.agents.chat_state import ChatState
from agent_core.errors import Busy, GlassboxError, StoreError
from agent_core.events import ChatRewound, Event, SavingFailed, SavingResumed
from agent_core.memory.turns import Turn
from agent_core.models.settings import ModelSettings
from agent_core.permissions import Grant
from agent_core.session.event_log import events_by_turn, until_step
from agent_core.session.live_chat import UNVIEWED_SECONDS, LiveChat
from agent_core.session.loading import end_interrupted, read_events, read_turns
from agent_core.session.slot import RunSlot
from agent_core.store.recorder import Recorder
from agent_core.store.rows import ChatRows

if TYPE_CHECKING:  # what a store needs is an extra, and slow to import
    from agent_core.store.store import Store


@dataclass(frozen=True)
class Versions:
    """The versions of a turn: a question, and what was asked in its place.

    Attributes:
        ids: All versions, the oldest first.
        shown: The one that the chat goes on from.
    """

    ids: tuple[int, ...]
    shown: int


class Session(LiveChat):
    """One chat: its agent, the run in progress, if any, and the log of its events.

    Any number of viewers can `follow` the log, from any index. Made by `create` or `load`, the chat is kept in a store:
    what was asked and done outlives the program, and what an edited question replaces stays as another version.

    Args:
        agent: The agent that answers the questions of this chat.
        unviewed_seconds: After so many seconds without a viewer, a run is interrupted.

    Attributes:
        agent: The agent; may be replaced between two runs by one that has taken over its chat.
        log: Every event since the chat began.
        observe: Called with each event of the chat's runs, as it happens; for counting, logs and traces.
        last_used: When the session was last used, on the monotonic clock.

    >>> async def main() -> None:
    ...     session = Session(CodeAgent(ScriptedModel(["Hello."])))
    ...     session.start("Hi")
    ...     async for happened in session.follow():
    ...         print(*(type(event).__name__ for event in happened if "Run" in type(event).__name__))
    ...     await session.close()
    >>> asyncio.run(main())
    RunStarted
    RunFinished
    """

    def __init__(self, agent: Agent, *, unviewed_seconds: float = UNVIEWED_SECONDS) -> None:
        super().__init__(agent, unviewed_seconds=unviewed_seconds)
        self._recorder: Recorder | None = None
        self._going_back = False

    @classmethod
    async def create(
        cls,
        store: "Store",
        agent: Agent,
        owner: str = "",
        *,
        title: str = "",
        unviewed_seconds: float = UNVIEWED_SECONDS,
    ) -> Self:
        """Begin a chat that is kept in a store, with its files.

        Args:
            store: The store.
            agent: A new agent, without a chat so far. Its workspace is in the store's folder.
            owner: Whose chat it is.
            title: The chat's title, or a text to shorten to one, such as its first question.
            unviewed_seconds: After so many seconds without a viewer, a run is interrupted.

        Raises:
            StoreError: The store cannot be written.
        """
        return await cls._kept(store, await store.create_chat(owner, title), agent, None, unviewed_seconds)

    @classmethod
    async def load(
        cls, store: "Store", chat_id: str, agent: Agent, *, unviewed_seconds: float = UNVIEWED_SECONDS
    ) -> Self:
        """Load a chat from a store. Files are as they were after the last step that ended.

        Variables are there again if they were kept when the chat was suspended; else they are lost.

        If the program ended during a run, the run ends with the reason "interrupted", and `resume` continues it.

        Args:
            store: The store.
            chat_id: The chat's id.
            agent: A new agent, without a chat so far.
            unviewed_seconds: After so many seconds without a viewer, a run is interrupted.

        Raises:
            StoreError: There is no such chat, or the store cannot be read.
            GlassboxError: A newer Glassbox wrote the chat.
        """
        rows = await store.read(chat_id)
        if rows is None:
            raise StoreError("There is no such chat.")
        session = await cls._kept(store, chat_id, agent, rows, unviewed_seconds)
        session.log = read_events(rows)
        agent.chat.memory.replace(read_turns(rows), in_full=False)
        agent.chat.restore(rows.state)
        agent.chat.open_sandbox(agent.policy, agent.limits, agent.engine)  # which knows whether variables were kept
        for event in end_interrupted(agent.chat, session.log):
            session._append(event)
        return session

    @classmethod
    async def _kept(
        cls, store: "Store", chat_id: str, agent: Agent, rows: ChatRows | None, unviewed_seconds: float
    ) -> Self:
        folder = store.folder_of(chat_id)
        workspace, history = folder / "workspace", folder / "history"
        try:
            for made in (workspace, history):
                await asyncio.to_thread(made.mkdir, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"The chat's folder cannot be made: {error.strerror}.") from None
        agent.chat = ChatState(workspace, history)
        session = cls(agent, unviewed_seconds=unviewed_seconds)
        session._recorder = Recorder(store, chat_id, lambda: session.agent.chat, rows, session._tell_of_saving)
        agent.chat.save = session._recorder.save
        return session

    @property
    def chat_id(self) -> str:
        """The chat's id in its store; "" for a chat that is not kept."""
        return self._recorder.chat_id if self._recorder else ""

    @property
    def running(self) -> bool:
        """Whether a run is in progress, or the chat is being brought back to another state."""
        return self._going_back or super().running

    @property
    def is_saved(self) -> bool:
        """Whether nothing of the chat waits to be written because the store failed."""
        return self._recorder is None or not self._recorder.failing

    @property
    def grants(self) -> list[Grant]:
        """What the person has permitted for the whole chat."""
        return sorted(self.agent.chat.grants)

    async def revoke(self, grant: Grant) -> None:
        """Take a permission back, so that it is asked for again from the next step on."""
        self.agent.chat.grants.discard(grant)
        if self._recorder:
            self._recorder.note_state()
            await self._recorder.save()

    # Back to an earlier state of the chat, or over to another version of it

    @property
    def versions(self) -> list[Versions]:
        """The versions of each turn of the chat. In a chat that is not kept, each has only one, 0."""
        if self._recorder is None:
            return [Versions((0,), 0) for _ in self.agent.memory.turns]
        pairs = zip(self._recorder.siblings, self._recorder.way, strict=True)
        return [Versions(tuple(siblings), turn) for siblings, turn in pairs]

    async def go_back(self, turns: int) -> None:
        """Go back to the end of an earlier turn: variables and files are as they were then.

        What cannot be restored, the model is told with the next question.

        Args:
            turns: How many turns are left; 0 for the start of the chat.

        Raises:
            Busy: A run is in progress.
            GlassboxError: There are not so many turns, or what is left behind cannot be written at the moment.
        """
        async with self._alone():
            if turns:
                self._turn(turns - 1)
            await self._leave_only(turns)

    async def ask_again(
        self,
        turn: int,
        question: str = "",
        files: Sequence[Path] = (),
        slot: RunSlot | None = None,
        *,
        settings: ModelSettings | None = None,
    ) -> None:
        """Go back to before a question, and ask it again, or another one in its place, with the same files and values.

        Args:
            turn: The index of the turn, from 0.
            question: The question to ask instead; "" for the same one.
            files: More files that come with it.
            slot: A place in a queue; see `start`.
            settings: What the requests of this run say; see `start`.

        Raises:
            Busy: A run is in progress.
            GlassboxError: There is no such turn, or what is left behind cannot be written at the moment.
        """
        async with self._alone():
            old = self._turn(turn)
            await self._leave_only(turn)
        again = Turn(question or old.question, images=old.images, files=old.files, values=old.values)
        self._begin_turn()
        self._begin(
            lambda: self.agent.stream_again(again, files=files, settings=settings),
            again.question,
            slot,
            add=lambda: self.agent.add_again(again, files),
        )

    async def go_on_from(
        self, step: int, code: str = "", slot: RunSlot | None = None, *, settings: ModelSettings | None = None
    ) -> None:
        """Go back to a step, and go on from there: after it, or with other code in its place.

        Args:
            step: The number of the step.
            code: The code to run in place of the step's own; "" to keep the step as it is.
            slot: A place in a queue; see `start`.
            settings: What the requests of this run say; see `start`.

        Raises:
            Busy: A run is in progress.
            GlassboxError: There is no such step, or what is left behind cannot be written at the moment.
        """
        async with self._alone():
            shown, thought = await self._leave_only_until(step, code)
        self._begin_turn()
        for event in shown:
            self._append(event)
        self._begin(lambda: self.agent.stream_from(code, thought, settings=settings), "", slot)

    async def switch(self, version: int) -> None:
        """Go over to another version of a turn, and to what came after it last.

        Args:
            version: The version; see `versions`.

        Raises:
            Busy: A run is in progress.
            GlassboxError: There is no such version, or it cannot be read.
        """
        async with self._alone():
            recorder = self._recorder
            rows = await recorder.store.read(recorder.chat_id, version) if recorder else None
            if recorder is None or rows is None or version not in [turn.id for turn in rows.way]:
                raise GlassboxError("There is no such version of this chat.")
            turns, events = read_turns(rows), read_events(rows)
            losses = await self.agent.switch(turns)
            recorder.follow_way(rows)
            self._show(ChatRewound(0), *events, ChatRewound(len(turns), losses))
            await recorder.save()

    def run_again(self, slot: RunSlot | None = None) -> None:
        """Run the code of all steps again, because variables were lost; see `Agent.stream_run_again`.

        Args:
            slot: A place in a queue; see `start`.

        Raises:
            Busy: A run is in progress.
        """
        self._begin(self.agent.stream_run_again, None, slot)

    async def close(self, *, suspend_seconds: float | None = None) -> None:
        """Interrupt the run and close the agent. A chat in a store can be loaded again, and its run be continued.

        Args:
            suspend_seconds: The time to write variables in, so that they are there when the chat is loaded; 0 to note
                only that they are lost, None for neither.
        """
        await super().close(suspend_seconds=suspend_seconds)
        if self._recorder:
            await self._recorder.close()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Keep everything else from beginning, and what is left behind from being lost. Raises Busy, StoreError."""
        if self.running:
            raise Busy("An answer is in progress. Wait for it, or stop it first; then go back.")
        self._going_back = True
        try:
            if self._recorder:
                await self._recorder.settle()
            yield
        finally:
            self._going_back = False
            self._wake_viewers()

    def _turn(self, index: int) -> Turn:
        turns = self.agent.memory.turns
        if not 0 <= index < len(turns):
            raise GlassboxError(f"This chat has only {len(turns)} questions.")
        return turns[index]

    async def _leave_only(self, turns: int, *kept: Turn) -> None:
        """Leave the first turns, and in memory what is kept of the next one."""
        losses = await self.agent.switch([*self.agent.memory.turns[:turns], *kept])
        if self._recorder:
            self._recorder.go_back(turns)
        self._show(ChatRewound(turns, losses))
        await self._save()

    async def _leave_only_until(self, step: int, code: str) -> tuple[Sequence[Event], str]:
        """Go back to a step, or with code to before it. Returns what of its turn is shown, and the step's thought."""
        turns = self.agent.memory.turns
        at = next((at for at, turn in enumerate(turns) if any(made.number == step for made in turn.steps)), -1)
        if at < 0:
            raise GlassboxError(f"This chat has no step {step}.")
        last = step - 1 if code else step
        thought = next(made.said for made in turns[at].steps if made.number == step) if code else ""
        kept = replace(turns[at], steps=[copy(made) for made in turns[at].steps if made.number <= last])
        shown = until_step(events_by_turn(self.log)[at], last)
        await self._leave_only(at, kept)
        return shown, thought

    # What LiveChat tells of the run

    def _begin_turn(self) -> None:
        if self._recorder:
            self._recorder.begin_turn()

    def _append(self, event: Event) -> None:
        super()._append(event)
        if self._recorder:
            self._recorder.note(event)

    async def _save(self) -> None:
        if self._recorder:
            await self._recorder.save(measure=True)

    def _tell_of_saving(self, problem: str) -> None:
        self._show(SavingFailed(problem) if problem else SavingResumed())
