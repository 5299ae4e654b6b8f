"""How many tokens requests to models used, and what they cost."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Usage:
    """Tokens of one or more requests, and what they cost. Two can be added.

    Attributes:
        input_tokens: of the messages that were sent.
        output_tokens: of the replies.
        requests: how many there were.
        estimated: some tokens were not counted by the service but estimated, as after a stream that was cut.
        cached_tokens: the part of the input that the provider's prompt cache served.
        cost: US dollars of the requests whose price is known; None if no price is known.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    requests: int = 0
    estimated: bool = False
    cached_tokens: int = 0
    cost: float | None = None

    @property
    def total_tokens(self) -> int:
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
        """Return what was added since this sum was `earlier`."""
        return Usage(
            self.input_tokens - earlier.input_tokens,
            self.output_tokens - earlier.output_tokens,
            self.requests - earlier.requests,
            self.estimated,
            self.cached_tokens - earlier.cached_tokens,
            None if self.cost is None else self.cost - (earlier.cost or 0.0),
        )
