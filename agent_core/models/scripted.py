"""A model whose replies are prepared in files, for demos and tests. The code in them really runs."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any, Unpack

from agent_core.models.base import (
    Capabilities,
    Message,
    ModelChunk,
    estimate_message_tokens,
    estimate_tokens,
    text_of,
)
from agent_core.models.settings import ModelSettings
from agent_core.prompts import NEXT_QUESTION
from agent_core.usage import Usage

_REPLY_MARK = "<!-- reply -->"
_CHUNK_CHARACTERS = 6


class ScriptedModel:
    """A model that answers the questions it has scripts for, and says of others that it does not know them.

    Args:
        folder: The folder with one Markdown file for each script. Its first line is the question (`# What is …?`); each
            reply follows a line `<!-- reply -->`. `unknown.md` answers all other questions; {{questions}} in it is
            replaced by the list of known ones.
        delay: Seconds between two pieces of a few characters, so that the reply appears to stream.
    """

    name = "demo"
    context_window: int | None = None
    capabilities = Capabilities()

    def __init__(self, folder: Path, *, delay: float = 0.02) -> None:
        self._delay = delay
        self._unknown = (folder / "unknown.md").read_text(encoding="utf-8")
        scripts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md")) if path.stem != "unknown"]
        self._scripts = dict(_read_script(script) for script in scripts)

    @property
    def questions(self) -> list[str]:
        """The questions that it can answer."""
        return list(self._scripts)

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Any]] | None = None,
        **settings: Unpack[ModelSettings],
    ) -> AsyncGenerator[ModelChunk, None]:
        """Stream the prepared reply for this point of the chat, whatever is set; see Model.stream."""
        reply = self._reply(messages)
        for start in range(0, len(reply), _CHUNK_CHARACTERS):
            await asyncio.sleep(self._delay)
            yield ModelChunk(text=reply[start : start + _CHUNK_CHARACTERS])
        sent = sum(map(estimate_message_tokens, messages))
        yield ModelChunk(usage=Usage(sent, estimate_tokens(reply), requests=1, estimated=True))

    def _reply(self, messages: Sequence[Message]) -> str:
        question, replies_given = _last_question(messages)
        for known, replies in self._scripts.items():
            if _plain(known) == _plain(question) and replies_given < len(replies):
                return replies[replies_given]
        listed = "\n".join(f"- {known}" for known in self.questions)
        return self._unknown.replace("{{questions}}", listed)


def _read_script(text: str) -> tuple[str, list[str]]:
    title, *replies = text.split(_REPLY_MARK)
    return title.strip().removeprefix("# "), [reply.strip() for reply in replies]


def _last_question(messages: Sequence[Message]) -> tuple[str, int]:
    """Return the question being answered, and how many replies it has had. An observation follows a reply with code."""
    replies = 0
    for position in range(len(messages) - 1, 0, -1):
        message, before = messages[position], messages[position - 1]
        if message["role"] == "assistant":
            replies += 1
        elif NEXT_QUESTION in text_of(message):
            return text_of(message).rsplit(NEXT_QUESTION, 1)[1], replies
        elif before["role"] == "system" or "```python" not in text_of(before):
            return text_of(message), replies
    return "", replies


def _plain(text: str) -> str:
    """Return a question without case, spaces and punctuation, so that small differences do not matter."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()
