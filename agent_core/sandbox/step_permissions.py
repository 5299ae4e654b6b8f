"""Asks a person for permissions while a step runs, and remembers the decisions."""

import asyncio
import functools
import logging
import tomllib
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from uuid import uuid4

from agent_core.events import PermissionAnswered, PermissionAsked
from agent_core.permissions import PERMISSIONS, Ask, Decision, Grant, PermissionKind, PermissionRequest, grant_of
from agent_core.reply_time import ReplyTime

ASK_SECONDS = 300.0  # after which no decision counts as "deny"
MOST_QUESTIONS = 20  # in one step: people who are asked too often click without reading

logger = logging.getLogger(__name__)


class StepPermissions:
    """The permissions of one step.

    Args:
        ask: Decides. If it is None, fails, or takes longer than ASK_SECONDS, permission is denied.
        grants: The permissions for the whole chat; "always" adds to them.
        emit: Takes the events.
    """

    def __init__(
        self, ask: Ask | None, grants: set[Grant], emit: Callable[[PermissionAsked | PermissionAnswered], None]
    ) -> None:
        self._ask = ask
        self._grants = grants
        self._emit = emit
        self._decisions: dict[tuple[PermissionKind, str, str], asyncio.Task[Decision]] = {}

    async def allow(self, kind: PermissionKind, name: str, meaning: str = "") -> bool:
        """Return whether something is permitted; ask if it has not been decided for this step or chat.

        Args:
            kind: The kind of permission.
            name: What it is for: a module, a host, …
            meaning: What it allows, in plain words; "" for the general description. A decision holds only for the
                meaning that the person saw: another address of the same host is another question.
        """
        if grant_of(kind, name) in self._grants:
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
        request = PermissionRequest(uuid4().hex, kind, name, meaning, ReplyTime(ASK_SECONDS))
        self._emit(PermissionAsked(request.id, kind, name, meaning))
        try:
            decision = await request.time.wait_for(ask(request))
        except TimeoutError:
            decision = "deny"
        except Exception:
            logger.exception("A permission could not be asked for")
            decision = "deny"
        if decision == "always":
            self._grants.add(grant_of(kind, name))
        self._emit(PermissionAnswered(request.id, decision))
        return decision


def meaning_of(kind: PermissionKind, name: str) -> str:
    """Return what something is for and what it can do, for a person who does not write code."""
    if known := PERMISSIONS[kind].meaning:
        return known
    top = name.partition(".")[0]
    descriptions = _module_descriptions()
    return descriptions.get(name) or descriptions.get(top) or _summary(top)


@functools.cache
def _module_descriptions() -> dict[str, str]:
    return tomllib.loads(Path(__file__).with_name("module_descriptions.toml").read_text(encoding="utf-8"))


def _summary(package: str) -> str:
    """Return a package's one-line description of itself."""
    try:
        summary = metadata(package)["Summary"].strip().rstrip(".")
    except (PackageNotFoundError, ValueError, KeyError, AttributeError):  # it may have none
        summary = ""
    about = f"A package that describes itself as “{summary}”." if summary else "A part of Python or of a package."
    return f"{about} The sandbox keeps it from your files and from the network."
