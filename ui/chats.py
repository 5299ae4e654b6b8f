"""The chats of all visitors: each has its own agent, variables, pictures and key, under an id nobody can guess."""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from agent_core import CodeAgent, GlassboxError, Session
from demo import demo_model
from ui.config import Config
from ui.settings.keys import ChatKeys
from ui.settings.limits import owner_limits
from ui.tool_sources.chat_tools import ChatTools
from ui.view.assets import Assets

_CHECK_SECONDS = 10.0  # from one check of the idle chats to the next
_ALL_AT_WORK = "All open chats are working on a question. Wait for one, or stop it; then ask again."

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Chat:
    """One chat.

    Attributes:
        id: Its secret id.
        visitor: Whose chat it is.
        session: The agent, its run and its events.
        added_tools: The tools that were added to it.
        files_key: The secret part of the addresses from which the browser fetches what belongs to the chat.
        assets: What it fetches there.
        keys: The keys typed in this chat, by where they may be sent; in memory only, never shown.
    """

    id: str = field(repr=False)
    visitor: str
    session: Session
    added_tools: ChatTools
    files_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    keys: ChatKeys = field(default_factory=ChatKeys, repr=False)
    assets: Assets = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.assets = Assets.below(self.files_key)


class Chats:
    """Opens, finds and closes chats, and limits what idle ones may hold. A chat with a run is never closed.

    If there are too many, chats of the visitor with the most are closed, the least recently used first, so that nobody
    loses a chat because another visitor opened many.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._chats: dict[str, Chat] = {}

    def find(self, chat_id: str | None) -> Chat | None:
        """Return the chat with this id; None if there is none, or it is closed."""
        return self._chats.get(chat_id) if isinstance(chat_id, str) else None

    def find_by_files_key(self, key: str) -> Chat | None:
        """Return the chat with this files key; None if there is none, or it is closed."""
        given = key.encode()
        chats = self._chats.values()
        return next((chat for chat in chats if secrets.compare_digest(chat.files_key.encode(), given)), None)

    async def open(self, visitor: str) -> Chat:
        """Open a new, empty chat. Raises GlassboxError if there are too many and none can be closed."""
        surplus = self._surplus(visitor)
        chat_id = secrets.token_urlsafe(24)
        agent = CodeAgent(demo_model(), limits=owner_limits(self._config))
        chat = Chat(chat_id, visitor, Session(agent), ChatTools(public=self._config.public))
        self._chats[chat_id] = chat
        if surplus:
            await self.close(surplus)
        await self.suspend_idle()
        return chat

    async def close(self, chat: Chat) -> None:
        """End a chat, its run and its sandbox."""
        self._chats.pop(chat.id, None)
        await chat.session.close()
        await chat.added_tools.close()
        chat.assets.close()

    async def look_after(self) -> None:
        """Close unused chats, and suspend idle ones, for as long as the app runs."""
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            try:
                await self.close_unused()
                await self.suspend_idle()
            except Exception:
                logger.exception("Idle chats could not be checked")

    async def close_unused(self) -> None:
        """Close chats that have been idle for too long."""
        oldest = time.monotonic() - self._config.idle_hours * 3_600
        for chat in self._idle():
            if chat.session.last_used < oldest and not chat.session.running:
                await self.close(chat)

    async def suspend_idle(self) -> None:
        """End the processes of idle chats beyond the limit."""
        awake = [chat for chat in self._idle() if chat.session.agent.is_awake]
        while len(awake) > self._config.awake_chats:
            first = _first_to_go(awake, Counter(chat.visitor for chat in awake))
            assert first is not None, "there are some"
            awake.remove(first)
            await first.session.suspend()

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
            raise GlassboxError(_ALL_AT_WORK)
        return first


def _first_to_go(chats: Collection[Chat], held: Counter[str]) -> Chat | None:
    """Return the least recently used chat of the visitor who has most; None if there is none."""
    return min(chats, key=lambda chat: (-held[chat.visitor], chat.session.last_used), default=None)
