"""What a model is to the agent: something that streams a reply to a list of messages."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypedDict


class Message(TypedDict):
    """One message of a conversation, in the form that chat-completion services take."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Usage:
    """Tokens of one or more requests. estimated: the service did not count them (a stream that was cut), we did."""

    input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0
    estimated: bool = False

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.requests + other.requests,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True)
class ModelChunk:
    """A piece of a streamed reply: text, reasoning, or (usually last) what the request cost."""

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None


class Model(Protocol):
    """A language model.

    name: as its service knows it.
    """

    @property
    def name(self) -> str: ...

    def stream(
        self,
        messages: Sequence[Message],
        *,
        stop: Sequence[str] = (),
        max_tokens: int,
        temperature: float | None = None,
    ) -> AsyncGenerator[ModelChunk, None]:
        """Send the messages and yield the reply as it is written.

        stop: texts that end the reply and are not part of it. max_tokens: of the reply.
        Closing the iterator ends the request. Raises ModelError with one plain sentence, never with a key in it.
        """
        ...


def whole_characters(text: str) -> str:
    """The text with a � for each half of a surrogate pair: a str can hold these, but no request and no page can."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def estimate_tokens(text: str) -> int:
    """About how many tokens a text is, where nobody counted them: four characters each."""
    return (len(text) + 3) // 4
