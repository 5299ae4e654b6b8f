"""smolagents' GradioUI with the same prepared replies: python -m bench.peer_page FOLDER."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smolagents import CodeAgent, GradioUI
from smolagents.models import ChatMessage, ChatMessageStreamDelta, MessageRole, Model

_CHUNK_CHARACTERS = 6
_DELAY = 0.02  # seconds, as in the app's demo


class Scripted(Model):
    """Streams the replies of a script of the app's kind, in the peer's form."""

    def __init__(self, script: str) -> None:
        super().__init__(model_id="scripted")
        self._replies = [_as_peer_writes(reply) for reply in script.split("<!-- reply -->")[1:]]
        self._given = 0

    def generate_stream(self, *_: Any, **__: Any) -> Iterator[ChatMessageStreamDelta]:
        reply = self._next()
        for start in range(0, len(reply), _CHUNK_CHARACTERS):
            time.sleep(_DELAY)
            yield ChatMessageStreamDelta(content=reply[start : start + _CHUNK_CHARACTERS])

    def generate(self, *_: Any, **__: Any) -> ChatMessage:
        return ChatMessage(role=MessageRole.ASSISTANT, content=self._next())

    def _next(self) -> str:
        self._given += 1
        return self._replies[(self._given - 1) % len(self._replies)]


def _as_peer_writes(reply: str) -> str:
    """Return the reply with its code between the peer's tags, and an answer as a call, which it wants."""
    if "```python" in reply:
        return reply.strip().replace("```python", "<code>").replace("```", "</code>")
    return f"<code>\nfinal_answer({reply.strip()!r})\n</code>"


if __name__ == "__main__":
    script = (Path(sys.argv[1]) / "ten.md").read_text(encoding="utf-8")
    agent = CodeAgent(tools=[], model=Scripted(script), stream_outputs=True, verbosity_level=0)
    GradioUI(agent).launch(share=False, server_port=int(os.environ["PORT"]))
