"""What a person can set for a chat, checked, and how an agent is made to follow it."""

import asyncio
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from agent_core import (
    Agent,
    CodeAgent,
    GlassboxError,
    HubModel,
    LiteLLMModel,
    Policy,
    ScriptedModel,
    Session,
    Tool,
    ToolCallingAgent,
    python,
)
from agent_core.models.base import Model
from agent_core.models.hub import DEFAULT_HUB_MODEL
from agent_core.models.hub_login import hub_reachable, hub_token
from agent_core.models.providers import ONLY_THESE, public_provider
from agent_core.prompts import read_prompt
from agent_core.sandbox import DEFAULT_IMPORTS
from demo.recorded_tools import recorded_tools
from tools import ask_user, visit_webpage, web_search
from ui.config import Config
from ui.tool_sources.tool_source import KeptToolSources

LONGEST_KEY = 2_000  # characters
WEB_TOOLS = (web_search, visit_webpage)
TOOLS = (*WEB_TOOLS, ask_user, python)
_HOST = re.compile(r"(\*\.)?[\w-]+(\.[\w-]+)*(:\d{1,5})?")
_NO_TOKEN = "Type a Hugging Face token in the settings."
_NO_TOKEN_ON_A_SPACE = "Sign in with Hugging Face or type a token in the settings."
DEFAULT_SYSTEM_PROMPT, DEFAULT_TOOL_PROMPT = read_prompt("code_agent"), read_prompt("tool_calling_agent")


def _check_module(name: str) -> str:
    name = name.strip()
    if name != "*" and not all(part.isidentifier() for part in name.split(".")):
        raise PydanticCustomError("module", "“{name}” is not the name of a module", {"name": name[:80]})
    return name


def _check_host(name: str) -> str:
    name = name.strip().lower()
    if name != "*" and not _HOST.fullmatch(name):
        raise PydanticCustomError("host", "“{name}” is no host such as example.org", {"name": name[:80]})
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


class SettingsError(GlassboxError):
    """A setting cannot be used; the text says which and why."""


class Settings(BaseModel):
    """The settings of a chat, as the browser keeps them; keys are not among them.

    source: where the model runs; "auto" is the Hub where it can be reached with a token, else the demo.
    model, address: "" for the source's default. tools: by their names; "python" is one for the agent that calls tools
    only. added: where tools from elsewhere are from; what cannot be read is left out. system_prompt, tool_prompt: of
    the agent that writes code, and of the one that calls tools. max_steps, token_budget: of one question. code_form:
    how the model acts.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: Literal["auto", "hub", "litellm", "demo"] = "auto"
    model: _Name = ""
    address: _Name = ""
    fallback: _Name = ""
    agent: AgentKind = "code"
    imports: Annotated[list[ModuleName], _MOST_WORDS] = list(DEFAULT_IMPORTS)
    hosts: Annotated[list[HostName], _MOST_WORDS] = []
    tools: Annotated[list[_Word], Field(max_length=2_500)] = [tool.name for tool in TOOLS]
    added: KeptToolSources = []
    system_prompt: _Prompt = DEFAULT_SYSTEM_PROMPT
    tool_prompt: _Prompt = DEFAULT_TOOL_PROMPT
    max_steps: Annotated[int, Field(ge=1, le=100)] = 12
    token_budget: Annotated[int, Field(ge=1_000, le=10_000_000)] = 200_000
    plan_every: Annotated[int, Field(ge=0, le=100)] = 0
    code_form: CodeForm = "auto"


FIELDS = tuple(Settings.model_fields)


def read_settings(values: dict[str, Any]) -> Settings:
    """Settings from a form or a browser. Raises SettingsError, which names the field that cannot be used."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0]).replace("_", " ")
        raise SettingsError(f"The setting “{field}” cannot be used: {problem['msg']}.") from None


def check_key(key: str | None) -> None:
    """Raises SettingsError for what is too long to be a key."""
    if len(key or "") > LONGEST_KEY:
        raise SettingsError(f"The key is too long: at most {LONGEST_KEY:,} characters fit.")


def restore(kept: dict[str, Any] | None) -> list[Any]:
    """The values of the settings form as the browser kept them; the default for each that cannot be used."""
    return [_restored(name, kept if isinstance(kept, dict) else {}) for name in FIELDS]


def _restored(name: str, kept: dict[str, Any]) -> Any:
    try:
        return getattr(read_settings({name: kept[name]} if name in kept else {}), name)
    except GlassboxError:  # it was kept in the middle of an edit, or by an older version of the page
        return getattr(Settings(), name)


