"""Whether a model acts by native tool calls or in its text."""

from agent_core.models.base import Model
from agent_core.models.error_mapping import ModelFailure, failure

_NO_CALLS = ModelFailure(
    "unsupported",
    "{model} takes no native tool calls, as far as is known, so it cannot act by them. Let it act in its text.",
)


def acts_by_calls(model: Model, wanted: bool | None, *, suits: bool, fallback: bool) -> bool:
    """Return whether to ask a model for native tool calls.

    Args:
        model: The model to ask.
        wanted: Whether the agent is to act so; None for what suits the model.
        suits: Whether it suits the model.
        fallback: Whether it is a fallback, which acts in its text if it takes no calls.

    Raises:
        ModelError: The model is to act by calls, and cannot.
    """
    if wanted and not (model.capabilities.tools or fallback):
        raise failure(_NO_CALLS, model.name)
    return suits if wanted is None else wanted and model.capabilities.tools
