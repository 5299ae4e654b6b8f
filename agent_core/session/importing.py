"""Brings a chat that was read from a file into a store."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from agent_core.errors import GlassboxError, StoreError
from agent_core.events import Event, RunFinished, SourceRead
from agent_core.memory.turns import Turn
from agent_core.prompts import read_prompt
from agent_core.record import event_to_json, merge_deltas, step_to_json, turn_to_json
from agent_core.session.event_log import events_by_turn
from agent_core.store.recorder import words_of
from agent_core.store.rows import Changes, TurnRow

if TYPE_CHECKING:  # what a store needs is an extra, and slow to import
    from agent_core.store.store import Store


async def import_chat(store: "Store", owner: str, title: str, events: Sequence[Event], turns: Sequence[Turn]) -> str:
    """Add a chat that was made elsewhere. It has no files and no variables, and the model is told so.

    Nothing in it grants anything: permissions and addresses that may be opened without asking begin anew.

    Args:
        store: The store.
        owner: Whose chat it becomes.
        title: Its title.
        events: What was shown.
        turns: What the model is told; the last ones may be missing, as when their questions were still queued.

    Returns:
        The chat's id.

    Raises:
        GlassboxError: The model is told of more questions than were shown.
        StoreError: The store cannot be written.
    """
    shown = events_by_turn(events)
    if len(turns) > len(shown):
        raise GlassboxError("This chat's record is damaged: it has more questions than were shown.")
    changes = await asyncio.to_thread(_changes, shown, turns)
    chat_id = await store.create_chat(owner, title)
    try:
        await store.write(chat_id, changes)
        await store.write(chat_id, Changes(size=await store.measure(chat_id)))
    except StoreError:
        with suppress(StoreError):
            await store.delete(chat_id, owner)
        raise
    return chat_id


def _changes(shown: list[list[Event]], turns: Sequence[Turn]) -> Changes:
    merged = {number: merge_deltas(events) for number, events in enumerate(shown, 1)}
    told = {number: _without_checkpoints(turn) for number, turn in enumerate(turns, 1)}
    state = _state(shown[-1] if shown else [], told.get(len(shown))) | {"sources": _sources(shown)}
    return Changes(
        turns=[
            TurnRow(number, number - 1, turn_to_json(told[number]) if number in told else None, words_of(events))
            for number, events in merged.items()
        ],
        steps={(number, at): step_to_json(step) for number, turn in told.items() for at, step in enumerate(turn.steps)},
        events={number: (0, [event_to_json(event) for event in events]) for number, events in merged.items()},
        leaf=len(shown),
        state=state,
        used=time.time(),
    )


def _sources(shown: list[list[Event]]) -> list[dict[str, Any]]:
    """Return the sources of all turns, which keep their numbers."""
    read = (event.source for events in shown for event in events if isinstance(event, SourceRead))
    return [asdict(source) for source in {source.number: source for source in read}.values()]


def _without_checkpoints(turn: Turn) -> Turn:
    return replace(turn, checkpoint=0, steps=[replace(step, checkpoint=0) for step in turn.steps])


def _state(last_events: Sequence[Event], last_turn: Turn | None) -> dict[str, Any]:
    """Return what else belongs to the chat. What the model must know goes where it reads on."""
    note = read_prompt("imported")
    ends = [event for event in last_events if isinstance(event, RunFinished)]
    can_resume = bool(ends) and ends[-1].can_resume
    if can_resume and last_turn and last_turn.steps:
        step = last_turn.steps[-1]
        step.observation, note = f"{step.observation}\n{note}".strip(), ""
    return {
        "note": note,
        "can_resume": can_resume,
        "cut_off": can_resume and ends[-1].reason == "cut_off" and bool(last_turn and last_turn.steps),
    }
