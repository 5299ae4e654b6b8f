"""Permissions that running code may ask a person for. Each kind of permission is declared here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal

from agent_core.reply_time import ReplyTime

PermissionKind = Literal["import", "host", "address", "search", "more_time"]
Decision = Literal["once", "always", "deny"]


@dataclass(frozen=True)
class PermissionWords:
    """How a kind of permission reads. {name} stands for what the permission is for.

    Attributes:
        question: The question to the person, in one sentence.
        action: What the code wanted to do, for a list of what was refused.
        grant: What the chat may do, for a list of what was allowed.
        meaning: What it allows, if that is the same for every name; "" if it differs.
    """

    question: str
    action: str
    grant: str
    meaning: str = ""


PERMISSIONS: dict[PermissionKind, PermissionWords] = {
    "import": PermissionWords("The code asks to use “{name}”.", "importing {name}", "use {name}"),
    "host": PermissionWords(
        "The code asks to connect to “{name}”.",
        "connecting to {name}",
        "connect to {name}",
        "The code wants to read from this site or send something to it. What it knows could be sent there.",
    ),
    "address": PermissionWords(
        "The agent asks to open a page of “{name}”.", "opening an address of {name}", "open any page of {name}"
    ),
    "search": PermissionWords(
        "The agent asks for “{name}” of the web in one step.", "making {name}", "make {name} in one step"
    ),
    "more_time": PermissionWords(
        "This step has run for {name}. Give it two more minutes?",
        "running longer than {name}",
        "run its steps for as long as they may take",
        "It works on while you decide. Without an answer within a minute it is stopped.",
    ),
}


@dataclass(frozen=True)
class PermissionRequest:
    """A request for something that the policy does not list. The running code waits for the person's decision.

    Code that asks for more time does not wait: it works on, and if it ends, the request is cancelled.

    Attributes:
        id: A unique id, the same as in the PermissionAsked event.
        kind: The kind of permission.
        name: The module, or the host ("example.org", or "example.org:8080" if the port is not the web's); "many sites"
            or "many searches" if the request is about their number; how long the step has run ("30 s").
        meaning: What it is for and what it can do, in plain words.
        time: How long the person has; without a decision by then it is denied.
    """

    id: str
    kind: PermissionKind
    name: str
    meaning: str
    time: ReplyTime = field(default_factory=ReplyTime, compare=False, repr=False)


Grant = tuple[PermissionKind, str]
"""A permission for a whole chat: its kind and its name, "" for more time, whatever a step has taken so far."""


def grant_of(kind: PermissionKind, name: str) -> Grant:
    """Return the grant for the chat that answers such a request."""
    return kind, "" if kind == "more_time" else name


Ask = Callable[[PermissionRequest], Awaitable[Decision]]
"""Decides about a permission request; see Policy."""
