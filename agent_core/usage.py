"""How many tokens requests to models used, and what they cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """The tokens of one or more requests, and what they cost. Usages can be added with `+`.

    Attributes:
        input_tokens: Tokens of the messages that were sent.
        output_tokens: Tokens of the replies.
        requests: The number of requests.
        estimated: Whether some tokens are estimates, as after a stream that broke off.
        cached_tokens: The part of the input tokens that the provider's prompt cache served.
        cost: US dollars for the requests whose price is known; None if no price is known.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0
    estimated: bool = False
    cached_tokens: int = 0
    cost: float | None = None

    @property
    def total_tokens(self) -> int:
        """Input and output tokens together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        costs = [usage.cost for usage in (self, other) if usage.cost is not None]
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.requests + other.requests,
            self.estimated or other.estimated,
            self.cached_tokens + other.cached_tokens,
            sum(costs) if costs else None,
        )

    def since(self, earlier: "Usage") -> "Usage":
        """Return the difference to an earlier value of this sum."""
        return Usage(
            self.input_tokens - earlier.input_tokens,
            self.output_tokens - earlier.output_tokens,
            self.requests - earlier.requests,
            self.estimated,
            self.cached_tokens - earlier.cached_tokens,
            None if self.cost is None else self.cost - (earlier.cost or 0.0),
        )
