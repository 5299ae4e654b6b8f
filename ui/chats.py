"""The chats of all persons: those that are open in memory, each with its own agent, and all others in the store."""

import asyncio
import logging
import re
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Literal
from weakref import WeakValueDictionary

from agent_core import Agent, CodeAgent, GlassboxError, Session, Store, StoreError
from demo import demo_model
from ui.code_running import engine_of
from ui.config import Config
from ui.fair_queue import FairQueue
from ui.memory import give_back
from ui.owners import Person
from ui.seeing.seeing import Seeing
from ui.settings.keys import ChatKeys
from ui.settings.limits import owner_limits, owner_retry
from ui.settings.own_agent import OwnAgent
from ui.texts import words
from ui.tool_sources.chat_tools import ChatTools
from ui.view.assets import Assets

_CHECK_SECONDS = 10.0  # from one check of the idle chats to the next
_WIND_SECONDS = 0.1  # from one look at the runs to the next, when the app ends
_KEEP_SECONDS = 5.0  # for a chat that is closed to write its variables
_KEEP_ALL_SECONDS = 1.0  # for all together when the app ends
_KEPT_AT_ONCE = 2
_PATIENCE_SECONDS = 0.5  # of who opens a chat with the end of another one
_ID = re.compile(r"[\w-]{10,100}", re.ASCII)

logger = logging.getLogger(__name__)

State = Literal["running", "waiting"]


@dataclass(eq=False)
class Chat:
    """One chat that is open.

    Attributes:
        owner: Whose chat it is.
        visitor: Who has it open, for limits.
        session: The agent, its run and its events.
        added_tools: The tools that were added to it.
        keys: The keys typed in this chat, by where they may be sent; in memory only, never shown.
        assets: What the browser fetches for its messages.
        kept_awake: When it was last used before it could not sleep without a loss; None if it was not tried.
    """

    owner: str
    visitor: str
    session: Session
    added_tools: ChatTools
    keys: ChatKeys = field(default_factory=ChatKeys, repr=False)
    assets: Assets = field(init=False, repr=False)
    kept_awake: float | None = None
    _opened: str = field(default_factory=lambda: secrets.token_hex(4), repr=False)

    def __post_init__(self) -> None:
        self.assets = Assets.of_chat(self.id, self.session.log)

    @property
    def id(self) -> str:
        """Its id in the store."""
        return self.session.chat_id

    def version(self, events: int | None = None) -> str:
        """Return a text that changes with what there is to show.

        Args:
            events: How many events are shown; all of them by default.
        """
        return f"{self._opened}-{len(self.session.log) if events is None else events}"


