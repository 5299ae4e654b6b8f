"""One chat as rows: what a write changes, and what a read brings back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class TurnRow:
    """A turn.

    Attributes:
        id: Its number in the chat.
        parent: The turn before it; 0 for none.
        data: What memory holds of it, without its steps; None until the model is told of it.
        words: What a search finds it by.
    """

    id: int
    parent: int
    data: Json | None = None
    words: str = ""


@dataclass(frozen=True)
class Changes:
    """What a write changes in a chat. What it names is replaced; the rest stays.

    Attributes:
        turns: Turns that are new or have changed.
        steps: Steps that are new or have changed, by turn and position.
        step_counts: How many steps a turn has; those beyond are removed.
        events: For a turn: the position of the first event in this write, and the events.
        leaf: The last turn of what is shown.
        state: What else belongs to the chat; see ChatState.
        used: When the chat was last used, in seconds since 1970; None if this is no use of it.
        size: Bytes of its files; None if not measured.
    """

    turns: Sequence[TurnRow] = ()
    steps: Mapping[tuple[int, int], Json] = field(default_factory=dict)
    step_counts: Mapping[int, int] = field(default_factory=dict)
    events: Mapping[int, tuple[int, list[Json]]] = field(default_factory=dict)
    leaf: int | None = None
    state: Json | None = None
    used: float | None = None
    size: int | None = None


@dataclass(frozen=True)
class ChatRows:
    """A chat, along one way from its first turn to a leaf.

    Attributes:
        way: The turns of the way, in their order.
        steps: The steps of each, in their order.
        events: The events of each, in their order.
        state: What else belongs to the chat.
        parents: Of all turns of the chat, also those beside the way, each with the turn before it; 0 for none.
    """

    way: list[TurnRow]
    steps: dict[int, list[Json]]
    events: dict[int, list[Json]]
    state: Json
    parents: dict[int, int]
