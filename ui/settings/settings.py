"""The settings of a chat with their checks, and how an agent is made to follow them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

import tools
from agent_core import Agent, CodeAgent, Limits, Policy, Session, Tool, ToolCallingAgent, python
from agent_core.models.base import Model
from agent_core.prompts import read_prompt
from agent_core.sandbox import DEFAULT_IMPORTS
from demo.recorded_steps import RecordedCodeAgent
from demo.recorded_tools import recorded_tools
from ui.code_running import needs_code
from ui.config import LEAST_DISK_MB, LEAST_MEMORY_MB
from ui.settings.model_sources import AUTOMATIC, MODEL_SOURCES, SettingsError, is_demo
from ui.texts import words
from ui.tool_sources.shipped_tools import TOOLS
from ui.tool_sources.tool_source import KeptToolSources

_HOST = re.compile(r"(\*\.)?[\w-]+(\.[\w-]+)*(:\d{1,5})?")
DEFAULT_SYSTEM_PROMPT, DEFAULT_TOOL_PROMPT = read_prompt("code_agent"), read_prompt("tool_calling_agent")


def _cannot_be_used(why: str, name: str) -> PydanticCustomError:
    """Return the error for a name in a setting; its text is words of texts/."""
    text = words(f"settings.{why}", name=name[:80])
    return PydanticCustomError("name", "{text}", {"text": text})


def _check_source(name: str) -> str:
    if not any(source.name == name for source in MODEL_SOURCES):
        raise _cannot_be_used("no_source", name)
    return name


def _check_module(name: str) -> str:
    name = name.strip()
    if name != "*" and not all(part.isidentifier() for part in name.split(".")):
        raise _cannot_be_used("no_module", name)
    return name


def _check_host(name: str) -> str:
    name = name.strip().lower()
    if name != "*" and not _HOST.fullmatch(name):
        raise _cannot_be_used("no_host", name)
    return name


AgentKind = Literal["code", "tools"]
CodeForm = Literal["auto", "text", "call"]
_NATIVE: dict[CodeForm, bool | None] = {"auto": None, "text": False, "call": True}
_Name = Annotated[str, Field(max_length=500)]
_Prompt = Annotated[str, Field(max_length=100_000)]
_Word = Annotated[str, Field(max_length=200)]
_MOST_WORDS = Field(max_length=200)
ModuleName = Annotated[_Word, AfterValidator(_check_module)]
HostName = Annotated[_Word, AfterValidator(_check_host)]


class Settings(BaseModel):
    """The settings of a chat, as the browser keeps them. Keys are not among them.

    The form takes the limits of each number from here; the most that a limit of code can be is the owner's to say
    (`ui/settings/limits.py`). `apply_settings` makes an agent follow the settings.

    Attributes:
        source: The name of a source of models.
        model: The name of the model; "" for the source's default.
        address: The address of the server; "" for the source's own.
        fallback: The name of the fallback model; "" for none.
        agent: The kind of agent.
        imports: The modules that code may import without asking.
        hosts: The hosts that code may reach without asking.
        tools: The names of the tools that are on. "python" counts only for the agent that calls tools.
        added: The sources of added tools. Those that cannot be read are left out.
        instructions: What the person wants to be kept to; added to the prompt.
        system_prompt: The prompt of the agent that writes code.
        tool_prompt: The prompt of the agent that calls tools.
        max_steps: The most steps for one question.
        token_budget: The most tokens for one question.
        plan_every: The number of steps from one plan to the next; 0 for no plans.
        step_seconds: The seconds that a step of code may take.
        memory_mb: The memory of the code, in MB.
        disk_mb: The disk space of the chat, in MB.
        code_form: How the model acts: as text, by native calls, or as suits it.
        temperature: How freely the model chooses its words; None, as for the next three, for the model's own way.
        top_p: Of which part of the likeliest words it chooses.
        seed: The number with which it chooses in the same way again.
        reply_tokens: The most tokens of a reply.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: Annotated[_Word, AfterValidator(_check_source)] = AUTOMATIC.name
    model: _Name = ""
    address: _Name = ""
    fallback: _Name = ""
    agent: AgentKind = "code"
    imports: Annotated[list[ModuleName], _MOST_WORDS] = list(DEFAULT_IMPORTS)
    hosts: Annotated[list[HostName], _MOST_WORDS] = []
    tools: Annotated[list[_Word], Field(max_length=2_500)] = [tool.name for tool in TOOLS]
    added: KeptToolSources = []
    instructions: Annotated[str, Field(max_length=10_000)] = ""
    system_prompt: _Prompt = DEFAULT_SYSTEM_PROMPT
    tool_prompt: _Prompt = DEFAULT_TOOL_PROMPT
    max_steps: Annotated[int, Field(ge=1, le=100)] = 12
    token_budget: Annotated[int, Field(ge=1_000, le=10_000_000)] = 200_000
    plan_every: Annotated[int, Field(ge=0, le=100)] = 0
    step_seconds: Annotated[int, Field(ge=1)] = 30
    memory_mb: Annotated[int, Field(ge=LEAST_MEMORY_MB)] = 2_048
    disk_mb: Annotated[int, Field(ge=LEAST_DISK_MB)] = 512
    code_form: CodeForm = "auto"
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    top_p: Annotated[float, Field(ge=0.01, le=1)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    reply_tokens: Annotated[int, Field(ge=16, le=1_000_000)] | None = None


FIELDS = tuple(Settings.model_fields)
NUMBERS = [name for name, field in Settings.model_fields.items() if field.annotation is int]


def read_settings(values: dict[str, Any]) -> Settings:
    """Check the settings that a form or a browser sent, and return them.

    Args:
        values: The values of the settings, by name.

    Raises:
        SettingsError: A value cannot be used. The text names the field.
    """
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        field = words(f"changed.{problem['loc'][0]}")
        raise SettingsError(words("settings.unusable", field=field, problem=problem["msg"])) from None


def apply_settings(
    session: Session,
    settings: Settings,
    models: Sequence[Model],
    more_tools: Sequence[Tool] = (),
    *,
    code_runs: bool = True,
) -> None:
    """Make the session's agent follow the settings from its next run on.

    Args:
        session: The chat. The limits of code stay within those that its agent's may be raised to.
        settings: The person's settings.
        models: The model to ask, and then its fallbacks.
        more_tools: The tools that do not ship with the page.
        code_runs: Whether code runs here. If not, it calls tools that need none, and the demo shows recordings.
    """
    demo = is_demo(models[0])
    kind = _kind_of_agent(settings, demo=demo, code_runs=code_runs)
    agent = session.agent = _of_kind(kind, session.agent)
    agent.model, agent.fallbacks = models[0], list(models[1:])
    shipped = _with_recordings(tools.TOOLS) if demo else tools.TOOLS
    offered = (*shipped, *([python] if kind is ToolCallingAgent else []), *more_tools)
    agent.tools = [tool for tool in offered if tool.name in settings.tools and (code_runs or not needs_code(tool))]
    agent.ask_user = session.ask_user
    agent.policy = Policy(imports=tuple(settings.imports), hosts=tuple(settings.hosts), ask=session.ask)
    agent.limits = _limits(settings, agent.limits)
    prompt = settings.tool_prompt if kind is ToolCallingAgent else settings.system_prompt
    agent.system_prompt = prompt.strip() or None
    agent.instructions = settings.instructions.strip()
    agent.max_steps = settings.max_steps
    agent.token_budget = settings.token_budget
    agent.plan_every = 0 if demo else settings.plan_every  # the demo has no written plans
    agent.native_calls = None if demo else _NATIVE[settings.code_form]


def sent_prompt(
    settings: Settings, models: Sequence[Model], more_tools: Sequence[Tool] = (), *, code_runs: bool = True
) -> str:
    """Return the system prompt that an agent with these settings sends; see `apply_settings`."""
    session = Session(CodeAgent(models[0]))
    apply_settings(session, settings, models, more_tools, code_runs=code_runs)
    return session.agent.request_for(models[0]).system_prompt


def _kind_of_agent(settings: Settings, *, demo: bool, code_runs: bool) -> type[Agent]:
    """Return the kind of agent that answers: for the demo the one that it was written for, else the chosen one."""
    if demo:
        return CodeAgent if code_runs else RecordedCodeAgent
    return CodeAgent if code_runs and settings.agent == "code" else ToolCallingAgent


def _limits(settings: Settings, chat: Limits) -> Limits:
    """Return the limits that the person chose, as far as the chat may have them."""
    most = chat.highest
    return replace(
        chat,
        step_seconds=min(settings.step_seconds, max(chat.step_seconds, chat.most_step_seconds)),
        memory_mb=min(settings.memory_mb, most.memory_mb),
        disk_mb=min(settings.disk_mb, most.disk_mb),
    )


def _with_recordings(shipped: Sequence[Tool]) -> list[Tool]:
    """Return the tools, each replaced by the demo's recorded tool with the same name if there is one."""
    recorded = {tool.name: tool for tool in recorded_tools()}
    return [recorded.get(tool.name, tool) for tool in shipped]


def _of_kind(kind: type[Agent], agent: Agent) -> Agent:
    """Return the agent itself if it is of this kind, or one of this kind that continues its chat."""
    if type(agent) is kind:
        return agent
    successor = kind(agent.model, limits=agent.limits, retry=agent.retry, engine=agent.engine)
    successor.take_over(agent)
    return successor
