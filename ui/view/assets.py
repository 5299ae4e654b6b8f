"""What the browser fetches for the messages of one chat, each at a secret address."""

from dataclasses import dataclass, field
from typing import Self

from agent_core.execution import Display
from ui.view.pictures import Pictures


class NumberedDisplays:
    """Displays, numbered in the order in which they are first shown. A number stays valid as long as the chat.

    Args:
        address: The address below which the browser fetches them, relative to the page.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._displays: list[Display] = []

    def find(self, number: int) -> Display | None:
        """Return the display with a number; None if there is none."""
        return self._displays[number - 1] if 0 < number <= len(self._displays) else None

    def address_of(self, display: Display) -> str:
        """Return the address of a display."""
        return f"{self._address}/{self._number_of(display)}"

    def _number_of(self, display: Display) -> int:
        for number, known in enumerate(self._displays, start=1):
            if known is display:
                return number
        self._displays.append(display)
        return len(self._displays)


@dataclass(frozen=True)
class Assets:
    """What the browser fetches for the messages of one chat.

    Attributes:
        files_at: The address of the workspace's files, relative to the page.
        tables: The tables that can be downloaded.
        frames: The displays that run in frames.
        pictures: The pictures, as files.
    """

    files_at: str
    tables: NumberedDisplays
    frames: NumberedDisplays
    pictures: Pictures = field(default_factory=Pictures)

    @classmethod
    def below(cls, key: str) -> Self:
        """Make the assets of a chat whose addresses have this secret part."""
        return cls(f"files/{key}", NumberedDisplays(f"tables/{key}"), NumberedDisplays(f"frames/{key}"))

    def close(self) -> None:
        """Remove the files of the pictures."""
        self.pictures.close()
