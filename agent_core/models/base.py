"""The interface of models: a model streams a reply to a list of messages."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Protocol, TypedDict, Unpack

from agent_core.models.settings import ModelSettings
from agent_core.usage import Usage

IMAGE_TOKENS = 1_000  # roughly what services count for one image


class FunctionCall(TypedDict):
    """The function that a model calls.

    Attributes:
        name: The name of the function.
        arguments: The arguments as JSON text, as the model wrote it.
    """

    name: str
    arguments: str


class MessageCall(TypedDict):
    """One native tool call in an assistant's message."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class Message(TypedDict):
    """One message of a chat, in the form that chat-completion services take.

    Attributes:
        role: The author of the message; "tool" for the result of a tool call.
        content: Text, or parts: {"type": "text", "text": …}, {"type": "image_url", "image_url": {"url": "data:…"}}.
        tool_calls: The native tool calls of an assistant's message.
        tool_call_id: The id of the call whose result a message of role "tool" is.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]]
    tool_calls: NotRequired[list[MessageCall]]
    tool_call_id: NotRequired[str]


@dataclass(frozen=True)
class Capabilities:
    """What a model can do.

    Attributes:
        tools: Whether it supports native tool calls.
        vision: Whether it sees images.
        code_calls: Whether it writes code better in a native tool call than in its text, so that this is its default.
    """

    tools: bool = False
    vision: bool = False
    code_calls: bool = False


@dataclass(frozen=True)
class CallDelta:
    """A piece of a native tool call.

    Attributes:
        index: The number of the call in its reply, from 0.
        id: The id of the call; only the first piece has it.
        name: The name of the function, or a piece of it; mostly only the first piece has it.
        arguments: A piece of the arguments' JSON text.
    """

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True)
class PromptProgress:
    """How far a server has read a prompt.

    Attributes:
        read: The tokens that it has read, those that it still knew included.
        total: All tokens of the prompt.
        cached: The tokens that it still knew from earlier requests.
    """

    read: int
    total: int
    cached: int = 0


@dataclass(frozen=True)
class ModelChunk:
    """A piece of a streamed reply.

    Attributes:
        text: A piece of the text.
        reasoning: A piece of the reasoning.
        usage: The tokens of the request so far, usually with the last piece only; None with the others.
        call: A piece of a native tool call; None for none.
        finish_reason: Why the reply ends here, as the service says it: "stop", "tool_calls", "length" (it reached the
            most tokens) or "content_filter"; "" if it does not end here.
        progress: How far the prompt is read, before the reply begins; None if the service does not tell.
    """

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    call: CallDelta | None = None
    finish_reason: str = ""
    progress: PromptProgress | None = None


class Model(Protocol):
    """The interface of language models.

    Attributes:
        name: The model's name at its service.
        context_window: The size of its context window in tokens, input and output together; None if unknown.
        capabilities: What it can do.
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
        **settings: Unpack[ModelSettings],
    ) -> AsyncGenerator[ModelChunk, None]:
        """Send the messages and stream the reply. Closing the iterator ends the request.

        Args:
            messages: The chat, the oldest message first.
            tools: Functions that the reply may call, as JSON descriptions that chat-completion services take.
            **settings: What else the request says; each counts more than what the model was made with. A run always
                says `max_tokens`, and else only what was set. A model of one's own may take them as `**_`.

        Yields:
            The pieces of the reply.

        Raises:
            ModelError: The request failed. The text is one sentence, and never contains a key.
            ContextOverflow: The messages are longer than the context window.
        """
        ...


def estimate_tokens(text: str) -> int:
    """Estimate the number of tokens of a text: one for every four characters."""
    return (len(text) + 3) // 4


def text_of(message: Message) -> str:
    """Return all text of a message: its content, and the arguments of its tool calls."""
    content = message["content"]
    texts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
    return "".join([*texts, *(call["function"]["arguments"] for call in message.get("tool_calls", []))])


def estimate_message_tokens(message: Message) -> int:
    """Estimate the number of tokens of a message; an image counts as IMAGE_TOKENS."""
    content = message["content"]
    images = 0 if isinstance(content, str) else sum(part.get("type") == "image_url" for part in content)
    return estimate_tokens(text_of(message)) + images * IMAGE_TOKENS
