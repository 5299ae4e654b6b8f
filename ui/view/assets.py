"""What the browser fetches for the messages of one chat. Addresses stay the same when the app restarts."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from agent_core.events import Displayed, Event, FinalAnswer
from agent_core.execution import CSV, IMAGE_ENDINGS, Display


class NamedDisplays:
    """Displays under names that their contents give them.

    Args:
        address: The address below which the browser fetches them, relative to the page.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._displays: dict[str, Display] = {}
        self._names: dict[int, tuple[Display, str]] = {}  # by id, because messages are made many times a second

    def find(self, name: str) -> Display | None:
        """Return the display with a name; None if there is none."""
        return self._displays.get(name)

    def number_of(self, name: str) -> int:
        """Return the position of the display with this name, counted from 1, for the name of a file."""
        return list(self._displays).index(name) + 1

    def address_of(self, display: Display) -> str:
        """Return the address of a display, which can be found there from then on."""
        if id(display) not in self._names:
            content = json.dumps(display.data, sort_keys=True).encode()
            name = hashlib.sha256(content).hexdigest()[:24]
            self._names[id(display)] = display, name
            self._displays.setdefault(name, display)
        return f"{self._address}/{self._names[id(display)][1]}"


@dataclass(frozen=True)
class Assets:
    """What the browser fetches for the messages of one chat.

    Attributes:
        files_at: The address of the workspace's files, relative to the page.
        turns_at: The address of the texts of its turns.
        tables: The tables that can be downloaded.
        frames: The displays that run in frames.
        pictures: The pictures other than drawings.
    """

    files_at: str
    turns_at: str
    tables: NamedDisplays
    frames: NamedDisplays
    pictures: NamedDisplays

    @classmethod
    def of_chat(cls, chat_id: str, events: Iterable[Event] = ()) -> Self:
        """Make the assets of a chat. Those of its events so far can be found before they are shown."""
        named = [NamedDisplays(f"{kind}/{chat_id}") for kind in ("tables", "frames", "pictures")]
        assets = cls(f"files/{chat_id}", f"chats/{chat_id}/turns", *named)
        for event in events:
            match event:
                case Displayed(display) | FinalAnswer(display):
                    assets._add(display)
        return assets

    def _add(self, display: Display) -> None:
        if CSV in display.data:
            self.tables.address_of(display)
        if display.kind == "interactive":
            self.frames.address_of(display)
        if display.image_type in IMAGE_ENDINGS:
            self.pictures.address_of(display)
