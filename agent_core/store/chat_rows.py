"""Writes and reads the rows of one chat."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from agent_core.errors import GlassboxError
from agent_core.record import RECORD_VERSION
from agent_core.store.contents import Contents
from agent_core.store.rows import Changes, ChatRows, Json, TurnRow
from agent_core.store.tables import chats, events, steps, turns

_NEWER = "This chat was written by a newer Glassbox, and this one cannot read it. Update Glassbox to open it."


def write_rows(connection: Connection, chat_id: str, changes: Changes, contents: Contents) -> None:
    """Write changes. Raises SQLAlchemyError, OSError."""

    def packed(data: Json | None) -> str:
        return "" if data is None else json.dumps(contents.move_out(data))

    values = {"leaf": changes.leaf, "used": changes.used, "size": changes.size, "state": None}
    values["state"] = json.dumps(changes.state) if changes.state is not None else None
    if given := {name: value for name, value in values.items() if value is not None}:
        connection.execute(update(chats).where(chats.c.id == chat_id).values(given))
    for turn in changes.turns:
        key = (turns.c.chat == chat_id) & (turns.c.id == turn.id)
        connection.execute(delete(turns).where(key))
        row = {"chat": chat_id, "id": turn.id, "parent": turn.parent, "data": packed(turn.data)}
        connection.execute(insert(turns).values(**row, words=_storable(turn.words)))
    for turn_id, count in changes.step_counts.items():
        connection.execute(_after(steps, chat_id, turn_id, count))
    for (turn_id, position), data in changes.steps.items():
        key = (steps.c.chat == chat_id) & (steps.c.turn == turn_id) & (steps.c.position == position)
        connection.execute(delete(steps).where(key))
        row = {"chat": chat_id, "turn": turn_id, "position": position, "data": packed(data)}
        connection.execute(insert(steps).values(**row))
    for turn_id, (first, news) in changes.events.items():
        connection.execute(_after(events, chat_id, turn_id, first))
        rows = [
            {"chat": chat_id, "turn": turn_id, "position": first + number, "data": packed(data)}
            for number, data in enumerate(news)
        ]
        if rows:
            connection.execute(insert(events), rows)


def read_rows(connection: Connection, chat_id: str, through: int, contents: Contents) -> ChatRows | None:
    """Read a chat along one way; see `Store.read`. Raises SQLAlchemyError, OSError, GlassboxError."""

    def unpacked(text: str) -> Json:
        return contents.move_in(json.loads(text))

    chat = connection.execute(select(chats).where(chats.c.id == chat_id)).first()
    if chat is None:
        return None
    if chat.version > RECORD_VERSION:
        raise GlassboxError(_NEWER)
    rows = {row.id: row for row in connection.execute(select(turns).where(turns.c.chat == chat_id))}
    parents = {number: row.parent for number, row in rows.items()}
    ids = _way(parents, _newest_below(parents, through) if through else chat.leaf)
    return ChatRows(
        way=[
            TurnRow(key, parents[key], unpacked(rows[key].data) if rows[key].data else None, rows[key].words)
            for key in ids
        ],
        steps=_parts(connection, steps, chat_id, ids, unpacked),
        events=_parts(connection, events, chat_id, ids, unpacked),
        state=json.loads(chat.state),
        parents=parents,
    )


def _after(table: Table, chat_id: str, turn_id: int, position: int) -> Any:
    return delete(table).where(table.c.chat == chat_id, table.c.turn == turn_id, table.c.position >= position)


def _parts(
    connection: Connection, table: Table, chat_id: str, turn_ids: list[int], unpacked: Callable[[str], Json]
) -> dict[int, list[Json]]:
    query = select(table.c.turn, table.c.data).where(table.c.chat == chat_id, table.c.turn.in_(turn_ids))
    parts: dict[int, list[Json]] = defaultdict(list)
    for turn_id, data in connection.execute(query.order_by(table.c.turn, table.c.position)):
        parts[turn_id].append(unpacked(data))
    return parts


def _way(parents: Mapping[int, int], leaf: int) -> list[int]:
    way: list[int] = []
    while leaf in parents:
        way.append(leaf)
        leaf = parents[leaf]
    return way[::-1]


def _newest_below(parents: Mapping[int, int], turn: int) -> int:
    """Return the newest turn that this one leads to; itself if none came after it."""
    below = {turn}
    for number in sorted(parents):  # a turn has a higher number than its parent
        if parents[number] in below:
            below.add(number)
    return max(below)


def _storable(text: str) -> str:
    """Return a text without what databases refuse: NUL, and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
