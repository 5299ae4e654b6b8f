"""Counts the requests that a chat sends to the web without asking.

A request can carry a secret even if its address is harmless: a page can list one address per letter, and have the
agent spell a secret by opening them one after the other.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from agent_core.net.url_allowlist import NamedBy, url_key

SITE_IN_STEP, ALL_IN_STEP = 5, 12  # openings of addresses that only pages named
SITE_IN_CHAT, ALL_IN_CHAT = 20, 60  # of those that no person named
SEARCHES_IN_STEP = 10

Period = Literal["step", "chat"]


@dataclass(frozen=True)
class Excess:
    """A limit that is reached, so that a person has to be asked.

    Attributes:
        period: What the limit is for: one step or the whole chat.
        site: The site whose pages were opened; "" if the limit is for all sites together.
        count: The limit: how many pages may be opened without asking.
    """

    period: Period
    site: str
    count: int


@dataclass(frozen=True)
class Opening:
    """A page that is about to be opened.

    Attributes:
        exceeded: The limits that it exceeds. Open the page only if a person allows each of them.
        counted: The counters that count it, each with the key that it is counted under.
    """

    exceeded: list[Excess]
    counted: list[tuple[Counter[str], str]]

    def not_made(self) -> None:
        """Take the opening back from the counters, because it was not allowed and nothing was sent."""
        for counter, of in self.counted:
            counter[of] -= 1


class EgressBudget:
    """The counts of one chat. Agents that its code calls as tools add to them.

    A page that comes from a cache sends nothing and is not counted. Nor is what a person has allowed.
    """

    def __init__(self) -> None:
        self._in_chat: Counter[str] = Counter()
        self._opened: set[str] = set()
        self.begin_step()

    def begin_step(self) -> None:
        """Reset the counts of the step, and forget what a person decided for the last step."""
        self._in_step: Counter[str] = Counter()
        self._searches = 0
        self._allowed: set[str] = set()
        self._refused: set[str] = set()
        self._asking = asyncio.Lock()

    def open(self, url: str, name: str, site: str, by: NamedBy) -> Opening:
        """Count that a page is about to be opened. Call `not_made` on the result if it is not opened after all.

        The first opening of an address that a person named gives nothing away. Each further opening counts like that
        of an address that only a page named: when and how often to open it is a choice that can carry a secret.

        Args:
            url: The page's address.
            name: The page's host, under which a person may have allowed more of its pages.
            site: The site that the host belongs to.
            by: Who named the address.

        Returns:
            The opening, with the limits that it exceeds.
        """
        opening = Opening([], [])
        if name in self._allowed:
            return opening
        key = url_key(url)
        by = NamedBy.PAGE if key in self._opened else by
        self._opened.add(key)
        if by is NamedBy.PAGE:
            _count(opening, self._in_step, "step", {site: SITE_IN_STEP, "": ALL_IN_STEP})
        if by is not NamedBy.PERSON:
            _count(opening, self._in_chat, "chat", {site: SITE_IN_CHAT, "": ALL_IN_CHAT})
        return opening

    def search(self) -> bool:
        """Count that a search is about to be made. Return whether this step has made too many already."""
        if self._searches >= SEARCHES_IN_STEP:
            return True
        self._searches += 1
        return False

    async def is_allowed(self, name: str, site: str, ask: Callable[[], Awaitable[bool]]) -> bool:
        """Ask a person to allow more in this step: about one name at a time, and not again after a no.

        Args:
            name: What a yes allows, such as a host.
            site: What a no refuses. Another name of the same site would only repeat the question.
            ask: Asks the person.

        Returns:
            Whether the person allows it.
        """
        async with self._asking:
            if name not in self._allowed and site not in self._refused:
                if await ask():
                    self._allowed.add(name)
                else:
                    self._refused.add(site)
            return name in self._allowed

    def dump(self) -> dict[str, Any]:
        """Return the counts of the chat, as JSON holds them."""
        return {"in_chat": dict(self._in_chat), "opened": sorted(self._opened)}

    def restore(self, data: dict[str, Any]) -> None:
        """Take what `dump` returned."""
        self._in_chat, self._opened = Counter(data.get("in_chat", {})), set(data.get("opened", []))


def _count(opening: Opening, counter: Counter[str], period: Period, limits: dict[str, int]) -> None:
    """Count one more for each key of `limits`. Note a key that is at its limit as exceeded instead."""
    for of, most in limits.items():
        if counter[of] >= most:
            opening.exceeded.append(Excess(period, of, most))
        else:
            counter[of] += 1
            opening.counted.append((counter, of))
