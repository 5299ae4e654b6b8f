"""The pieces of a model's reply, whatever the model is: one that a program brings may fail in any way."""

import logging
import traceback
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

from agent_core.errors import GlassboxError, ModelError
from agent_core.models.base import Message, Model, ModelChunk
from agent_core.models.settings import ModelSettings
from agent_core.net.redaction import in_a_line

logger = logging.getLogger(__name__)


async def pieces_of(
    model: Model, messages: Sequence[Message], tools: Sequence[dict[str, Any]] | None, settings: ModelSettings
) -> AsyncGenerator[ModelChunk, None]:
    """Stream a reply; see `Model.stream`.

    Raises:
        ModelError: The request failed, also where the model raised something else.
    """
    try:
        async with aclosing(model.stream(messages, tools=tools, **settings)) as chunks:
            async for chunk in chunks:
                yield _checked(chunk)
    except (GlassboxError, TimeoutError):
        raise
    except Exception as error:
        sentence = f"The model {model.name} failed: {in_a_line(error)}"
        logger.error("%s\n%s", sentence, "".join(traceback.format_tb(error.__traceback__)))  # noqa: TRY400 - no secret
        raise ModelError(sentence) from error


def _checked(chunk: object) -> ModelChunk:
    if not isinstance(chunk, ModelChunk):
        raise TypeError(f"it streamed {type(chunk).__name__} in place of a ModelChunk")
    return chunk
