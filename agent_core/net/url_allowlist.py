"""The web addresses that a chat may open unasked, because it was not the model that made them up."""

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import islice

from agent_core.errors import ToolError
from agent_core.net.urls import bare_host, parse_url

MOST = 50_000
MOST_OF_PERSON = 30  # of a text; what is pasted can hold more, made by somebody else
_LONGEST = 4_000  # characters
_MOST_VARIANTS = 20  # of one address in a text
_WRITTEN = re.compile(r"https?://[^\s<>\"'`\\^{|}]+", re.IGNORECASE)
_NAMED = re.compile(r"(?<![\w@./:-])(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:/[^\s<>\"'`\\^{|}]*)?", re.IGNORECASE)
_AROUND = ".,;:!?*_~)]}…»”’"  # what stands after an address in a text, and mostly does not belong to it


class NamedBy(IntEnum):
    """Who named an address; what weighs more comes later.

    SEARCH: or a person, among many others.
    """

    PAGE = 0
    SEARCH = 1
    PERSON = 2


class UrlAllowlist:
    """Addresses that came from the user, from search results or from opened pages; the latest MOST of them.

    An address is known in all the ways to write it that lead to the same place: with http or https, with www. or
    without, with a slash at its end or without, and whatever part of the page comes after a #.
    """

    def __init__(self) -> None:
        self._known: dict[str, NamedBy] = {}

    def __contains__(self, url: str) -> bool:
        return self.named_by(url) is not None

    def named_by(self, url: str) -> NamedBy | None:
        """The one of most weight who named it; None where nobody did."""
        return self._known.get(url_key(url))

    def add(self, urls: Iterable[str], by: NamedBy) -> None:
        for url in urls:
            if key := url_key(url):
                self._known[key] = max(by, self._known.pop(key, by))
        for key in list(self._known)[: max(len(self._known) - MOST, 0)]:
            del self._known[key]

    def add_from(self, text: str, by: NamedBy) -> None:
        """Add the addresses that are written in a text; in that of a person, those without http:// as well.

        Only the first of a text count as a person's: nobody has looked at each of a long list, and which of its
        addresses are opened says as much as with any other list.
        """
        written = [match[0] for match in _WRITTEN.finditer(text)]
        if by is NamedBy.PERSON:
            written += [f"https://{match[0]}" for match in _NAMED.finditer(text)]
        variants = (variant for url in written if len(url) <= _LONGEST for variant in _variants(url))
        first = list(islice(variants, MOST_OF_PERSON))
        self.add(variants, min(by, NamedBy.SEARCH))
        self.add(first, by)


def _variants(url: str) -> Iterator[str]:
    """The address as it stands in the text, and without what may stand around it: "[it](https://x.org/a_(b))".

    At most _MOST_VARIANTS: a page may be written so as to have many.
    """
    around = len(url) - len(url.rstrip(_AROUND))
    ends = [*range(len(url), len(url) - around - 1, -1), *(place.start() for place in re.finditer(r"[)\]]", url))]
    for end in list(dict.fromkeys(ends))[:_MOST_VARIANTS]:
        yield url[:end]


def url_key(url: str) -> str:
    """What all ways to write an address have in common; "" for what is no web address."""
    if len(url) > _LONGEST:
        return ""
    try:
        parsed = parse_url(url)
    except ToolError:
        return ""
    path = parsed.raw_path.decode("ascii").removesuffix("/")
    return "" if parsed.userinfo else f"{bare_host(parsed)}:{parsed.port or ''}{path}"
