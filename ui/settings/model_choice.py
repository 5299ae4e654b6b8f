"""Chooses the models to ask, from a person's settings and key."""

from typing import NamedTuple

from agent_core import ModelSettings
from agent_core.models.base import Model
from ui.config import Config
from ui.settings.model_sources import ModelField, ModelSource, ModelSpec, SettingsError, find_model_source
from ui.settings.settings import Settings
from ui.texts import words


class KeyPlace(NamedTuple):
    """Where a key may be sent, and nowhere else.

    Attributes:
        source: The name of the source of models.
        scope: See ModelSource.key_scope.
        address: The address of the server; "" for the source's own.
    """

    source: str
    scope: str
    address: str


def key_place(settings: Settings, config: Config) -> KeyPlace:
    """Return where a key that is typed with these settings may be sent."""
    scope = find_model_source(settings.source).key_scope(_typed(settings, "model", config))
    return KeyPlace(settings.source, scope, _typed(settings, "address", config))


def takes_sign_in(settings: Settings, config: Config) -> bool:
    """Return whether the visitor's sign-in to Hugging Face may be sent where these settings lead."""
    return find_model_source(settings.source).takes_sign_in and not _typed(settings, "address", config)


async def choose_model_source(settings: Settings, key: str, config: Config) -> ModelSource:
    """Return the source of models for these settings: the named one, or the result of the automatic choice."""
    source = find_model_source(settings.source)
    return await source.choose(key, config) if source.choose else source


def make_models(settings: Settings, source: ModelSource, key: str, config: Config) -> list[Model]:
    """Return the model for these settings, and its fallback if there is one.

    Args:
        settings: The person's settings.
        source: The source that `choose_model_source` returned for them.
        key: The key of the model's provider, "" for none; a fallback of another provider gets none.
        config: Says whose keys may be used.

    Raises:
        GlassboxError: A model cannot be used: none is named, strangers may not name it, or it needs a key.
    """
    model, address, fallback = (_typed(settings, name, config) for name in ("model", "address", "fallback"))
    asked = _asked(settings)
    models = [source.make(ModelSpec(model, address, key, config, asked))]
    if fallback:
        same = source.key_scope(fallback) == source.key_scope(model)
        if not (same or config.share_keys):
            raise SettingsError(words("sources.other_fallback"))
        models.append(source.make(ModelSpec(fallback, address, key if same else "", config, asked)))
    return models


def _asked(settings: Settings) -> ModelSettings:
    """Return what the requests to the models say, as far as the person set it."""
    return {
        "temperature": settings.temperature,
        "top_p": settings.top_p,
        "seed": settings.seed,
        "max_tokens": settings.reply_tokens,
    }


def _typed(settings: Settings, field: ModelField, config: Config) -> str:
    """Return what was typed in a field; "" if the source of models of these settings does not show that field."""
    shown = field in find_model_source(settings.source).shown_fields(config)
    return getattr(settings, field).strip() if shown else ""
