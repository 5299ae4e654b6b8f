"""The store: lists, finds, names, deletes, writes and reads chats."""

import asyncio
import os
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, case, delete, func, or_, select, update

from agent_core.errors import StoreError
from agent_core.record import RECORD_VERSION
from agent_core.store.chat_rows import read_rows, write_rows
from agent_core.store.contents import Contents
from agent_core.store.database import Database
from agent_core.store.rows import Changes, ChatRows
from agent_core.store.tables import chats, turns
from agent_core.text import whole_characters

UNDO_SECONDS = 10.0  # in which a deleted chat can be restored
TITLE_CHARACTERS = 80
_LISTED = (chats.c.id, chats.c.title, chats.c.pinned, chats.c.created, chats.c.used, chats.c.size)  # as in ChatInfo
_BEFORE, _PLACE = 30, 90  # characters before what a search found, and of the piece that is shown


@dataclass(frozen=True)
class ChatInfo:
    """What a list of chats says of one.

    Attributes:
        id: The chat's id.
        title: Its title.
        pinned: Whether its owner wants it at the top.
        created: When it began, in seconds since 1970.
        used: When it was last used.
        size: Bytes of its files.
        found: Where a search found it: a piece of its text; "" without a search, or if the title has the words.
    """

    id: str
    title: str
    pinned: bool
    created: float
    used: float
    size: int = 0
    found: str = ""


