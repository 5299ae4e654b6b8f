"""What running code may ask a person for, and what the person may say."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

PermissionKind = Literal["import", "host", "address", "search"]
Decision = Literal["once", "always", "deny"]


@dataclass(frozen=True)
class PermissionRequest:
    """The running code needs something that the policy does not list, and waits for a person's decision.

    id: unique, the same as in the PermissionAsked event. name: of the module, or of the host ("example.org", with
    ":8080" where the port is not the web's), also where a tool asks to open an address of it; "many sites" and "many
    searches" where it is their number that is asked about. meaning: what it is good for and what it can do, in plain
    words.
    """

    id: str
    kind: PermissionKind
    name: str
    meaning: str


Grant = tuple[PermissionKind, str]
"""What was permitted for a whole chat: the kind and the name."""

Ask = Callable[[PermissionRequest], Awaitable[Decision]]
