"""The tools that a person has added to the page, as the browser keeps them: where they are from, and what was seen."""

import hashlib
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from agent_core import ToolError
from agent_core.net.hub_names import is_repository
from agent_core.net.urls import host_and_port, with_port
from agent_core.tools.names import check_name

MOST_SOURCES = 20
LONGEST_PLACE = 500  # characters
_MOST_READ = 200  # of what the browser kept, what cannot be read with it
_LONGEST_SOURCE = 100_000  # characters
ToolSourceKind = Literal["hub", "space", "mcp"]


def _check(name: str) -> str:
    try:
        check_name(name)
    except ToolError as error:
        raise ValueError(str(error)) from None
    return name


class SeenTool(BaseModel):
    """A tool as it was when a person looked at it.

    own: its name where it is from. name: the one that it has here. fingerprint: of all that was said of it.
    """

    model_config = ConfigDict(frozen=True)

    own: Annotated[str, Field(max_length=200)]
    name: Annotated[str, AfterValidator(_check)]
    fingerprint: Annotated[str, Field(max_length=64)]


class ToolSource(BaseModel):
    """Where added tools are from. place: a repository, "owner/name", or a server's address. revision: of its code."""

    model_config = ConfigDict(frozen=True)

    kind: ToolSourceKind
    place: Annotated[str, Field(min_length=1, max_length=LONGEST_PLACE)]
    revision: Annotated[str, Field(max_length=64)] = ""
    tools: Annotated[tuple[SeenTool, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        """What the browser keeps may be made up: an app at an address could be in the network of this one."""
        if self.kind == "mcp":
            try:
                host_and_port(self.place)
            except ToolError as error:
                raise ValueError(str(error)) from None
        elif not is_repository(self.place):
            raise ValueError("A Space or a tool of Hugging Face is named as “owner/name”")
        return self

    @property
    def names(self) -> list[str]:
        """Of its tools, as they are called here."""
        return [tool.name for tool in self.tools]

    @property
    def short_place(self) -> str:
        """Where it is, without what an address may hold beside its host and port."""
        return with_port(*host_and_port(self.place)) if self.kind == "mcp" else self.place

    @property
    def label(self) -> str:
        """In one line, for people."""
        more = f" and {len(self.tools) - 1} more" if len(self.tools) > 1 else ""
        words = {
            "hub": f"code, revision {self.revision[:7]}",
            "space": "a Space",
            "mcp": f"MCP server: {self.names[0]}{more}",  # one host can have many servers
        }
        return f"{self.short_place} ({words[self.kind]})"

    def encoded(self) -> str:
        """As text, which `KeptToolSources` reads."""
        return self.model_dump_json()


def _readable(kept: Any) -> list[ToolSource]:
    """The sources that can be read: a person may have typed between them, and an older page may have kept others."""
    sources = [_read(value) for value in kept[:_MOST_READ]] if isinstance(kept, list) else []
    return [source for source in sources if source][:MOST_SOURCES]


def _read(value: Any) -> ToolSource | None:
    if isinstance(value, str) and len(value) > _LONGEST_SOURCE:
        return None
    try:
        return ToolSource.model_validate_json(value) if isinstance(value, str) else ToolSource.model_validate(value)
    except ValidationError:
        return None


KeptToolSources = Annotated[list[ToolSource], BeforeValidator(_readable)]


def fingerprint_of(text: str) -> str:
    """Tells whether a text is the one that was seen."""
    return hashlib.sha256(text.encode()).hexdigest()