class Store:
    """Chats in a database, and beside it a folder for each with its workspace and what is large.

    Every chat has an owner, a text of the program's choice. Nothing is found, changed or deleted without naming the
    owner.

    Args:
        database: The database.
        folder: The folder of the chats' folders.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    @classmethod
    async def open(cls, folder: Path, url: str = "") -> Self:
        """Open a store; create it, or bring it to this version, if need be.

        Args:
            folder: Where the chats' files are, made if it does not exist.
            url: The address of a database: "postgresql://user:password@host/name", or "sqlite:///path". By default, a
                SQLite file in the folder.

        Raises:
            StoreError: The database or the folder cannot be used.
        """
        store = cls(Database(url or f"sqlite:///{folder / 'chats.db'}"), folder)
        await asyncio.to_thread(store._prepare)
        await store.purge()
        return store

    async def close(self) -> None:
        """Close the connections."""
        await self._database.close()

    async def check(self) -> None:
        """Read a little. Raises StoreError if the store cannot be read."""
        await self._database.run(lambda connection: connection.execute(select(chats.c.id).limit(1)).first())

    @property
    def failures(self) -> int:
        """How often the store failed since it was opened."""
        return self._database.failures

    # Lists

    async def list_chats(self, owner: str, *, search: str = "", limit: int = 1_000) -> list[ChatInfo]:
        """Return an owner's chats: pinned ones first, then those used last.

        Args:
            owner: Whose chats.
            search: Words that must all occur in a chat's title, questions, code or answers, in any case; "" for all.
            limit: The most chats to return.
        """
        words = search.casefold().split()

        def work(connection: Connection) -> list[ChatInfo]:
            query = select(*_LISTED).where(_of(owner)).order_by(chats.c.pinned.desc(), chats.c.used.desc()).limit(limit)
            if not words:
                return [ChatInfo(*row) for row in connection.execute(query)]
            rows = connection.execute(query.where(*(_mentions(word) for word in words))).all()
            found = _places(connection, [row.id for row in rows], words)
            return [ChatInfo(*row, found=found.get(row.id, "")) for row in rows]

        return await self._database.run(work)

    async def find_chat(self, chat_id: str, owner: str) -> ChatInfo | None:
        """Return a chat of this owner; None if there is none, or it is deleted."""

        def work(connection: Connection) -> ChatInfo | None:
            row = connection.execute(select(*_LISTED).where(chats.c.id == chat_id, _of(owner))).first()
            return ChatInfo(*row) if row else None

        return await self._database.run(work)

    async def size_of(self, owner: str) -> int:
        """Return the bytes of all files of an owner's chats."""
        query = select(func.coalesce(func.sum(chats.c.size), 0)).where(_of(owner))
        return await self._database.run(lambda connection: int(connection.execute(query).scalar_one()))

    # What an owner does with a chat. Each returns whether there was such a chat.

    async def create_chat(self, owner: str, title: str) -> str:
        """Add an empty chat. Returns its id, which nobody can guess.

        Args:
            owner: Whose chat it is.
            title: Its first question, which gives it its title.
        """
        chat_id, now = secrets.token_urlsafe(18), time.time()
        row: dict[str, Any] = {"id": chat_id, "owner": owner, **_titles(title)}
        row |= {"pinned": False, "created": now, "used": now, "version": RECORD_VERSION}
        row |= {"leaf": 0, "state": "{}", "size": 0}
        await self._database.run(lambda connection: connection.execute(chats.insert().values(row)))
        return chat_id

    async def rename(self, chat_id: str, owner: str, title: str) -> bool:
        """Give a chat another title."""
        values = _titles(title)
        return bool(values["title"]) and await self._change(chat_id, _of(owner), **values)

    async def pin(self, chat_id: str, owner: str, pinned: bool) -> bool:
        """Keep a chat at the top of the list, or no longer."""
        return await self._change(chat_id, _of(owner), pinned=pinned)

    async def delete(self, chat_id: str, owner: str) -> bool:
        """Delete a chat. Until it is purged it can be restored."""
        return await self._change(chat_id, _of(owner), deleted=time.time())

    async def restore(self, chat_id: str, owner: str) -> bool:
        """Take a deletion back."""
        return await self._change(chat_id, chats.c.owner == owner, chats.c.deleted.is_not(None), deleted=None)

    async def delete_all(self, owner: str) -> int:
        """Delete all chats of an owner for good, with their files. Returns how many there were."""
        return await self._delete_for_good(chats.c.owner == owner)

    async def purge(self, older_than: float = UNDO_SECONDS) -> int:
        """Delete for good what was deleted before; see `delete`.

        Args:
            older_than: Seconds since the deletion.
        """
        return await self._delete_for_good(chats.c.deleted < time.time() - older_than)

    async def move_all(self, owner: str, new_owner: str) -> int:
        """Give all chats of an owner to another, as when a person signs in. Returns how many."""
        statement = update(chats).where(chats.c.owner == owner).values(owner=new_owner)
        return await self._database.run(lambda connection: connection.execute(statement).rowcount)

    # The chat itself

    def folder_of(self, chat_id: str) -> Path:
        """Return the folder of a chat's files: its workspace, the versions of it, and large contents."""
        if not chat_id or not chat_id.replace("-", "").replace("_", "").isalnum():
            raise StoreError("There is no such chat.")
        return self._folder / "chats" / chat_id

    async def measure(self, chat_id: str) -> int:
        """Return the bytes of a chat's files."""
        return await asyncio.to_thread(_size, self.folder_of(chat_id))

    def contents_of(self, chat_id: str) -> Contents:
        """Return the large contents of a chat."""
        return Contents(self.folder_of(chat_id) / "contents")

    async def write(self, chat_id: str, changes: Changes) -> None:
        """Write what changed in a chat, all of it or nothing. Raises StoreError."""
        contents = self.contents_of(chat_id)
        await self._database.run(lambda connection: write_rows(connection, chat_id, changes, contents))

    async def read(self, chat_id: str, leaf: int = 0) -> ChatRows | None:
        """Read a chat; None if there is none. Whoever shows it has asked `find_chat` for its owner.

        Args:
            chat_id: The chat.
            leaf: The turn that the way to read goes through, to its newest end; 0 for the chat's own leaf.

        Raises:
            StoreError: It cannot be read.
            GlassboxError: A newer Glassbox wrote it.
        """
        contents = self.contents_of(chat_id)
        return await self._database.run(lambda connection: read_rows(connection, chat_id, leaf, contents))

    def _prepare(self) -> None:
        """Make the folder and the tables. Raises StoreError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreError(f"The folder for chats cannot be made: {error.strerror}.") from None
        self._database.migrate()

    async def _change(self, chat_id: str, *conditions: ColumnElement[bool], **values: Any) -> bool:
        statement = update(chats).where(chats.c.id == chat_id, *conditions).values(values)
        return await self._database.run(lambda connection: connection.execute(statement).rowcount) > 0

    async def _delete_for_good(self, condition: ColumnElement[bool]) -> int:
        def work(connection: Connection) -> list[str]:
            found = list(connection.execute(select(chats.c.id).where(condition)).scalars())
            for chat_id in found:  # the files first: rows without files can be deleted again
                shutil.rmtree(self.folder_of(chat_id), ignore_errors=True)
            connection.execute(delete(chats).where(condition))
            return found

        return len(await self._database.run(work))


def _titles(title: str) -> dict[str, str]:
    """Return the columns of a title, of one line that fits a list."""
    line = " ".join(whole_characters(title).replace("\0", "").split())
    line = line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…"
    return {"title": line, "folded_title": line.casefold()}


def _size(folder: Path) -> int:
    """Return the bytes that all files below a folder take up, without following links."""
    size = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it is gone by now
                size += (Path(path) / name).lstat().st_blocks * 512
    return size


def _of(owner: str) -> ColumnElement[bool]:
    return (chats.c.owner == owner) & chats.c.deleted.is_(None)


def _mentions(word: str) -> ColumnElement[bool]:
    in_turn = select(turns.c.id).where(turns.c.chat == chats.c.id, turns.c.words.contains(word, autoescape=True))
    return or_(chats.c.folded_title.contains(word, autoescape=True), in_turn.exists())


def _places(connection: Connection, ids: list[str], words: list[str]) -> dict[str, str]:
    """Return for each chat a piece of text around the first word in the first of its turns that has one.

    The database cuts the pieces out: whole turns of a thousand chats would take seconds to come over.
    """
    position = func.instr if connection.dialect.name == "sqlite" else func.strpos
    at = case(*((place > 0, place) for place in (position(turns.c.words, word) for word in words)), else_=0)
    piece = func.substr(turns.c.words, case((at > _BEFORE, at - _BEFORE), else_=1), _PLACE)
    first = select(turns.c.chat, func.min(turns.c.id).label("turn"))
    first = first.where(turns.c.chat.in_(ids), at > 0).group_by(turns.c.chat).subquery()
    query = select(turns.c.chat, piece).join(first, (turns.c.chat == first.c.chat) & (turns.c.id == first.c.turn))
    return {chat_id: " ".join(text.split()) for chat_id, text in connection.execute(query)}
