"""What a person is asked while code runs, and what was decided."""

import asyncio
import functools
import logging
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from uuid import uuid4

from agent_core.events import PermissionAnswered, PermissionAsked
from agent_core.permissions import PERMISSIONS, Ask, Decision, Grant, PermissionKind, PermissionRequest

ASK_SECONDS = 300.0
MOST_QUESTIONS = 20  # in one step: a person who is asked without end clicks without reading

logger = logging.getLogger(__name__)


class StepPermissions:
    """The permissions of one step. grants: those for the whole chat, to which "always" adds.

    ask: decides; without it, when it fails and when it takes longer than `ASK_SECONDS`, the answer is no.
    """

    def __init__(
        self, ask: Ask | None, grants: set[Grant], emit: Callable[[PermissionAsked | PermissionAnswered], None]
    ) -> None:
        self._ask = ask
        self._grants = grants
        self._emit = emit
        self._decisions: dict[tuple[PermissionKind, str, str], asyncio.Task[Decision]] = {}

    async def allow(self, kind: PermissionKind, name: str, meaning: str = "") -> bool:
        """Whether the code may. What was decided in this step is not asked again, if it would be asked the same.

        meaning: what it can do, in plain words; else what is generally known of it. With another meaning, such as that
        it opens another address of a host, it is another question: a person who allowed one has not seen the other.
        """
        if (kind, name) in self._grants:
            return True
        if self._ask is None:
            return False
        question = kind, name, meaning
        if question not in self._decisions:
            if len(self._decisions) >= MOST_QUESTIONS:
                return False
            self._decisions[question] = asyncio.create_task(
                self._decide(self._ask, kind, name, meaning or meaning_of(kind, name))
            )
        return await asyncio.shield(self._decisions[question]) in ("once", "always")

    def close(self) -> None:
        """Stop asking."""
        for decision in self._decisions.values():
            decision.cancel()

    async def _decide(self, ask: Ask, kind: PermissionKind, name: str, meaning: str) -> Decision:
        request = PermissionRequest(uuid4().hex, kind, name, meaning)
        self._emit(PermissionAsked(request.id, kind, name, meaning))
        try:
            async with asyncio.timeout(ASK_SECONDS):
                decision = await ask(request)
        except TimeoutError:
            decision = "deny"
        except Exception:
            logger.exception("A permission could not be asked for")
            decision = "deny"
        if decision == "always":
            self._grants.add((kind, name))
        self._emit(PermissionAnswered(request.id, decision))
        return decision


def meaning_of(kind: PermissionKind, name: str) -> str:
    """What it is good for and what it can do, for a person who does not write code."""
    if known := PERMISSIONS[kind].meaning:
        return known
    top = name.partition(".")[0]
    meanings = _meanings()
    return meanings.get(name) or meanings.get(top) or _summary(top)


@functools.cache
def _meanings() -> dict[str, str]:
    return tomllib.loads(Path(__file__).with_name("meanings.toml").read_text(encoding="utf-8"))


def _summary(package: str) -> str:
    """What a package says of itself in one line."""
    try:
        summary = metadata(package)["Summary"].strip().rstrip(".")
    except (PackageNotFoundError, ValueError, KeyError, AttributeError):  # there may be none
        summary = ""
    about = f"A package that describes itself as “{summary}”." if summary else "A part of Python or of a package."
    return f"{about} The sandbox keeps it from your files and from the network."
