import random

from agent_core.events import (
    CodeDelta,
    CodeReady,
    Event,
    ModelWaiting,
    OutputDelta,
    PlanDelta,
    ReasoningDelta,
    RunStarted,
    StepFinished,
    StepStarted,
    ThoughtDelta,
)
from agent_core.record import merge_deltas
from agent_core.usage import Usage
from ui.view.transcript import Transcript


def test_merged_pieces_show_the_same():
    chance = random.Random(16)
    for _ in range(200):
        events = _run(chance)
        merged = merge_deltas(events)
        assert len(merged) <= len(events)
        assert Transcript(merged).turns == Transcript(events).turns


def _run(chance: random.Random) -> list[Event]:
    words = [f"{chance.random()}" for _ in range(chance.randrange(1, 8))]
    events: list[Event] = [RunStarted("Why?"), *map(PlanDelta, words), StepStarted(1)]
    for kind in (ReasoningDelta, ThoughtDelta, CodeDelta):
        events += map(kind, words)
    events.insert(chance.randrange(len(events) - 1, len(events)), ModelWaiting("Busy.", 0, "b"))
    events.append(CodeReady("".join(words)))
    shown = 0
    for word in words * 3:
        erased = chance.randrange(shown + 1)
        shown += len(word) - erased
        events.append(OutputDelta(word, erased))
    return [*events, StepFinished(1, 1.0, Usage())]
