"""What the app and a far end say to each other: length-prefixed JSON, and bytes with a number before them.

The app trusts nothing that comes from there: each message is checked field by field, as a worker's is. The commands
that go there are plain dicts; `serve.py` has them all.
"""

import struct
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from agent_core.execution import ErrorKind
from agent_core.sandbox.guest import message_limits, wire_format
from agent_core.sandbox.host.terminal import plain
from agent_core.sandbox.host.worker_messages import AskMessage, CallMessage, ConnectMessage, UsedMessage, check_parts
from agent_core.sandbox.host.workspace import DEEPEST

CHUNK = 2**18  # bytes of a file in one frame
LONGEST_PATH = 4_000
MOST_LISTED = 100_000  # files and folders; the limits of a chat are below that
_MOST_PARTS = 8 * MOST_LISTED  # of a message, as JSON: a file's name, size and time have seven
_PIECE, _ANSWER = b"\x02", b"\x01"  # how frames with bytes begin; those with JSON begin with "{"
_NUMBER = struct.Struct("!I")


def piece(number: int, data: bytes) -> bytes:
    """Return the frame with the next bytes of a file, which a command of this number is about; b"" ends the file."""
    return wire_format.framed(_PIECE + _NUMBER.pack(number) + data)


def piece_in(body: bytes) -> tuple[int, bytes] | None:
    """Return the number and the bytes in a frame's body; None if it is another kind of frame.

    Raises ValueError if it is cut short.
    """
    if not body.startswith(_PIECE):
        return None
    if len(body) < len(_PIECE) + _NUMBER.size:
        raise ValueError("the frame has no number")
    return _NUMBER.unpack_from(body, 1)[0], body[1 + _NUMBER.size :]


def answer(frame: bytes) -> bytes:
    """Return the frame with the app's answer to a worker, which the far end passes on as it is."""
    return wire_format.framed(_ANSWER + frame[_NUMBER.size :])


def answer_in(body: bytes) -> bytes | None:
    """Return the worker's frame in a frame's body; None if it is another kind of frame."""
    return wire_format.framed(body[1:]) if body.startswith(_ANSWER) else None


def _inner_path(path: str) -> str:
    parts = path.split("/")
    if len(parts) > DEEPEST or parts[0] == wire_format.TEMPORARY:
        raise ValueError("the path is not one of the workspace's")
    if str(PurePosixPath(path)) != path or path.startswith("/") or ".." in parts or path == "." or "\0" in path:
        raise ValueError("the path does not lead down")
    path.encode()  # raises UnicodeEncodeError, a ValueError
    return path


WorkspacePath = Annotated[str, Field(min_length=1, max_length=LONGEST_PATH), AfterValidator(_inner_path)]
_Text = Annotated[str, Field(max_length=200_000)]
_Name = Annotated[str, Field(max_length=message_limits.LONGEST_NAME)]
_Sentences = Annotated[str, Field(max_length=10_000), AfterValidator(plain)]
_Bundle = Annotated[dict[_Name, str], Field(max_length=message_limits.MOST_MIME_TYPES)]


class _FarMessage(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Stamp(_FarMessage):
    """How a file looks without being read. size: in bytes. modified: in nanoseconds since 1970."""

    size: int = Field(ge=0, lt=2**62)
    modified: int = Field(ge=0, lt=2**62)


class FileListing(_FarMessage):
    """The files and folders of a workspace, without links and the like. Whatever is in a folder, that is named, too."""

    folders: Annotated[list[WorkspacePath], Field(max_length=MOST_LISTED)] = []
    files: Annotated[dict[WorkspacePath, Stamp], Field(max_length=MOST_LISTED)] = {}

    @model_validator(mode="after")
    def _check_folders(self) -> Self:
        inner = (path.rpartition("/")[0] for path in (*self.folders, *self.files))
        if not {*inner} <= {"", *self.folders}:
            raise ValueError("a folder is not named")
        if not self.files.keys().isdisjoint(self.folders):
            raise ValueError("a file is a folder, too")
        return self


class RaisedError(_FarMessage):
    """Why the code did not run to its end."""

    kind: ErrorKind
    message: _Text
    traceback: _Text = ""
    advice: _Sentences = ""
    place: Annotated[str, Field(max_length=2_000), AfterValidator(plain)] = ""


class StepResult(_FarMessage):
    """How code ended, without what it displayed."""

    stdout: _Text
    value: _Text | None
    answer: _Bundle | None
    error: RaisedError | None
    seconds: float = Field(ge=0, allow_inf_nan=False)
    variables: Annotated[
        dict[_Name, Annotated[str, Field(max_length=message_limits.LONGEST_DESCRIPTION)]],
        Field(max_length=message_limits.MOST_VARIABLES + 1),
    ]
    note: _Sentences


class FailedMessage(_FarMessage):
    """A command failed, or, with number 0, the far end itself."""

    type: Literal["failed"]
    id: int = Field(ge=0)
    message: Annotated[str, Field(max_length=2_000)]


class ReadyMessage(_FarMessage):
    """The far end is there."""

    type: Literal["ready"]


class ReplyMessage(_FarMessage):
    """A command was carried out.

    Attributes:
        id: Its number.
        layers: What confines code there.
        checkpoint: The checkpoint that the sandbox there stands at.
        kept: The checkpoints whose variables are there.
        names: Files: those that it needs, that were added, or that could not be restored.
        aftermath: What became of variables and files.
        listing: The files as they are now.
        result: How code ended; None for a step that was stopped.
        shown: What was displayed of a file that was looked into.
    """

    type: Literal["reply"]
    id: int = Field(ge=1)
    layers: Annotated[list[_Name], Field(max_length=30)] = []
    checkpoint: int = Field(default=0, ge=0)
    kept: Annotated[list[int], Field(max_length=1_000)] = []
    names: Annotated[list[WorkspacePath], Field(max_length=MOST_LISTED)] = []
    aftermath: _Sentences = ""
    listing: FileListing | None = None
    result: StepResult | None = None
    shown: _Bundle | None = None


class PrintedMessage(_FarMessage):
    """What the code prints changes: so many characters go at its end, and these come."""

    type: Literal["printed"]
    text: _Text
    erased: int = Field(ge=0, le=200_000)


class ShownMessage(_FarMessage):
    """The code displays something."""

    type: Literal["shown"]
    data: _Bundle


class MoreTimeMessage(_FarMessage):
    """The code needs more time, and works on meanwhile."""

    type: Literal["more_time"]


StepMessage = CallMessage | AskMessage | ConnectMessage | UsedMessage | PrintedMessage | ShownMessage | MoreTimeMessage
FarMessage = StepMessage | ReplyMessage | FailedMessage | ReadyMessage
_message: TypeAdapter[FarMessage] = TypeAdapter(Annotated[FarMessage, Field(discriminator="type")])


def parse_far(body: bytes) -> FarMessage:
    """Return the message in a frame of a far end. Raises ValueError if it is not valid."""
    check_parts(body, _MOST_PARTS)
    return _message.validate_json(body)


def command(number: int, do: str, data: Mapping[str, Any]) -> bytes:
    """Return the frame with a command for the far end. Raises wire_format.FrameError if it is too long."""
    return wire_format.encode({"id": number, "do": do, **data})
