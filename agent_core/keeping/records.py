"""What is kept of an agent, as it stands in its dict and in agent.json. No field holds a key."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from agent_core.errors import GlassboxError, ToolError
from agent_core.models.base import Capabilities
from agent_core.models.retry import RetryPolicy
from agent_core.parsing import CODE_TOOL
from agent_core.sandbox import DEFAULT_IMPORTS, Limits
from agent_core.tools.names import check_name

FORMAT = 1
"""The version of what is written. It grows when an older Glassbox could not read it any more."""

_NEWER = "This agent was kept by a newer Glassbox, and this one cannot read it. Update Glassbox to load it."
_NO_KEYS = "Take it out: keys are never read from there, but given to load_agent as `api_key` or `model`."
_KEYS = ("key", "token", "secret", "password", "headers")


_MOST_NESTED = 100  # dicts and lists in each other
_TOO_DEEP = "This kept agent is nested too deep to be read. Keep fewer agents in agents, and flatter settings."


def _part_of_path(name: str) -> str:
    try:
        check_name(name)
    except ToolError as error:
        raise ValueError(str(error)) from None
    if name == CODE_TOOL:
        raise ValueError(f"A tool cannot be named {name!r}, which is the tool that runs code.")
    return name


_ToolName = Annotated[str, AfterValidator(_part_of_path)]
"""The name of a tool that is also the name of its file."""


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class ModelRecord(_Kept):
    """A model: its class, and the arguments that make it again, but for its key."""

    kind: str = Field(validation_alias="class", serialization_alias="class")
    name: str
    address: str | None = None
    context_window: int | None = None
    capabilities: Capabilities | None = None
    find_key: bool = True
    settings: dict[str, Any] = {}


class MadeRecord(_Kept):
    """A tool that is made again. timeout: in seconds; None for that of its kind."""

    kind: Any
    name: str
    timeout: Annotated[float, Field(gt=0)] | None = None
    retries: int = Field(0, ge=0)
    return_direct: bool = False


class CodeRecord(MadeRecord):
    """A tool that comes as code, in the Hub's layout. In a folder the code stands in tools/<name>.py."""

    kind: Literal["code"] = "code"
    name: _ToolName
    code: str
    requirements: list[str] = []


class HubRecord(MadeRecord):
    """A tool of the Hub, at the commit that somebody agreed to."""

    kind: Literal["hub"] = "hub"
    repo: str
    revision: str


class ListedRecord(_Kept):
    """What an MCP server says of a tool. It is called only as long as the server says the same."""

    name: str
    description: str
    inputs: dict[str, Any]
    output: dict[str, Any] | None = None
    fingerprint: str


class McpRecord(MadeRecord):
    """A tool of an MCP server, as the server described it, or the server before it did. Of headers, names are kept."""

    kind: Literal["mcp"] = "mcp"
    url: str
    headers: list[str] = []
    tool: ListedRecord | None = None


class McpProgramRecord(MadeRecord):
    """The same of an MCP server that is a program. Of its environment, names are kept."""

    kind: Literal["mcp_program"] = "mcp_program"
    command: str
    arguments: list[str] = []
    env: list[str] = []
    folder: str | None = None
    tool: ListedRecord | None = None


class SpaceRecord(MadeRecord):
    """An endpoint of a Gradio app as a tool, as the app described it."""

    kind: Literal["space"] = "space"
    source: str
    endpoint: dict[str, Any]


class PythonRecord(_Kept):
    """The tool that runs code."""

    kind: Literal["python"] = "python"
    name: Literal["python"] = "python"


class MissingRecord(_Kept):
    """A tool that could not be kept. Whoever loads the agent gives it again. module: where it was written."""

    kind: Literal["missing"] = "missing"
    name: str
    module: str = ""
    why: str = ""


class SubAgentRecord(MadeRecord):
    """An agent as a tool. In a folder it stands in agents/<name>/."""

    kind: Literal["agent"] = "agent"
    name: _ToolName
    description: str
    agent: "AgentRecord"


ToolRecord = Annotated[
    CodeRecord | HubRecord | McpRecord | McpProgramRecord | SpaceRecord | PythonRecord | MissingRecord | SubAgentRecord,
    Field(discriminator="kind"),
]


class PolicyRecord(_Kept):
    """What code may import and reach without asking."""

    imports: list[str] = [*DEFAULT_IMPORTS]
    hosts: list[str] = []


class AgentRecord(_Kept):
    """An agent. `not_kept` names what was left out when it was kept; an answer type is kept if it is a JSON Schema."""

    glassbox: int = FORMAT
    kind: Literal["CodeAgent", "ToolCallingAgent"] = Field(validation_alias="class", serialization_alias="class")
    model: ModelRecord
    fallbacks: list[ModelRecord] = []
    tools: list[ToolRecord] = []
    policy: PolicyRecord = PolicyRecord()
    limits: Limits = Limits()
    max_steps: int = 12
    token_budget: int = 200_000
    instructions: str = ""
    system_prompt: str | None = None
    plan_every: int = 0
    native_calls: bool | None = None
    answer_type: dict[str, Any] | None = None
    retry: RetryPolicy = RetryPolicy()
    not_kept: list[str] = []

    def all_tools(self) -> Iterator[ToolRecord]:
        """Yield its tools, and those of its sub-agents after each."""
        for tool in self.tools:
            yield tool
            if isinstance(tool, SubAgentRecord):
                yield from tool.agent.all_tools()

    def as_json(self) -> dict[str, Any]:
        """Return the dict that `read_record` reads."""
        return self.model_dump(mode="json", by_alias=True)


def read_record(data: Mapping[str, Any]) -> AgentRecord:
    """Read a dict that `AgentRecord.as_json` made.

    Raises:
        GlassboxError: A newer Glassbox made it, or something in it is wrong. The text says where.
    """
    check_depth(data)
    version = data.get("glassbox")
    if not isinstance(version, int) or version < 1:
        raise GlassboxError('This is no kept agent: it has no number as "glassbox", which agent.to_dict() writes.')
    if version > FORMAT:
        raise GlassboxError(_NEWER)
    try:
        return AgentRecord.model_validate(dict(data))
    except ValidationError as error:
        raise GlassboxError(_problem(error)) from None


def check_depth(data: object) -> None:
    """Raise GlassboxError for data in which so many dicts and lists are in each other that reading it would fail."""
    level = [data]
    for _ in range(_MOST_NESTED):
        level = [part for item in level for part in _parts(item)]
        if not level:
            return
    raise GlassboxError(_TOO_DEEP)


def _parts(data: object) -> Iterable[object]:
    return data.values() if isinstance(data, Mapping) else data if isinstance(data, list) else ()


def _problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        advice = _NO_KEYS if place.lower().endswith(_KEYS) else "Take it out, or update Glassbox."
        return f"This kept agent has {place}, which is not known here. {advice}"
    return f"This kept agent cannot be used, because of {place}: {first['msg']}. Correct it there, or keep it again."
