"""What a chat sends to the web unasked, counted: which of many addresses is opened, and how often, says something.

A page can list an address for each next letter, and have the chat's secrets spelled in openings of them.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from agent_core.net.url_allowlist import NamedBy, url_key

SITE_IN_STEP, ALL_IN_STEP = 5, 12  # openings of addresses that only pages named
SITE_IN_CHAT, ALL_IN_CHAT = 20, 60  # of those that no person named
SEARCHES_IN_STEP = 10

Period = Literal["step", "chat"]


@dataclass(frozen=True)
class Excess:
    """Something that was done as often as it may be unasked. site: whose pages were opened; "" for those of all."""

    period: Period
    site: str
    count: int


@dataclass(frozen=True)
class Opening:
    """A page that is about to be opened. exceeded: what it exceeds; all must be allowed. counted: where it counts."""

    exceeded: list[Excess]
    counted: list[tuple[Counter[str], str]]

    def not_made(self) -> None:
        """It was not allowed, so that nothing was sent."""
        for counter, of in self.counted:
            counter[of] -= 1


class EgressBudget:
    """The counts of one chat, which the agents that its code calls as tools add to.

    What is in a kept copy sends nothing and is not counted, nor is what a person has allowed.
    """

    def __init__(self) -> None:
        self._in_chat: Counter[str] = Counter()
        self._opened: set[str] = set()
        self.begin_step()

    def begin_step(self) -> None:
        """Count anew what is counted for each step, and forget what a person has decided for the last one."""
        self._in_step: Counter[str] = Counter()
        self._searches = 0
        self._allowed: set[str] = set()
        self._refused: set[str] = set()
        self._asking = asyncio.Lock()

    def open(self, url: str, name: str, site: str, by: NamedBy) -> Opening:
        """Count that a page is about to be opened, unless it turns out that it may not be.

        name: of its host, by which a person may have allowed more of its pages.

        The first opening of an address that a person named says no more than that. Each further one is a choice, like
        that of an address that only a page named: the same place can be written in several ways, and in any order.
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
        """Count that a search is about to be made. Returns whether there were too many in this step already."""
        if self._searches >= SEARCHES_IN_STEP:
            return True
        self._searches += 1
        return False

    async def is_allowed(self, name: str, site: str, ask: Callable[[], Awaitable[bool]]) -> bool:
        """What a person says for this step, who is asked about one name at a time, and no more after a no.

        name: what is allowed. site: what is refused: the next name below it would be no other question.
        """
        async with self._asking:
            if name not in self._allowed and site not in self._refused:
                if await ask():
                    self._allowed.add(name)
                else:
                    self._refused.add(site)
            return name in self._allowed


def _count(opening: Opening, counter: Counter[str], period: Period, limits: dict[str, int]) -> None:
    """Count one more of each, but for those that are at their limits, which it exceeds."""
    for of, most in limits.items():
        if counter[of] >= most:
            opening.exceeded.append(Excess(period, of, most))
        else:
            counter[of] += 1
            opening.counted.append((counter, of))
