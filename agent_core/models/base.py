"""The interface of models: a model streams a reply to a list of messages."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Protocol, TypedDict

from agent_core.usage import Usage

IMAGE_TOKENS = 1_000  # about what services count for one image


class FunctionCall(TypedDict):
    """The function that a model calls. arguments: JSON, as the model wrote it."""

    name: str
    arguments: str


class MessageCall(TypedDict):
    """One native tool call in an assistant's message."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class Message(TypedDict):
    """One message of a conversation, in the form that chat-completion services take.

    Attributes:
        role: who speaks; "tool" answers a tool call.
        content: text, or parts: {"type": "text", "text": …}, {"type": "image_url", "image_url": {"url": "data:…"}}.
        tool_calls: the native tool calls of an assistant's message.
        tool_call_id: of the call that a message of role "tool" answers.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]]
    tool_calls: NotRequired[list[MessageCall]]
    tool_call_id: NotRequired[str]


@dataclass(frozen=True)
class Capabilities:
    """What a model can do.

    Attributes:
        tools: it supports native tool calls.
        vision: it sees images.
        code_calls: it writes code better in a native tool call than in its text, so that this is the default for it.
    """

    tools: bool = False
    vision: bool = False
    code_calls: bool = False


@dataclass(frozen=True)
class CallDelta:
    """A piece of a native tool call.

    Attributes:
        index: of the call within its reply, from 0.
        id, name: of the call and of its function; only the first piece has them.
        arguments: a piece of the JSON text.
    """

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True)
class ModelChunk:
    """A piece of a streamed reply: text, reasoning, part of a tool call, or (usually last) the tokens used."""

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    call: CallDelta | None = None


class Model(Protocol):
    """A language model.

    Attributes:
        name: as its service knows it.
        context_window: tokens of input and output together; None if unknown.
        capabilities: what it can do.
    """

    @property
    def name(self) -> str: ...

    @property
    def context_window(self) -> int | None: ...

    @property
    def capabilities(self) -> Capabilities: ...

    def stream(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Any]] | None = None,
        stop: Sequence[str] = (),
        max_tokens: int,
        temperature: float | None = None,
    ) -> AsyncGenerator[ModelChunk, None]:
        """Send the messages and yield the reply as it is written. Closing the iterator ends the request.

        Args:
            messages: the conversation, the oldest message first.
            tools: functions that the reply may call, as JSON descriptions that chat-completion services take.
            stop: texts that end the reply and are not part of it.
            max_tokens: the most tokens of the reply.
            temperature: how much chance there is in the reply; None for the service's default.

        Raises:
            ModelError: the request failed; the text is one plain sentence and never holds a key.
            ContextOverflow: the messages are longer than the context window.
        """
        ...


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has: one for every four characters."""
    return (len(text) + 3) // 4


def text_of(message: Message) -> str:
    """Return all text of a message: its content, and the arguments of its tool calls."""
    content = message["content"]
    texts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
    return "".join([*texts, *(call["function"]["arguments"] for call in message.get("tool_calls", []))])


def estimate_message_tokens(message: Message) -> int:
    """Return about how many tokens a message has; an image counts as IMAGE_TOKENS."""
    content = message["content"]
    images = 0 if isinstance(content, str) else sum(part.get("type") == "image_url" for part in content)
    return estimate_tokens(text_of(message)) + images * IMAGE_TOKENS
