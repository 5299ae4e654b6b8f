"""Checks a model: asks it for a word, and says in a sentence what came of it."""

import asyncio
import time
from contextlib import aclosing
from typing import NamedTuple

from agent_core import LiteLLMModel, ModelError
from agent_core.models import error_mapping
from agent_core.models.base import Message, Model
from agent_core.models.litellm import load_litellm
from ui.model_picker.listed import short_name
from ui.settings.model_sources import is_demo
from ui.texts import words
from ui.texts.numbers import number
from ui.view.remedies import with_remedy

_SECONDS = 30.0
_MOST_TOKENS = 16  # the fewest that all services take
_QUESTION = Message(role="user", content="Answer with one word: ready")


class Checked(NamedTuple):
    """What came of a check.

    Attributes:
        works: Whether the model answers.
        text: A sentence about it, with what to do if it does not.
    """

    works: bool
    text: str


async def check_model(model: Model, *, advise: bool = True) -> Checked:
    """Ask a model for a word. It ends with the first piece of the reply.

    Args:
        model: The model.
        advise: Whether to say which setting could help.
    """
    if advise and is_demo(model):
        return Checked(True, words("picker.demo_answers"))
    if isinstance(model, LiteLLMModel):
        await asyncio.to_thread(load_litellm)  # the first time it takes seconds, which are not the model's
    began = time.monotonic()
    try:
        async with asyncio.timeout(_SECONDS):
            answers = await _begins_to_answer(model)
        if not answers:
            raise error_mapping.failure(error_mapping.EMPTY, model.name)
    except TimeoutError:
        error = error_mapping.failure(error_mapping.SILENT, model.name)
        return Checked(False, with_remedy(str(error), error.code) if advise else str(error))
    except ModelError as error:
        return Checked(False, with_remedy(str(error), error.code) if advise else str(error))
    return Checked(
        True, words("picker.answers", model=short_name(model.name), seconds=number(time.monotonic() - began, 1))
    )


async def _begins_to_answer(model: Model) -> bool:
    async with aclosing(model.stream([_QUESTION], max_tokens=_MOST_TOKENS)) as chunks:
        async for chunk in chunks:
            if chunk.text.strip() or chunk.reasoning or chunk.call or chunk.finish_reason == "length":
                return True
    return False
