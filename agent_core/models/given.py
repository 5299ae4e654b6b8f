"""Checks of what is given as a model, or as the name of one."""

from typing import Any

from agent_core.errors import ModelError

_WAYS = (
    'HubModel("owner/name") for one of the Hub, LiteLLMModel("provider/name") for other providers, '
    'OpenAIModel("name", base_url="http://…") for a server'
)
_PARTS = ("name", "context_window", "capabilities", "stream")


def as_model(given: Any) -> Any:
    """Return what is given as a model if it is one; see Model.

    Raises:
        ModelError: It is none. The text says what to give instead.
    """
    if isinstance(given, str):
        problem = f"{given[:100]!r} is the name of a model, and no model. Make one of it"
    elif given is None:
        problem = "An agent needs a model, and was given None. Make one"
    elif isinstance(given, type):
        problem = f"{given.__name__} is a kind of model, and no model. Call it, or make another one"
    elif lacking := [part for part in _PARTS if not hasattr(given, part)]:
        problem = (
            f"An agent needs a model of this library, and was given an object of the class {type(given).__name__}, "
            f"which has no {', '.join(lacking)}. Make one"
        )
    else:
        return given
    raise ModelError(f"{problem}: {_WAYS}.", code="unknown_model")


def model_name(given: Any) -> str:
    """Return what is given as the name of a model if it can be one.

    Raises:
        ModelError: It is no text, or an empty one.
    """
    if not isinstance(given, str) or not given.strip():
        raise ModelError(f"A model needs a name as its service has it; {given!r:.100} is none.", code="unknown_model")
    return given
