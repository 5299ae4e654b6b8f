"""What a model is to the agent: something that streams a reply to a list of messages."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Protocol, TypedDict

from agent_core.usage import Usage

IMAGE_TOKENS = 1_000  # about what a service counts for an image


class FunctionCall(TypedDict):
    """What a model called. arguments: JSON, as the model wrote it."""

    name: str
    arguments: str


class MessageCall(TypedDict):
    """One native tool call inside an assistant's message."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class Message(TypedDict):
    """One message of a conversation, in the form that chat-completion services take.

    content: text, or parts: {"type": "text", "text": …}, {"type": "image_url", "image_url": {"url": "data:…"}}.
    A message of role "tool" answers the call with its `tool_call_id`.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]]
    tool_calls: NotRequired[list[MessageCall]]
    tool_call_id: NotRequired[str]


@dataclass(frozen=True)
class Capabilities:
    """What a model can do.

    tools: it takes native tool calls. vision: it sees images. code_calls: it writes code better as a native call than
    in its text, so that this is the default for it.
    """

    tools: bool = False
    vision: bool = False
    code_calls: bool = False


@dataclass(frozen=True)
class CallDelta:
    """A piece of a native tool call. index: of the call within its reply. id and name come once, with the first piece.

    arguments: a piece of the JSON text.
    """

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True)
class ModelChunk:
    """A piece of a streamed reply: text, reasoning, part of a tool call, or (usually last) what the request cost."""

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    call: CallDelta | None = None


class Model(Protocol):
    """A language model.

    name: as its service knows it. context_window: tokens of input and output together; None where it is not known.
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
        """Send the messages and yield the reply as it is written.

        tools: JSON descriptions of functions, as chat-completion services take them, that the reply may call.
        stop: texts that end the reply and are not part of it. max_tokens: of the reply.
        Closing the iterator ends the request. Raises ModelError with one plain sentence, never with a key in it;
        ContextOverflow where the messages are too long.
        """
        ...


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is, where nobody counted them: four characters each."""
    return (len(text) + 3) // 4


def text_of(message: Message) -> str:
    """All that a message says in words: its text, and the arguments of its tool calls."""
    content = message["content"]
    texts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
    return "".join([*texts, *(call["function"]["arguments"] for call in message.get("tool_calls", []))])


def estimate_message_tokens(message: Message) -> int:
    """About how many tokens a message is; an image counts as IMAGE_TOKENS."""
    content = message["content"]
    images = 0 if isinstance(content, str) else sum(part.get("type") == "image_url" for part in content)
    return estimate_tokens(text_of(message)) + images * IMAGE_TOKENS
