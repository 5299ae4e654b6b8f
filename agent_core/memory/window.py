"""The context windows of models: their sizes, as far as known, and whether a request fits."""

from collections.abc import Sequence

from agent_core.models.base import Message, Model, estimate_message_tokens
from agent_core.models.settings import MAX_REPLY_TOKENS
from agent_core.usage import Usage

_SPARE = 0.05  # of the window, for errors of estimates
_AFTER_COMPACTION = 0.5  # of the window, at most: a compaction invalidates the provider's cache, so it should be rare
_LEAST_RATIO, _LARGEST_RATIO = 0.5, 4.0


class Windows:
    """The context windows of models by name, learned from requests too."""

    def __init__(self) -> None:
        self._learned: dict[str, tuple[int, int | None]] = {}  # with what the model had said of its window before
        self._ratios: dict[str, float] = {}  # the service's count of tokens, divided by the estimate

    def size(self, model: Model) -> int | None:
        """Return the size of the window in tokens; None if unknown."""
        learned, said = self._learned.get(model.name, (None, None))
        if said and model.context_window and said != model.context_window:
            learned = None  # its server was started anew, with another window
        return min((size for size in (model.context_window, learned) if size), default=None)

    def reply_tokens(self, model: Model, wanted: int | None = None) -> int:
        """Return the most tokens that a reply may have.

        Args:
            model: The model.
            wanted: What the settings say; None for MAX_REPLY_TOKENS and at most a quarter of the window. The messages
                keep half of it in any case.
        """
        size, most = self.size(model), wanted or MAX_REPLY_TOKENS
        return max(1, min(most, size // (2 if wanted else 4))) if size else most

    def tokens(self, model: Model, messages: Sequence[Message]) -> int:
        """Estimate the number of tokens of the messages for this model."""
        return round(_estimate(messages) * self._ratios.get(model.name, 1.0))

    def excess(self, model: Model, messages: Sequence[Message], reply_tokens: int) -> int:
        """Return how many tokens a compaction should save; 0 if the messages fit, or the window is unknown.

        Args:
            model: The model.
            messages: What is to be sent.
            reply_tokens: How many tokens the reply may have.
        """
        size, tokens = self.size(model), self.tokens(model, messages)
        if size is None or tokens <= (room := round(size * (1 - _SPARE)) - reply_tokens):
            return 0
        return tokens - min(round(size * _AFTER_COMPACTION), room)

    def learn(self, model: Model, messages: Sequence[Message], usage: Usage) -> None:
        """Correct later estimates by the service's count for these messages."""
        if not usage.estimated and (estimate := _estimate(messages)):
            ratio = usage.input_tokens / estimate
            self._ratios[model.name] = min(max(ratio, _LEAST_RATIO), _LARGEST_RATIO)

    def overflowed(self, model: Model, messages: Sequence[Message], window: int | None) -> int:
        """Learn from a service's refusal of these messages as too long.

        Args:
            model: The model.
            messages: The messages that were refused.
            window: The size of the window in tokens, as the service named it; None if it did not. Then it is assumed to
                be a little smaller than the messages.

        Returns:
            How many tokens a compaction should save.
        """
        tokens = self.tokens(model, messages)
        size = window or min(tokens * 9 // 10, self.size(model) or tokens)
        self._learned[model.name] = size, model.context_window
        return max(tokens - round(size * _AFTER_COMPACTION), tokens // 3)


def _estimate(messages: Sequence[Message]) -> int:
    return sum(map(estimate_message_tokens, messages))
