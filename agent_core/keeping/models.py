"""Models as they are kept, and made again with a key that whoever loads them gives."""

from collections.abc import Callable
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.keeping.records import ModelRecord
from agent_core.models.base import Model
from agent_core.models.hub import HubModel
from agent_core.models.litellm import LiteLLMModel
from agent_core.models.openai import OpenAIModel
from agent_core.models.served import ServedModel
from agent_core.models.settings import checked
from agent_core.net.urls import without_secrets

_KINDS: dict[str, tuple[Callable[..., Model], str, str]] = {
    "HubModel": (HubModel, "base_url", "token"),
    "OpenAIModel": (OpenAIModel, "base_url", "api_key"),
    "LiteLLMModel": (LiteLLMModel, "api_base", "api_key"),
}
"""The classes that can be made again, and what their arguments for an address and a key are called."""

_UNKNOWN = "The model {name} is a {kind}, which cannot be made again here. Give one to load_agent as `model`."


def record_of_model(model: Model) -> ModelRecord:
    """Return what is kept of a model: never its key, nor what in its address may be one."""
    kind = type(model).__name__
    if not isinstance(model, ServedModel) or kind not in _KINDS:
        return ModelRecord(kind=kind, name=model.name)
    given = model.definition()
    if address := given["address"]:
        given["address"] = without_secrets(address)
    return ModelRecord(kind=kind, **given)


def can_be_made(record: ModelRecord) -> bool:
    """Return whether a model's class is known here, so that the model can be made again."""
    return record.kind in _KINDS


def model_of_record(record: ModelRecord, key: str | None = None) -> Model:
    """Make a model again.

    Args:
        record: What was kept of it.
        key: Its key; None for what the model finds by itself.

    Raises:
        GlassboxError: Its class is not known here, or it cannot be made of these arguments.
    """
    if not can_be_made(record):
        raise GlassboxError(_UNKNOWN.format(name=record.name, kind=record.kind))
    make, address, key_name = _KINDS[record.kind]
    given: dict[str, Any] = {**checked(record.settings), key_name: key}
    for name, value in ((address, record.address), ("context_window", record.context_window)):
        given |= {name: value} if value else {}
    given |= {"capabilities": record.capabilities} if record.capabilities else {}
    given |= {} if record.find_key else {"find_key": False}
    try:
        return make(record.name, **given)
    except TypeError as error:
        raise GlassboxError(f"The model {record.name} cannot be made of what was kept: {error}.") from None
