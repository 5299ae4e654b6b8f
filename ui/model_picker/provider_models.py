"""The models of the public providers, as litellm lists them. Its list is read as a file: to import it takes seconds."""

import functools
import json
import re
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from agent_core.models.providers import Provider, public_provider
from ui.model_picker.listed import ListedModel, is_for_chats
from ui.settings.model_sources import LITELLM

_DATE = re.compile(r"-(20\d\d-?\d\d-?\d\d|latest)$")  # of one state of a model; its name without it means the newest
_LIST = "model_prices_and_context_window_backup.json"


def provider_models(provider: Provider) -> list[ListedModel]:
    """Return the models of a provider to talk with; none if litellm is not installed. May take a moment."""
    of_provider = (provider.prefix, f"{provider.prefix}_chat")
    models = {}
    for name, about in _listed().items():
        if about.get("litellm_provider") in of_provider and about.get("mode") == "chat" and not _is_gone(about):
            model = _model(name, provider, about)
            models[model.model] = model
    return [
        model
        for name, model in models.items()
        if public_provider(name) and is_for_chats(name) and _DATE.sub("", name) not in {*models} - {name}
    ]


def _model(name: str, provider: Provider, about: dict[str, Any]) -> ListedModel:
    prefix = f"{provider.prefix}/"
    context = about.get("max_input_tokens")
    return ListedModel(
        LITELLM.name,
        prefix + name.removeprefix(prefix),
        tools=bool(about.get("supports_function_calling")),
        pictures=bool(about.get("supports_vision")),
        context=context if isinstance(context, int) else None,
    )


def _is_gone(about: dict[str, Any]) -> bool:
    """Return whether the provider has switched a model off, as far as is known."""
    return str(about.get("deprecation_date") or "9999") < datetime.now(UTC).date().isoformat()


@functools.cache
def _listed() -> dict[str, dict[str, Any]]:
    found = find_spec("litellm")
    path = Path(found.origin).with_name(_LIST) if found and found.origin else None
    return json.loads(path.read_text(encoding="utf-8")) if path and path.exists() else {}
