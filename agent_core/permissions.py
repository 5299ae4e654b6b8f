"""What running code may ask a person for, and what the person may say. Each kind of permission is declared here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

PermissionKind = Literal["import", "host", "address", "search"]
Decision = Literal["once", "always", "deny"]


@dataclass(frozen=True)
class PermissionWords:
    """How people are told of a kind of permission. {name} stands for what it is asked for.

    Attributes:
        question: what is asked, in one sentence.
        action: what the code wanted to do, for a list of what was refused.
        meaning: what it can do, if that is the same for every name; "" if whoever asks says it.
    """

    question: str
    action: str
    meaning: str = ""


PERMISSIONS: dict[PermissionKind, PermissionWords] = {
    "import": PermissionWords("The code asks to use “{name}”.", "importing {name}"),
    "host": PermissionWords(
        "The code asks to connect to “{name}”.",
        "connecting to {name}",
        "The code wants to read from this site or send something to it. What it knows could be sent there.",
    ),
    "address": PermissionWords("The agent asks to open a page of “{name}”.", "opening an address of {name}"),
    "search": PermissionWords("The agent asks for “{name}” of the web in one step.", "making {name}"),
}


@dataclass(frozen=True)
class PermissionRequest:
    """The running code needs something that the policy does not list, and waits for a person's decision.

    Attributes:
        id: unique, the same as in the PermissionAsked event.
        kind: what kind of permission it is.
        name: of the module, or of the host ("example.org", with ":8080" if the port is not the web's), also if a tool
            asks to open an address of it; "many sites" and "many searches" if their number is asked about.
        meaning: what it is good for and what it can do, in plain words.
    """

    id: str
    kind: PermissionKind
    name: str
    meaning: str


Grant = tuple[PermissionKind, str]
"""What was permitted for a whole chat: the kind and the name."""

Ask = Callable[[PermissionRequest], Awaitable[Decision]]
"""Decides about a request; see Policy."""
