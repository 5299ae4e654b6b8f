"""A log of events, by the turns that are left of the chat."""

from collections.abc import Iterable, Sequence

from agent_core.events import ChatRewound, Event, RunQueued, RunStarted, SavingFailed, SavingResumed, StepFinished


def events_by_turn(log: Iterable[Event]) -> list[list[Event]]:
    """Return the events of each turn. Those of turns that the chat went back behind are left out."""
    turns: list[list[Event]] = []
    for event in log:
        match event:
            case ChatRewound(count):
                del turns[count:]
            case SavingFailed() | SavingResumed():
                pass
            case _:
                if _begins_turn(event, turns):
                    turns.append([])
                if turns:
                    turns[-1].append(event)
    return turns


def until_step(events: Sequence[Event], step: int) -> Sequence[Event]:
    """Return the events of a turn up to the end of a step; for a step of an earlier turn, only its beginning.

    A step that was dropped has no end. Then it is that of the step before it.
    """
    ends = [at for at, event in enumerate(events) if isinstance(event, StepFinished) and event.step <= step]
    if not ends:
        return [event for event in events if isinstance(event, RunStarted)][:1]
    return events[: ends[-1] + 1]


def _begins_turn(event: Event, turns: Sequence[Sequence[Event]]) -> bool:
    """Return whether a question begins with the event; a run that was queued has begun already."""
    if isinstance(event, RunQueued):
        return event.question != "" and not (turns and isinstance(turns[-1][-1], RunQueued))
    return isinstance(event, RunStarted) and not (turns and isinstance(turns[-1][-1], RunQueued))
