"""The sources of models. Each has one entry here, which is all that the page knows about it.

To add one, write its model in agent_core/models/, make an entry like those below, and add it to MODEL_SOURCES.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from agent_core import GlassboxError, HubModel, LiteLLMModel, ModelSettings, OpenAIModel, ScriptedModel
from agent_core.models.base import Model
from agent_core.models.hub import DEFAULT_HUB_MODEL
from agent_core.models.hub_login import hub_reachable, hub_token
from agent_core.models.litellm import load_litellm
from agent_core.models.providers import ONLY_THESE, PROVIDERS, public_provider
from demo import demo_model
from ui.config import Config
from ui.texts import words

ModelField = Literal["model", "key", "address", "fallback"]
"""The fields of the settings form that only some sources of models have."""
_EXAMPLE = "openai/gpt-4.1-mini"  # as LiteLLM writes models
_OPENAI = "openai/"  # how it writes those of OpenAI and of any server that speaks its protocol


class SettingsError(GlassboxError):
    """A setting cannot be used. The text says which one and why."""


@dataclass(frozen=True)
class ModelSpec:
    """What a source needs to make a model.

    Attributes:
        model: The name of the model as typed; "" for the source's default.
        address: The address of the server as typed; "" for the source's own.
        key: A key for the model's service; "" for none. Without one, the owner's keys are used if the owner shares
            them.
        config: Says whether the owner shares keys.
        settings: What the requests say beside their messages.
    """

    model: str
    address: str
    key: str = field(repr=False)
    config: Config
    settings: ModelSettings = field(default_factory=ModelSettings)

    @property
    def spends_nobodys(self) -> bool:
        """Whether nobody pays: there is no key, no server of the person's own, and no owner who shares keys."""
        return not (self.key or self.address or self.config.share_keys)


@dataclass(frozen=True)
class ModelSource:
    """One source of models.

    Attributes:
        name: The name under which the browser keeps it.
        make: Makes a model. Raises GlassboxError if the model cannot be used: none is named, strangers may not name
            it, or it needs a key.
        fields: The fields that a person can fill in for it. Other fields count as empty, whatever was typed before.
        usual_model: The model that it uses if none is named; "" where one has to be named.
        key_scope: Returns a text for the name of a model. A key that is typed for one model may be used for all models
            with the same text. By default, these are all models of the source.
        takes_sign_in: Whether the visitor's sign-in to Hugging Face serves as a key. It is never sent to an address
            that a person typed.
        owner_has_key: Returns whether the owner has a key that may be spent, which may take a moment; None for a source
            that costs nothing.
        prepare: Loads what its models need, in a thread, because that takes seconds; None for nothing.
        choose: Returns the source to use instead, given the visitor's key; None for a source that is always used
            itself.
    """

    name: str
    make: Callable[[ModelSpec], Model]
    fields: frozenset[ModelField] = frozenset()
    usual_model: str = ""
    key_scope: Callable[[str], str] = lambda _: ""
    takes_sign_in: bool = False
    owner_has_key: Callable[[], bool] | None = None
    prepare: Callable[[], object] | None = None
    choose: Callable[[str, Config], Awaitable["ModelSource"]] | None = None

    @property
    def label(self) -> str:
        """Its name for people."""
        return words(f"sources.{self.name}")

    @property
    def model_placeholder(self) -> str:
        """The text in the field for the model's name while that is empty."""
        return self.usual_model or words("sources.example", model=_EXAMPLE)

    def shown_fields(self, config: Config) -> frozenset[ModelField]:
        """Return the fields to show. Visitors get no field for an address, which could be in the app's own network."""
        return self.fields - {"address"} if config.public else self.fields


def provider_scope(model: str) -> str:
    """Return the provider in a LiteLLM name if it always has the same address, and otherwise the whole name."""
    provider = public_provider(model)
    return provider.prefix if provider else model


def _make_demo(_: ModelSpec) -> Model:
    return demo_model()


def _make_hub_model(spec: ModelSpec) -> Model:
    if spec.spends_nobodys:
        raise SettingsError(words("sources.no_token_on_space" if spec.config.space_id else "sources.no_token"))
    return HubModel(
        spec.model or DEFAULT_HUB_MODEL,
        token=spec.key or None,
        base_url=spec.address or None,
        find_key=spec.config.share_keys,
        **spec.settings,
    )


def _make_litellm_model(spec: ModelSpec) -> Model:
    name, config = spec.model, spec.config
    if not name:
        raise SettingsError(words("sources.name_model", model=_EXAMPLE))
    provider = public_provider(name)
    if not provider and (config.public or not config.share_keys):
        raise SettingsError(ONLY_THESE)
    if provider and spec.spends_nobodys:
        raise SettingsError(words("sources.type_key", provider=provider.title))
    if spec.address and name.startswith(_OPENAI):  # which is read at a tenth of the cost, without litellm's import
        own_name = name.removeprefix(_OPENAI)
        return OpenAIModel(own_name, base_url=spec.address, api_key=spec.key or None, **spec.settings)
    return LiteLLMModel(
        name, api_key=spec.key or None, api_base=spec.address or None, find_key=config.share_keys, **spec.settings
    )


async def _hub_or_demo(key: str, config: Config) -> ModelSource:
    has_token = bool(key) or (config.share_keys and bool(await asyncio.to_thread(hub_token)))
    return HUB if has_token and await hub_reachable() else DEMO


_ALL_FIELDS: frozenset[ModelField] = frozenset({"model", "key", "address", "fallback"})

DEMO = ModelSource("demo", _make_demo)
HUB = ModelSource(
    "hub",
    _make_hub_model,
    fields=_ALL_FIELDS,
    usual_model=DEFAULT_HUB_MODEL,
    takes_sign_in=True,
    owner_has_key=lambda: bool(hub_token()),
)
LITELLM = ModelSource(
    "litellm",
    _make_litellm_model,
    fields=_ALL_FIELDS,
    key_scope=provider_scope,
    owner_has_key=lambda: any(os.environ.get(provider.variable) for provider in PROVIDERS),
    prepare=load_litellm,
)
AUTOMATIC = replace(HUB, name="auto", fields=frozenset(), choose=_hub_or_demo)

MODEL_SOURCES = (AUTOMATIC, HUB, LITELLM, DEMO)
"""All sources, in the order in which the settings list them."""


def find_model_source(name: object) -> ModelSource:
    """Return the source of models with this name; AUTOMATIC if there is none, because a browser can send anything."""
    return next((source for source in MODEL_SOURCES if source.name == name), AUTOMATIC)


def is_demo(model: Model) -> bool:
    """Return whether this is the demo's model. Its replies need an agent that writes code, and recorded tools."""
    return isinstance(model, ScriptedModel)
