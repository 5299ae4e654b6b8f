"""A model whose replies are written down, for demos and tests. The code in them really runs."""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from pathlib import Path
from typing import Any, Unpack

from agent_core.errors import GlassboxError, ModelError
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
    """A model whose replies are written down, for demos and tests: no key, no network, the same replies each time.

    Args:
        script: The replies, one for each request, whatever is asked. Or a folder with one Markdown file for each
            question that it knows: the first line is the question (`# What is …?`), and each reply follows a line
            `<!-- reply -->`. `unknown.md` answers all other questions; {{questions}} in it is replaced by the list of
            known ones.
        delay: Seconds between two pieces of a few characters, so that the reply appears to stream.

    Raises:
        GlassboxError: The script is a text.

    >>> model = ScriptedModel(["I calculate.\\n```python\\nfinal_answer(6 * 7)\\n```"])
    >>> print(CodeAgent(model).run_sync("What is 6 times 7?").answer)
    42
    """

    name = "demo"
    context_window: int | None = None
    capabilities = Capabilities()

    def __init__(self, script: Path | Iterable[str], *, delay: float = 0) -> None:
        if isinstance(script, str):
            raise GlassboxError("Give the replies of a ScriptedModel as a list, or their folder as a Path.")
        self._delay = delay
        self._script = _ScriptFolder(script) if isinstance(script, Path) else _RepliesInOrder(script)

    @property
    def questions(self) -> list[str]:
        """The questions that it can answer; none if its replies come in their order."""
        return list(self._script.questions)

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Any]] | None = None,
        **settings: Unpack[ModelSettings],
    ) -> AsyncGenerator[ModelChunk, None]:
        """Stream the prepared reply for this point of the chat, whatever is set; see Model.stream."""
        reply = self._script.reply(messages)
        for start in range(0, len(reply), _CHUNK_CHARACTERS):
            await asyncio.sleep(self._delay)
            yield ModelChunk(text=reply[start : start + _CHUNK_CHARACTERS])
        sent = sum(map(estimate_message_tokens, messages))
        yield ModelChunk(usage=Usage(sent, estimate_tokens(reply), requests=1, estimated=True))


class _RepliesInOrder:
    """Replies that are given one after the other."""

    questions = ()

    def __init__(self, replies: Iterable[str]) -> None:
        self._replies = iter(replies)

    def reply(self, messages: Sequence[Message]) -> str:
        try:
            return next(self._replies)
        except StopIteration:
            raise ModelError("There is no reply left in the script. Write one for each request.") from None


class _ScriptFolder:
    """Scripts in files."""

    def __init__(self, folder: Path) -> None:
        self._unknown = (folder / "unknown.md").read_text(encoding="utf-8")
        scripts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md")) if path.stem != "unknown"]
        self.questions = dict(_read_script(script) for script in scripts)

    def reply(self, messages: Sequence[Message]) -> str:
        question, replies_given = _last_question(messages)
        for known, replies in self.questions.items():
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