def server_address(settings: Settings, config: Config) -> str:
    """The address of a person's own server. Never of a stranger's: no visitor may send the app to its own network."""
    return settings.address.strip() if settings.source in ("hub", "litellm") and not config.public else ""


async def choose_source(settings: Settings, key: str, config: Config) -> str:
    """Where the model runs for these settings: "hub", "litellm" or "demo"."""
    if settings.source != "auto":
        return settings.source
    has_token = bool(key) or (config.share_keys and bool(await asyncio.to_thread(hub_token)))
    return "hub" if has_token and await hub_reachable() else "demo"


def apply_settings(
    session: Session, settings: Settings, models: Sequence[Model], more_tools: Sequence[Tool] = ()
) -> None:
    """Make the session's agent follow the settings from its next run on.

    models: the one to ask, then the fall-backs. more_tools: those from elsewhere.
    """
    is_demo = isinstance(models[0], ScriptedModel)  # what it says was written for an agent that writes code
    kind = CodeAgent if is_demo or settings.agent == "code" else ToolCallingAgent
    agent = session.agent = _of_kind(kind, session.agent)
    agent.model, agent.fallbacks = models[0], list(models[1:])
    tools = (
        *(recorded_tools() if is_demo else WEB_TOOLS),
        ask_user,
        *([python] if kind is ToolCallingAgent else []),
        *more_tools,
    )
    agent.tools = [tool for tool in tools if tool.name in settings.tools]
    agent.ask_user = session.ask_user
    agent.policy = Policy(imports=tuple(settings.imports), hosts=tuple(settings.hosts), ask=session.ask)
    prompt = settings.system_prompt if kind is CodeAgent else settings.tool_prompt
    agent.system_prompt = prompt.strip() or None
    agent.max_steps = settings.max_steps
    agent.token_budget = settings.token_budget
    agent.plan_every = 0 if is_demo else settings.plan_every  # no plans were written
    agent.native_calls = _NATIVE[settings.code_form]


def _of_kind(kind: type[CodeAgent] | type[ToolCallingAgent], agent: Agent) -> Agent:
    """The agent itself, or one of the kind that goes on with its chat."""
    if isinstance(agent, kind):
        return agent
    successor = kind(agent.model)
    successor.take_over(agent)
    return successor


def make_models(settings: Settings, source: str, key: str, config: Config) -> list[Model]:
    """The model for these settings, and its fall-back if there is one.

    key: of the model's provider, "" for none; a fall-back of another provider gets none. Raises GlassboxError where a
    model cannot be used.
    """
    fallback = "" if settings.source == "auto" or source == "demo" else settings.fallback.strip()
    models = [make_model(settings, source, key, config)]
    if fallback:
        same = source == "hub" or key_scope(fallback) == key_scope(settings.model)
        if not (same or config.share_keys):
            raise SettingsError("The fall-back model has to be of the same provider, as the key is for that one only.")
        models.append(make_model(settings.model_copy(update={"model": fallback}), source, key if same else "", config))
    return models


def key_scope(name: str) -> str:
    """For what a key is that was typed for a model with this LiteLLM name: for its provider, where that has one address
    whatever the name says, else for this model only."""
    name = name.strip()
    provider = public_provider(name)
    return provider.prefix if provider else name


def make_model(settings: Settings, source: str, key: str, config: Config) -> Model:
    """The model for these settings. key: of its provider, "" for none.

    Whoever brings no key spends the owner's only where the owner shares them. Raises GlassboxError where the model
    cannot be used: none is named, strangers may not name it, or it needs a key.
    """
    if source == "demo":
        return ScriptedModel()
    name, address = "" if settings.source == "auto" else settings.model.strip(), server_address(settings, config)
    make = _hub_model if source == "hub" else _litellm_model
    return make(name, key or None, address or None, config)


def _hub_model(name: str, key: str | None, address: str | None, config: Config) -> HubModel:
    if not (key or address or config.share_keys):
        raise SettingsError(_NO_TOKEN_ON_A_SPACE if config.space_id else _NO_TOKEN)
    return HubModel(name or DEFAULT_HUB_MODEL, token=key, base_url=address, find_key=config.share_keys)


def _litellm_model(name: str, key: str | None, address: str | None, config: Config) -> LiteLLMModel:
    if not name:
        raise SettingsError("Name the model in the settings, as LiteLLM writes it, for example openai/gpt-4.1-mini.")
    provider = public_provider(name)
    if not provider and (config.public or not config.share_keys):
        raise SettingsError(ONLY_THESE)
    if provider and not (key or address or config.share_keys):
        raise SettingsError(f"Type a key for {provider.title} in the settings: everybody here pays with their own.")
    return LiteLLMModel(name, api_key=key, api_base=address, find_key=config.share_keys)
