"""What a place must offer so that sandboxes can be there: a Python process at the other end of a byte stream."""

from dataclasses import dataclass
from typing import Protocol

from agent_core.sandbox.policy import Limits


class ByteStream(Protocol):
    """Bytes in both directions, between the app and the standard input and output of a process elsewhere."""

    async def read(self, size: int) -> bytes:
        """Return the next bytes, `size` at most; b"" once the process has ended or the connection is lost."""
        ...

    async def write(self, data: bytes) -> None:
        """Send bytes, and wait while the other end does not take them. Raises OSError once it is gone."""
        ...

    async def close(self) -> None:
        """End the process, and whatever it runs in, and wait until it is gone. May be called more than once.

        A write that still waits then ends with an error.
        """
        ...


@dataclass(frozen=True)
class Needs:
    """What a sandbox needs of its place.

    Attributes:
        limits: What its code may use; beside it there is the app's far end, some 150 MB of memory.
        network: Whether code may be let connect to public hosts. The sandbox decides about each connection, so this is
            only for places that can do without any network.
    """

    limits: Limits
    network: bool


class Engine(Protocol):
    """A kind of place in which sandboxes can be.

    Attributes:
        name: Its name in settings: "docker", …
        place: Where code runs, and who pays for it if somebody does, in one sentence for people.
    """

    name: str
    place: str

    async def connect(self, needs: Needs) -> ByteStream:
        """Have a process elsewhere run `shipping.FAR_COMMAND`, and connect to its standard input and output.

        It needs Python 3.11 or newer with Glassbox's requirements and the packages that code may use, and a folder for
        temporary files; Glassbox itself is sent over the stream. It must end when its standard input does. Nothing of
        the app's environment may be in its own.

        Args:
            needs: What the sandbox needs.

        Raises:
            SandboxError: It cannot be started. The text says why and what to do, in one sentence or two.
        """
        ...