class Chats:
    """Opens, finds and closes chats, and limits what idle ones may hold. A chat with a run is not closed for others.

    A closed chat is in the store, with what of its variables can be kept, and is opened again when somebody asks for
    it. If too many are open, chats of the visitor with the most are closed, the least recently used first, so that
    nobody is disturbed because another visitor opens many.

    Every chat has an owner. Whoever asks for one as somebody else is told the same as of a chat that does not exist.

    Args:
        config: The limits.
        store: Where the chats are kept.
        seeing: Notices what goes on in them.
        own: The agent that the page was opened around; None for one that each person puts together.

    Attributes:
        runs: The queue of their runs.
    """

    def __init__(self, config: Config, store: Store, seeing: Seeing | None = None, own: OwnAgent | None = None) -> None:
        self.seeing = seeing or Seeing()
        self.runs = FairQueue(config.runs_per_visitor, config.runs, own_taken="chats.running")
        self._config = config
        self._store = store
        self._own = own
        self._chats: dict[str, Chat] = {}
        # Held while a chat is opened or closed, so that it is never open twice, or read before it is written.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._suspending = asyncio.Lock()
        self._keeping = asyncio.Semaphore(_KEPT_AT_ONCE)
        self._closed = False  # whether any chat was since the last check
        self._tasks: set[asyncio.Task[None]] = set()

    def find_open(self, chat_id: object, owner: str) -> Chat | None:
        """Return the owner's chat with this id if it is open."""
        chat = self._chats.get(chat_id) if isinstance(chat_id, str) else None
        return chat if chat and owner and chat.owner == owner else None

    def keys_of(self, chat_id: object, owner: str) -> ChatKeys:
        """Return the keys that were typed in the owner's chat; none if it is not open."""
        chat = self.find_open(chat_id, owner)
        return chat.keys if chat else ChatKeys()

    async def find(self, chat_id: object, person: Person) -> Chat | None:
        """Return the person's chat with this id, from the store if it is not open; None if they have none.

        Raises:
            StoreError: The store cannot be read.
            GlassboxError: The chat cannot be read, or too many are open and none can be closed.
        """
        if chat := self.find_open(chat_id, person.owner):
            chat.session.last_used = time.monotonic()  # so that it is not closed meanwhile
            return chat
        if not (isinstance(chat_id, str) and _ID.fullmatch(chat_id) and person.owner):
            return None
        async with self._lock(chat_id):
            if chat := self.find_open(chat_id, person.owner):
                return chat
            if await self._store.find_chat(chat_id, person.owner) is None:
                return None
            surplus = self._surplus(person.visitor)
            load = Session.load(self._store, chat_id, self._agent(), unviewed_seconds=self._unviewed_seconds)
            chat = await self._add(await load, person)
        await self._make_room(surplus)
        return chat

    async def open(self, person: Person, title: str) -> Chat:
        """Open a new chat.

        Args:
            person: Whose.
            title: Its first question.

        Raises:
            StoreError: The store cannot be written.
            GlassboxError: Their chats take up too much, or too many are open and none can be closed.
        """
        surplus = self._surplus(person.visitor)
        create = Session.create(
            self._store, self._agent(), person.owner, title=title, unviewed_seconds=self._unviewed_seconds
        )
        chat = await self._add(await create, person)
        await self._make_room(surplus)
        return chat

    async def check_size(self, owner: str) -> None:
        """Raise GlassboxError if the chats of an owner take up so much that nothing may be added."""
        try:
            size = await self._store.size_of(owner)
        except StoreError:
            return  # what the person does is not kept at the moment anyway, as the page says
        if size > (most := self._config.data_mb_per_person) * 2**20:
            raise GlassboxError(words("chats.too_much", most=most))

    async def close(self, chat: Chat, *, keep_seconds: float = _KEEP_SECONDS) -> None:
        """Close a chat: its run and its sandbox end, and it is written to the store.

        Args:
            chat: The chat.
            keep_seconds: The time to write its variables in.
        """
        end = time.monotonic() + keep_seconds
        async with self._lock(chat.id):
            if self._chats.get(chat.id) is not chat:
                return  # it has been closed meanwhile, and may have been opened again
            del self._chats[chat.id]
            self._closed = True
            try:
                async with self._keeping:
                    await chat.session.suspend(seconds=max(end - time.monotonic(), 0))
            finally:
                await chat.session.close(suspend_seconds=max(end - time.monotonic(), 0))  # after a run it interrupts
                await chat.added_tools.close()

    async def wind_down(self, seconds: float) -> None:
        """Let nothing begin any more, close idle chats, and wait for the steps in progress to end.

        Args:
            seconds: For how long to wait. Runs that wait for others, or for a person, end at once.
        """
        for chat in self._chats.values():  # first, so that those in the queue hear it before the queue is closed
            chat.session.wind_down()
        self.runs.close()
        keep = min(seconds, _KEEP_SECONDS)
        idle = self._idle() if keep >= _KEEP_ALL_SECONDS else []  # else `close_all` gives them more time
        closing = [asyncio.create_task(self.close(chat, keep_seconds=keep)) for chat in idle]
        end = time.monotonic() + seconds
        while time.monotonic() < end and (running := [chat for chat in self._chats.values() if chat.session.running]):
            for chat in running:
                chat.session.wind_down()
            await asyncio.sleep(_WIND_SECONDS)
        _log_failures(await asyncio.gather(*closing, return_exceptions=True))

    async def close_all(self) -> None:
        """Close all chats, as when the app ends. Runs end as interrupted, and can be continued.

        Of the variables, those are kept that can be within a second, of the chats first that were used last.
        """
        latest_first = sorted(self._chats.values(), key=lambda chat: -chat.session.last_used)
        closing = (self.close(chat, keep_seconds=_KEEP_ALL_SECONDS) for chat in latest_first)
        _log_failures(await asyncio.gather(*closing, *self._tasks, return_exceptions=True))

    async def delete(self, chat_id: str, owner: str) -> bool:
        """Delete a chat; see `Store.delete`. Returns whether the owner had it."""
        deleted = await self._store.delete(chat_id, owner)
        if deleted and (chat := self._chats.get(chat_id)):
            await self.close(chat, keep_seconds=0)
        return deleted

    async def delete_all(self, owner: str) -> int:
        """Delete all chats of an owner for good. Returns how many there were."""
        for chat in [chat for chat in self._chats.values() if chat.owner == owner]:
            await self.close(chat, keep_seconds=0)
        return await self._store.delete_all(owner)

    async def move_all(self, owner: str, new_owner: str) -> None:
        """Give all chats of an owner to another, as when a person signs in."""
        for chat in self._chats.values():
            if chat.owner == owner:
                chat.owner = new_owner
        try:
            await self._store.move_all(owner, new_owner)
        except StoreError:
            logger.warning("Chats could not be moved to an account; the next visit tries again")

    def states(self, owner: str) -> dict[str, State]:
        """Return what the chats of an owner do, by their ids; idle ones are left out."""
        running = [chat for chat in self._chats.values() if chat.owner == owner and chat.session.running]
        return {chat.id: "waiting" if chat.session.waits else "running" for chat in running}

    @property
    def count(self) -> int:
        """How many chats are open."""
        return len(self._chats)

    @property
    def awake_count(self) -> int:
        """How many of them have processes."""
        return sum(chat.session.agent.is_awake for chat in self._chats.values())

    async def look_after(self) -> None:
        """Let idle chats sleep, close unused ones, and remove deleted ones, for as long as the app runs."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            try:
                await self.close_unused()
                await self.suspend_idle()
                await self.sleep_idle()
                if self._closed:
                    self._closed = False
                    await asyncio.to_thread(give_back)
                await self._store.purge()
            except StoreError:
                pass  # it has been logged, and the next check tries again
            except Exception:
                logger.exception("Idle chats could not be checked")

    async def close_unused(self) -> None:
        """Close chats that have been idle for too long."""
        oldest = time.monotonic() - self._config.idle_hours * 3_600

        async def close(chat: Chat) -> None:
            if chat.session.last_used < oldest and not chat.session.running and chat.session.is_saved:
                await self.close(chat)

        await _in_turns(self._idle(), close)

    async def suspend_idle(self) -> None:
        """End the processes of idle chats beyond the limit. Variables that cannot be kept are lost."""
        async with self._suspending:
            awake = self._awake()
            while len(awake) > self._config.awake_chats:
                first = _first_to_go(awake, Counter(chat.visitor for chat in awake))
                assert first is not None, "there are some"
                awake.remove(first)
                await first.session.suspend()

    async def sleep_idle(self) -> None:
        """End the processes of chats that have been idle for a while, if all their variables can be kept."""
        oldest = time.monotonic() - self._config.sleep_minutes * 60

        async def sleep(chat: Chat) -> None:
            used = chat.session.last_used
            if used < oldest and used != chat.kept_awake:
                await chat.session.suspend(only_whole=True)
                chat.kept_awake = used

        await _in_turns(self._awake(), sleep)

    @property
    def _unviewed_seconds(self) -> float:
        return self._config.unviewed_minutes * 60

    def _agent(self) -> Agent:
        """Return an agent for a chat that is opened, before its first question says which one answers."""
        config = self._config
        if self._own:
            return self._own.new(engine_of(config))
        return CodeAgent(demo_model(), limits=owner_limits(config), retry=owner_retry(config), engine=engine_of(config))

    async def _add(self, session: Session, person: Person) -> Chat:
        tools = ChatTools(public=self._config.public)
        chat = await asyncio.to_thread(Chat, person.owner, person.visitor, session, tools)
        self._chats[chat.id] = chat
        self.seeing.watch(session)
        return chat

    async def _make_room(self, surplus: Chat | None) -> None:
        async def make() -> None:
            if surplus and not surplus.session.running and surplus.session.is_saved:
                await self.close(surplus)
            await self.suspend_idle()

        task = asyncio.create_task(make())
        self._tasks.add(task)
        task.add_done_callback(self._made_room)
        await asyncio.wait([task], timeout=_PATIENCE_SECONDS)

    def _made_room(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("A chat could not be closed for another one", exc_info=error)

    def _lock(self, chat_id: str) -> asyncio.Lock:
        return self._locks.setdefault(chat_id, asyncio.Lock())

    def _awake(self) -> list[Chat]:
        return [chat for chat in self._idle() if chat.session.agent.is_awake]

    def _idle(self) -> list[Chat]:
        return [chat for chat in self._chats.values() if not chat.session.running]

    def _surplus(self, visitor: str) -> Chat | None:
        """Return the chat to close so that this visitor can open another; None if there is room.

        Raises GlassboxError if every candidate has a run.
        """
        held = Counter(chat.visitor for chat in self._chats.values())
        if held[visitor] >= self._config.chats_per_visitor:
            first = _first_to_go([chat for chat in self._idle() if chat.visitor == visitor], held)
        elif len(self._chats) >= self._config.chats:
            first = _first_to_go(self._idle(), held + Counter([visitor]))
        else:
            return None
        if first is None:
            raise GlassboxError(words("chats.all_at_work"))
        return first


async def _in_turns(chats: Collection[Chat], act: Callable[[Chat], Awaitable[None]]) -> None:
    """Do something with each chat, with a few at a time. Raises the first error, once all are done."""
    turns = asyncio.Semaphore(_KEPT_AT_ONCE)

    async def take_turn(chat: Chat) -> None:
        async with turns:
            await act(chat)

    results = await asyncio.gather(*map(take_turn, chats), return_exceptions=True)
    for error in results:
        if error:
            raise error


def _log_failures(results: Collection[object]) -> None:
    """Log why chats could not be closed; the others are."""
    for failure in results:
        if isinstance(failure, Exception):
            logger.error("A chat could not be closed", exc_info=failure)


def _first_to_go(chats: Collection[Chat], held: Counter[str]) -> Chat | None:
    """Return the least recently used chat of the visitor who has most; None if there is none."""
    return min(chats, key=lambda chat: (-held[chat.visitor], chat.session.last_used), default=None)
