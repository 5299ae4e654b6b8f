"""The tools that a person added, as the browser keeps them: their source, and how they were when the person looked."""

import hashlib
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from agent_core import ToolError
from agent_core.net.hub_names import is_repository
from agent_core.net.urls import host_and_port, shown_host
from agent_core.tools.names import check_name
from ui.texts import words

MOST_TOOL_SOURCES = 20
LONGEST_LOCATION = 500  # characters
_MOST_READ = 200  # entries to look at, including those that cannot be read
_LONGEST_SOURCE = 100_000  # characters
_LOCATION = AliasChoices("location", "place")  # older pages used the second name
ToolSourceKind = Literal["hub", "space", "mcp"]


def _check(name: str) -> str:
    try:
        check_name(name)
    except ToolError as error:
        raise ValueError(str(error)) from None
    return name


class SeenTool(BaseModel):
    """A tool as it was when a person looked at it.

    Attributes:
        own: The source's name for it.
        name: Its name in the chat.
        fingerprint: A hash of everything that the source said about it.
    """

    model_config = ConfigDict(frozen=True)

    own: Annotated[str, Field(max_length=200)]
    name: Annotated[str, AfterValidator(_check)]
    fingerprint: Annotated[str, Field(max_length=64)]


class ToolSource(BaseModel):
    """A source of added tools, with the tools that it had.

    Attributes:
        kind: Whether it is a repository with a tool's code, a Space, or an MCP server.
        location: The repository, "owner/name", or the server's address.
        revision: The revision of the code; "" for a source without code.
        tools: The tools as they were when a person looked at them.
    """

    model_config = ConfigDict(frozen=True)

    kind: ToolSourceKind
    location: Annotated[str, Field(min_length=1, max_length=LONGEST_LOCATION, validation_alias=_LOCATION)]
    revision: Annotated[str, Field(max_length=64)] = ""
    tools: Annotated[tuple[SeenTool, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _check_location(self) -> Self:
        """Check the location, because a browser can send anything, such as a Space's address in this app's network."""
        if self.kind == "mcp":
            try:
                host_and_port(self.location)
            except ToolError as error:
                raise ValueError(str(error)) from None
        elif not is_repository(self.location):
            raise ValueError("A Space or a tool of Hugging Face is named as “owner/name”")
        return self

    @property
    def names(self) -> list[str]:
        """The names that its tools have in the chat."""
        return [tool.name for tool in self.tools]

    @property
    def short_location(self) -> str:
        """The location for people: for a server only its host and port."""
        return shown_host(self.location) if self.kind == "mcp" else self.location

    @property
    def label(self) -> str:
        """The source in one line, for people."""
        location, more = self.short_location, len(self.tools) - 1
        match self.kind:
            case "hub":
                return words("tools.of_code", location=location, revision=self.revision[:7])
            case "space":
                return words("tools.of_space", location=location)
            case "mcp" if more:  # one host can have many servers
                return words("tools.of_server_more", location=location, tool=self.names[0], count=more)
            case "mcp":
                return words("tools.of_server", location=location, tool=self.names[0])

    def encoded(self) -> str:
        """Return the source as text, which `read_sources` reads."""
        return self.model_dump_json()


def read_sources(kept: Any) -> list[ToolSource]:
    """Return the sources that the browser kept.

    Those that cannot be read are left out: a person may have typed into the list, or an older page kept another form.
    """
    sources = [_read(value) for value in kept[:_MOST_READ]] if isinstance(kept, list) else []
    return [source for source in sources if source][:MOST_TOOL_SOURCES]


def _read(value: Any) -> ToolSource | None:
    if isinstance(value, str) and len(value) > _LONGEST_SOURCE:
        return None
    try:
        return ToolSource.model_validate_json(value) if isinstance(value, str) else ToolSource.model_validate(value)
    except ValidationError:
        return None


KeptToolSources = Annotated[list[ToolSource], BeforeValidator(read_sources)]
"""The sources as a browser keeps them: a list of texts. Those that cannot be read are left out."""


def fingerprint_of(text: str) -> str:
    """Return a hash that tells whether a text has changed."""
    return hashlib.sha256(text.encode()).hexdigest()
