"""What tests of the documentation share: written replies in place of a model."""

import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from agent_core import Capabilities, Message, ModelChunk, ScriptedModel


class Replies(ScriptedModel):
    """Written replies. sent: the messages of each request, as JSON. Sees images."""

    capabilities = Capabilities(vision=True)

    def __init__(self, texts: Sequence[str]) -> None:
        super().__init__(texts)
        self.sent: list[str] = []

    def stream(self, messages: Sequence[Message], **options: Any) -> AsyncGenerator[ModelChunk, None]:
        self.sent.append(json.dumps(messages))
        return super().stream(messages, **options)


def replies(*texts: str) -> Replies:
    return Replies(texts)
