"""From a person's settings and key to the models that are asked."""

from typing import NamedTuple

from agent_core.models.base import Model
from ui.config import Config
from ui.settings.model_sources import ModelField, ModelSource, ModelSpec, SettingsError, find_model_source
from ui.settings.settings import Settings


class KeyPlace(NamedTuple):
    """Where a key is sent to, and nowhere else.

    Attributes:
        source: the name of a source of models.
        scope: which of its models, as ModelSource.key_scope says.
        address: of the server, "" for the source's own.
    """

    source: str
    scope: str
    address: str


def key_place(settings: Settings, config: Config) -> KeyPlace:
    """Return where a key is sent to that is typed beside these settings."""
    scope = find_model_source(settings.source).key_scope(_typed(settings, "model", config))
    return KeyPlace(settings.source, scope, _typed(settings, "address", config))


def takes_sign_in(settings: Settings, config: Config) -> bool:
    """Return whether the visitor's sign-in to Hugging Face may be sent there."""
    return find_model_source(settings.source).takes_sign_in and not _typed(settings, "address", config)


async def choose_model_source(settings: Settings, key: str, config: Config) -> ModelSource:
    """Return where the model runs for these settings: where they say, or what an automatic choice comes to."""
    source = find_model_source(settings.source)
    return await source.choose(key, config) if source.choose else source


def make_models(settings: Settings, source: ModelSource, key: str, config: Config) -> list[Model]:
    """Return the model for these settings, and its fall-back if there is one.

    Args:
        settings: what a person has set.
        source: what `choose_model_source` gave for them.
        key: of the model's provider, "" for none; a fall-back of another provider gets none.
        config: says whose keys may be spent.

    Raises:
        GlassboxError: a model cannot be used: none is named, strangers may not name it, or it needs a key.
    """
    model, address, fallback = (_typed(settings, name, config) for name in ("model", "address", "fallback"))
    models = [source.make(ModelSpec(model, address, key, config))]
    if fallback:
        same = source.key_scope(fallback) == source.key_scope(model)
        if not (same or config.share_keys):
            raise SettingsError("The fall-back model has to be of the same provider, as the key is for that one only.")
        models.append(source.make(ModelSpec(fallback, address, key if same else "", config)))
    return models


def _typed(settings: Settings, field: ModelField, config: Config) -> str:
    """Return what was typed in a field that not all sources of models have; "" if this one does not show it."""
    shown = field in find_model_source(settings.source).shown_fields(config)
    return getattr(settings, field).strip() if shown else ""
