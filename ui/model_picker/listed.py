"""A model as the picker lists it."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from agent_core.models.families import family_of
from agent_core.models.hub import DEFAULT_HUB_MODEL
from ui.settings.model_sources import DEMO, HUB, ModelSource
from ui.settings.settings import Settings
from ui.texts import words

_NOT_FOR_CHATS = re.compile(r"embed|rerank|whisper|\btts\b|moderation|(^|[-_/])ocr", re.IGNORECASE)
_TAIL = re.compile(r"-(instruct|it|chat)$", re.IGNORECASE)  # says nothing: all of them are


@dataclass(frozen=True)
class ListedModel:
    """A model that can be chosen.

    Attributes:
        source: The name of its source of models.
        model: Its name in the settings.
        address: The address of its server; "" for the source's own.
        tools: Whether it supports native tool calls.
        pictures: Whether it sees images.
        context: The size of its context window in tokens; None if unknown.
    """

    source: str
    model: str
    address: str = ""
    tools: bool = False
    pictures: bool = False
    context: int | None = None

    def entry(self) -> dict[str, Any]:
        """Return what the browser is told of it. What is empty or false is left out."""
        named = {**asdict(self), "title": short_name(self.model)}
        return {name: value for name, value in named.items() if value}


def known_model(source: str, model: str, address: str = "", context: int | None = None) -> ListedModel:
    """Return a model with the abilities that are known of its family."""
    family = family_of(model)
    abilities = family.capabilities
    return ListedModel(source, model, address, abilities.tools, abilities.vision, context or family.context_window)


def short_name(model: str) -> str:
    """Return a model's name as people say it: Qwen2.5-Coder-32B for Qwen/Qwen2.5-Coder-32B-Instruct:nebius."""
    name = model.rstrip("/").rpartition("/")[2]
    owner_is_given = "/" in model
    return _TAIL.sub("", name.partition(":")[0] if owner_is_given and not _is_size(name) else name)


def answering(settings: Settings, chosen: ModelSource) -> str:
    """Return the name of the model that answers with these settings.

    Args:
        settings: The person's settings.
        chosen: The source of models that `choose_model_source` returned for them.
    """
    if chosen is DEMO:
        return words("picker.demo")
    named = settings.model.strip() if settings.source == chosen.name else ""
    return short_name(named or (DEFAULT_HUB_MODEL if chosen is HUB else "")) or words("picker.none")


def is_for_chats(model: str) -> bool:
    """Return whether a model may be one to talk with, by its name: servers list what makes vectors or sound, too."""
    return not _NOT_FOR_CHATS.search(model)


def entries(models: Iterable[ListedModel]) -> list[dict[str, Any]]:
    """Return what the browser is told of models."""
    return [model.entry() for model in models]


def _is_size(name: str) -> bool:
    """Return whether what stands after the colon belongs to the name, as Ollama writes qwen3:8b."""
    return bool(re.search(r":[\w.-]*\d", name))
