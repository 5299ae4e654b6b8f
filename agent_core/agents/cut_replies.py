"""What is said of a reply that is not whole, to the model and to the person."""

from agent_core.parsing import CutReason, Reply

_WHY: dict[CutReason, str] = {
    "length": "was cut off after {room:,} tokens, the most that one reply may have",
    "content_filter": "was cut off by the service's rules on content",
    "circling": "said the same again and again, so it was cut off",
    "unclosed": "ended within the arguments of a call",
}
_ADVICE: dict[CutReason, str] = {
    "length": "Do it in smaller steps: write a part of it now, and the rest after you have seen what came of it.",
    "content_filter": "Go on in another way.",
    "circling": "Write the step again, or the answer.",
    "unclosed": "Write the call again, whole.",
}
_THINK_LESS = "It had no step and no answer yet. Think less, and write one of the two now."


def cut_for_model(reply: Reply) -> str:
    """Return what the model is told of its reply that was cut."""
    if reply.answer:
        return f"Your answer {_why(reply)}."
    advice = _ADVICE[reply.cut or "length"] if reply.text else _THINK_LESS
    return f"Your reply {_why(reply)}. Nothing of it was run. {advice}"


def cut_for_person(reply: Reply) -> str:
    """Return what the page says of it."""
    if reply.answer:
        return f"The answer {_why(reply)}."
    return f"The reply {_why(reply)}. {'Its code was not run' if reply.code else 'The model is asked again'}."


def _why(reply: Reply) -> str:
    return _WHY[reply.cut or "length"].format(room=reply.room)
