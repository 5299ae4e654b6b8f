"""The messages of a worker. Everything that it sends is validated against these before it is used."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from agent_core.sandbox.guest import message_limits, wire_format
from agent_core.sandbox.guest.json_parts import has_more_parts

_Text = Annotated[str, Field(max_length=200_000)]


def _with_text(data: dict[str, str]) -> dict[str, str]:
    if "text/plain" not in data:
        raise ValueError("a MIME bundle always has text/plain")
    return data


_Name = Annotated[str, Field(max_length=message_limits.LONGEST_NAME)]
_Bundle = Annotated[dict[_Name, str], Field(max_length=message_limits.MOST_MIME_TYPES), AfterValidator(_with_text)]

_Description = Annotated[str, Field(max_length=message_limits.LONGEST_DESCRIPTION)]
_Variables = Annotated[dict[_Name, _Description], Field(max_length=message_limits.MOST_VARIABLES + 1)]


class _WorkerMessage(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class DisplayMessage(_WorkerMessage):
    """The code displays something, and waits until the host has it."""

    type: Literal["display"]
    id: int = Field(ge=1)
    data: _Bundle


class CallMessage(_WorkerMessage):
    """The code calls a host tool and waits for its result."""

    type: Literal["call"]
    id: int = Field(ge=1)
    tool: str
    arguments: dict[str, Any]


class AskMessage(_WorkerMessage):
    """The code imports a module that the policy does not list, and waits for a decision."""

    type: Literal["ask"]
    id: int = Field(ge=1)
    module: str = Field(pattern=r"^\w+(\.\w+)*$", max_length=200)


class ConnectMessage(_WorkerMessage):
    """The code requests a connection, and waits for its descriptor."""

    type: Literal["connect"]
    id: int = Field(ge=1)
    host: str = Field(min_length=1, max_length=message_limits.LONGEST_HOST)
    port: int = Field(ge=1, le=65_535)
    seconds: float | None = Field(ge=0, allow_inf_nan=False)


class UsedMessage(_WorkerMessage):
    """The code calls a tool whose code runs in the worker. Sent twice: when the call begins, and when it ends.

    Attributes:
        call: The number of the call.
        arguments: The arguments as people see them.
        seconds: How long the call took; None when it begins.
        error: What went wrong; None for nothing.
    """

    type: Literal["used"]
    call: int = Field(ge=1)
    tool: _Name
    arguments: Annotated[
        dict[_Name, Annotated[str, Field(max_length=300)]], Field(max_length=message_limits.MOST_ARGUMENTS)
    ]
    seconds: float | None = Field(ge=0, allow_inf_nan=False)
    error: str | None = Field(max_length=1_000)


class ErrorMessage(_WorkerMessage):
    """What the code raised."""

    kind: Literal["exception", "syntax", "import_denied", "host_denied", "memory", "disk", "processes"]
    message: _Text
    traceback: _Text
    place: Annotated[str, Field(max_length=2_000)] = ""
    advice: Annotated[str, Field(max_length=message_limits.LONGEST_ADVICE)] = ""


class DoneMessage(_WorkerMessage):
    """The step is over.

    Attributes:
        renamed: The variables that had names of the sandbox, and their new names.
    """

    type: Literal["done"]
    step: int
    value: _Text | None
    answer: _Bundle | None
    error: ErrorMessage | None
    variables: _Variables = Field(default_factory=dict)
    renamed: Annotated[dict[_Name, _Name], Field(max_length=message_limits.MOST_VARIABLES)] = Field(
        default_factory=dict
    )


WorkerMessage = DisplayMessage | CallMessage | AskMessage | ConnectMessage | UsedMessage | DoneMessage
_message: TypeAdapter[WorkerMessage] = TypeAdapter(Annotated[WorkerMessage, Field(discriminator="type")])


def check_parts(body: bytes, most: int) -> None:
    """Raise ValueError if a long text, which need not be JSON, has more than so many parts."""
    if len(body) > wire_format.ASKED_LIMIT and has_more_parts(body, most):
        raise ValueError("the frame has too many parts")


def parse(body: bytes) -> WorkerMessage:
    """Return the message in a frame. Raises ValueError if it is not valid."""
    if len(body) > wire_format.worker_limit(body):
        raise ValueError("the frame is too long for a request")
    check_parts(body, wire_format.MOST_PARTS)
    return _message.validate_json(body)
