"""Writes a chat to a store while its run goes on."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from agent_core.concurrency import run_to_completion
from agent_core.errors import StoreError
from agent_core.events import (
    CodeReady,
    Compacted,
    Event,
    FinalAnswer,
    ModelSilent,
    PermissionAnswered,
    RunAgainFinished,
    RunFinished,
    RunQueued,
    RunResumed,
    RunStarted,
    SandboxStarting,
    ThoughtDelta,
    ToolProgress,
)
from agent_core.memory.memory import Memory
from agent_core.record import event_to_json, merge_deltas, step_to_json, turn_to_json
from agent_core.store.rows import Changes, ChatRows, TurnRow

if TYPE_CHECKING:  # what a store needs is an extra, and slow to import
    from agent_core.store.store import Store

_OF_THE_MOMENT = (ModelSilent, SandboxStarting, ToolProgress)  # nothing of them is left when they are over
_OPEN_STEPS = 2  # at the end of a turn, which may still change; a compaction changes any
_SOON, _LATER = 0.5, 2.0  # seconds to the next save: after an event, after a failure


class KeptChat(Protocol):
    """What of a chat is kept beside its events; see ChatState."""

    @property
    def memory(self) -> Memory: ...

    def dump(self) -> dict[str, Any]: ...


class Recorder:
    """Writes one chat: its turns and steps as the model is told of them, and its events as they were shown.

    What is new is written soon by itself, and at once by `save`. What cannot be written, because the database or the
    disk fails, waits and is written later.

    Args:
        store: The store.
        chat_id: The chat, which exists there.
        chat: Gives the chat, whose turns are those of the way.
        rows: What was read of it; None for a new chat.
        told: Called with a sentence when writing begins to fail, and with "" when it works again.

    Attributes:
        way: The turns that are shown, by their numbers in the store.
        failing: Whether the last save failed, so that something waits to be written.
    """

    def __init__(
        self,
        store: "Store",
        chat_id: str,
        chat: Callable[[], KeptChat],
        rows: ChatRows | None,
        told: Callable[[str], None],
    ) -> None:
        self.store = store
        self.chat_id = chat_id
        self._chat = chat
        self._told = told
        self._lock = asyncio.Lock()
        self.failing = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._news: list[tuple[int, Event]] = []
        self._new_turns: set[int] = set()
        self._parents: dict[int, int] = {}
        self._words: dict[int, str] = {}
        self._written: dict[int, int] = {}
        self._all_steps = self._state_due = False
        self.follow_way(rows)

    def follow_way(self, rows: ChatRows | None) -> None:
        """Continue with what was read."""
        self.way = [turn.id for turn in rows.way] if rows else []
        if rows:
            self._words |= {turn.id: turn.words for turn in rows.way}
            self._written |= {turn: len(events) for turn, events in rows.events.items()}
            self._parents |= rows.parents
        self._state_due = True

    @property
    def siblings(self) -> list[list[int]]:
        """For each turn of the way, all turns that stand beside it, itself included, the oldest first."""
        beside = defaultdict(list)
        for turn, parent in self._parents.items():
            beside[parent].append(turn)
        return [beside[self._parents[turn]] for turn in self.way]

    def begin_turn(self) -> None:
        """Add a turn at the end of the way."""
        turn = max(self._parents, default=0) + 1
        self._parents[turn] = self.way[-1] if self.way else 0
        self.way.append(turn)
        self._new_turns.add(turn)

    def go_back(self, turns: int) -> None:
        """Leave only the first turns on the way. The others stay in the store."""
        del self.way[turns:]
        self._all_steps = self._state_due = True

    def note(self, event: Event) -> None:
        """Take an event of the last turn, to be written with the next save."""
        if self.way and not isinstance(event, _OF_THE_MOMENT):
            self._news.append((self.way[-1], event))
            self._all_steps |= isinstance(event, Compacted | RunAgainFinished)  # steps have other checkpoints then
            is_grant = isinstance(event, PermissionAnswered) and event.decision == "always"
            self._state_due |= is_grant or isinstance(event, RunStarted | RunResumed | RunFinished)
            self._save_in(_SOON)

    def note_state(self) -> None:
        """Have the next save write the chat's state, because something of it has changed between two runs."""
        self._state_due = True

    async def save(self, *, measure: bool = False) -> None:
        """Write everything that is not written yet. A failure is not raised, but told.

        Args:
            measure: Whether to measure the chat's files, as after a run, and write how large they are.
        """
        await run_to_completion(self._save(measure))

    async def settle(self) -> None:
        """Write everything, before the chat leaves some of it behind. Raises StoreError if it cannot be written."""
        await self.save()
        if self.failing:
            raise StoreError(
                "The chats cannot be written at the moment, so going back would lose some. Try again later."
            )

    async def close(self) -> None:
        """Write everything for the last time."""
        await self.save()
        if self._timer:
            self._timer.cancel()

    def _save_in(self, seconds: float) -> None:
        """Save after some time, unless that is planned already."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._save_now)

    def _save_now(self) -> None:
        self._timer = None
        self._task = asyncio.create_task(self.save())

    async def _save(self, measure: bool) -> None:
        async with self._lock:
            size = await self.store.measure(self.chat_id) if measure else None
            news, self._news = self._news, []
            new_turns, self._new_turns = self._new_turns, set()
            memory = self._chat().memory
            all_steps, self._all_steps, memory.is_edited = self._all_steps or memory.is_edited, False, False
            state_due, self._state_due = self._state_due, False
            words = {turn: self._words.get(turn, "") for turn, _ in news}
            changes = self._changes(news, all_steps, state_due, size=size, new_turns=new_turns)
            try:
                await self.store.write(self.chat_id, changes)
            except StoreError as error:
                self._news, self._new_turns = news + self._news, new_turns | self._new_turns
                self._words |= words
                self._all_steps = True  # meanwhile more steps come than those that a save takes for open
                self._state_due |= state_due
                self._tell(str(error))
                self._save_in(_LATER)
                return
            for turn, (first, events) in changes.events.items():
                self._written[turn] = first + len(events)
            self._tell("")

    def _tell(self, problem: str) -> None:
        if bool(problem) != self.failing:
            self.failing = bool(problem)
            self._told(problem)

    def _changes(
        self,
        news: list[tuple[int, Event]],
        all_steps: bool,
        state_due: bool,
        *,
        size: int | None,
        new_turns: set[int],
    ) -> Changes:
        memory, events = self._chat().memory, self._event_rows(news)
        last = len(memory.turns) - 1
        turns, steps, counts = [], {}, {}
        for position, (turn_id, turn) in enumerate(zip(self.way, memory.turns, strict=False)):
            if not (all_steps or position == last or turn_id in new_turns):
                continue
            turns.append(self._turn_row(position, turn_to_json(turn)))
            counts[turn_id] = len(turn.steps)
            first = 0 if all_steps or turn_id in new_turns else max(0, len(turn.steps) - _OPEN_STEPS)
            steps |= {(turn_id, first + at): step_to_json(step) for at, step in enumerate(turn.steps[first:])}
        queued = range(last + 1, len(self.way))
        turns += [self._turn_row(position) for position in queued if self.way[position] in new_turns]
        return Changes(
            turns=turns,
            steps=steps,
            step_counts=counts,
            events=events,
            leaf=self.way[-1] if self.way else 0,
            state=self._chat().dump() if state_due else None,
            used=time.time() if news else None,
            size=size,
        )

    def _turn_row(self, position: int, data: dict[str, Any] | None = None) -> TurnRow:
        turn_id = self.way[position]
        return TurnRow(turn_id, self._parents[turn_id], data, self._words.get(turn_id, ""))

    def _event_rows(self, news: list[tuple[int, Event]]) -> dict[int, tuple[int, list[dict[str, Any]]]]:
        rows = {}
        for turn_id in dict.fromkeys(turn for turn, _ in news):
            events = merge_deltas(event for turn, event in news if turn == turn_id)
            self._words[turn_id] = f"{self._words.get(turn_id, '')}{words_of(events)}"
            rows[turn_id] = self._written.get(turn_id, 0), [event_to_json(event) for event in events]
        return rows


def words_of(events: list[Event]) -> str:
    """Return what a search finds the events by."""
    text = ""
    for event in events:
        match event:
            case ThoughtDelta(piece):
                text += piece  # the next one may go on within a word
            case RunQueued(words) | CodeReady(words):
                text += f"\n{words}\n"
            case RunStarted(question, files):
                text += "\n".join(["", question, *(note.name for note in files), ""])
            case FinalAnswer(answer):
                text += f"\n{answer}\n"
    return text.casefold()
