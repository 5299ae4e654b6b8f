"""The web addresses that a chat may open without asking, because the model did not make them up."""

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import islice

from agent_core.errors import ToolError
from agent_core.net.urls import bare_host, parse_url

MOST = 50_000
MOST_KEPT = 1_000  # that outlive the program
MOST_OF_PERSON = 30  # addresses of one text; a person may have pasted more that somebody else wrote
_LONGEST = 4_000  # characters
_MOST_VARIANTS = 20  # ways to read one address in a text
_WRITTEN = re.compile(r"https?://[^\s<>\"'`\\^{|}]+", re.IGNORECASE)
_NAMED = re.compile(r"(?<![\w@./:-])(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:/[^\s<>\"'`\\^{|}]*)?", re.IGNORECASE)
_AROUND = ".,;:!?*_~)]}…»”’"  # characters after an address in a text that mostly do not belong to it


class NamedBy(IntEnum):
    """Who named an address, from the least trusted to the most.

    Attributes:
        PAGE: A page that was opened.
        SEARCH: A search, or a person who named many addresses at once.
        PERSON: A person.
    """

    PAGE = 0
    SEARCH = 1
    PERSON = 2


class UrlAllowlist:
    """The latest MOST addresses that came from the user, from search results or from opened pages.

    The way an address is written makes no difference if it leads to the same page: http or https, "www." or not, a
    slash at the end or not, and any fragment after a "#".
    """

    def __init__(self) -> None:
        self._known: dict[str, NamedBy] = {}

    def __contains__(self, url: str) -> bool:
        return self.named_by(url) is not None

    def named_by(self, url: str) -> NamedBy | None:
        """Return the most trusted one who named the address; None if nobody did."""
        return self._known.get(url_key(url))

    def add(self, urls: Iterable[str], by: NamedBy) -> None:
        """Add addresses. Texts that are not web addresses are ignored."""
        for url in urls:
            if key := url_key(url):
                self._known[key] = max(by, self._known.pop(key, by))
        for key in list(self._known)[: max(len(self._known) - MOST, 0)]:
            del self._known[key]

    def add_from(self, text: str, by: NamedBy) -> None:
        """Add the addresses in a text; if a person wrote it, also those without http://.

        Only the first MOST_OF_PERSON addresses of a text count as named by a person: nobody looks at each address of a
        long list, and which of them the agent opens could carry a secret.
        """
        written = [match[0] for match in _WRITTEN.finditer(text)]
        if by is NamedBy.PERSON:
            written += [f"https://{match[0]}" for match in _NAMED.finditer(text)]
        variants = (variant for url in written if len(url) <= _LONGEST for variant in _variants(url))
        first = list(islice(variants, MOST_OF_PERSON))
        self.add(variants, min(by, NamedBy.SEARCH))
        self.add(first, by)

    def dump(self) -> dict[str, int]:
        """Return the latest addresses, as JSON holds them."""
        return {key: int(by) for key, by in list(self._known.items())[-MOST_KEPT:]}

    def restore(self, data: dict[str, int]) -> None:
        """Take what `dump` returned."""
        self._known = {key: NamedBy(by) for key, by in data.items()}


def _variants(url: str) -> Iterator[str]:
    """Yield the address as it is in the text, and without what may surround it, as in "[it](https://x.org/a_(b))".

    Yields at most _MOST_VARIANTS, because a page may be written to have very many.
    """
    around = len(url) - len(url.rstrip(_AROUND))
    ends = [*range(len(url), len(url) - around - 1, -1), *(place.start() for place in re.finditer(r"[)\]]", url))]
    for end in list(dict.fromkeys(ends))[:_MOST_VARIANTS]:
        yield url[:end]


def url_key(url: str) -> str:
    """Return what all ways to write an address have in common; "" if this is not a web address."""
    if len(url) > _LONGEST:
        return ""
    try:
        parsed = parse_url(url)
    except ToolError:
        return ""
    path = parsed.raw_path.decode("ascii").removesuffix("/")
    return "" if parsed.userinfo else f"{bare_host(parsed)}:{parsed.port or ''}{path}"
