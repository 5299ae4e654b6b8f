"""The chats of all visitors: each has its own agent, variables, pictures and key, under an id nobody can guess."""

import secrets
import time
from dataclasses import dataclass, field

from agent_core import CodeAgent, ScriptedModel, Session
from ui.config import Config
from ui.pictures import Pictures
from ui.sources import Sources


@dataclass
class Chat:
    """One chat.

    files_key: the secret part of the address under which the browser fetches the workspace's files.
    sources: of its added tools.
    keys: those typed here, by the source, provider and address they were typed for; held in memory only, never shown.
    """

    id: str
    session: Session
    sources: Sources
    pictures: Pictures = field(default_factory=Pictures)
    files_key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    keys: dict[tuple[str, str, str], str] = field(default_factory=dict, repr=False)


class Chats:
    """Opens, finds and closes chats. Those that nobody has used for long are closed when a new one opens."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._chats: dict[str, Chat] = {}

    def find(self, chat_id: str | None) -> Chat | None:
        """The chat with this id, or None if it was never there or is closed."""
        return self._chats.get(chat_id or "")

    def find_by_files_key(self, key: str) -> Chat | None:
        """The chat whose files have this address, or None if it was never there or is closed."""
        return next((chat for chat in self._chats.values() if secrets.compare_digest(chat.files_key, key)), None)

    async def open(self) -> Chat:
        """A new, empty chat."""
        await self._close_unused()
        chat_id = secrets.token_urlsafe(24)
        chat = Chat(chat_id, Session(CodeAgent(ScriptedModel())), Sources(public=self._config.public))
        self._chats[chat_id] = chat
        return chat

    async def close(self, chat: Chat) -> None:
        """End a chat, its run and its sandbox."""
        self._chats.pop(chat.id, None)
        await chat.session.close()
        await chat.sources.close()
        chat.pictures.close()

    async def _close_unused(self) -> None:
        """Close what has been idle too long and, where there are still too many, what was used longest ago."""
        idle = sorted(
            (chat for chat in self._chats.values() if not chat.session.running), key=lambda chat: chat.session.last_used
        )
        surplus = len(self._chats) - self._config.chats + 1
        for position, chat in enumerate(idle):
            if position < surplus or time.monotonic() - chat.session.last_used > self._config.idle_hours * 3_600:
                await self.close(chat)
