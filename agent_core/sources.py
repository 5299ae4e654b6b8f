"""The pages that a chat has read, under numbers by which an answer can refer to them."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any

from agent_core.net.redaction import redact
from agent_core.net.url_allowlist import url_key
from agent_core.net.urls import parse_url, shown_host

MOST = 1_000  # of a chat; what is read beyond that has no number
_LONGEST_TITLE = 200  # characters


@dataclass(frozen=True)
class Source:
    """A page that was read. `str()` is what the model is told of it.

    Attributes:
        number: Its number in the chat, from 1.
        url: Its address.
        title: Its title; "" if it has none.
    """

    number: int
    url: str
    title: str

    @property
    def site(self) -> str:
        """The host that it came from, without "www."."""
        return shown_host(self.url).removeprefix("www.")

    def __str__(self) -> str:
        return f"[{self.number}] {f'{self.title} — ' if self.title else ''}{self.site}"


class Sources:
    """The sources of one chat. A page keeps its number, however its address is written. May be used from any thread."""

    def __init__(self) -> None:
        self._known: dict[str, Source] = {}
        self._lock = Lock()

    def add(self, url: str, title: str = "") -> Source | None:
        """Return the source at an address, which gets the next number if it is new; None if there are too many.

        Args:
            url: The address of the page. Secrets in it are left out.
            title: Its title.

        Raises:
            ToolError: It is not a web address.
        """
        address = redact(str(parse_url(url).copy_with(userinfo=b"")))
        key = url_key(address) or address
        shown = redact(" ".join(title.split()))[:_LONGEST_TITLE]
        with self._lock:
            if key not in self._known and len(self._known) < MOST:
                number = max((source.number for source in self._known.values()), default=0) + 1
                self._known[key] = Source(number, address, shown)
            return self._known.get(key)

    def dump(self) -> list[dict[str, Any]]:
        """Return the sources as JSON holds them."""
        return [asdict(source) for source in self._known.values()]

    def restore(self, data: Iterable[dict[str, Any]]) -> None:
        """Take what `dump` returned."""
        sources = [Source(**fields) for fields in data]
        self._known = {url_key(source.url) or source.url: source for source in sources}
