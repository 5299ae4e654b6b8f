"""What is said of a reply that is not whole, to the model and to the person, and how an answer goes on."""

import re

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

_ANCHOR = 24  # characters that are the same by no chance
_REPEATED = 400  # characters at the end of a cut answer, of which a model may write a part again
_BLOCK = re.compile(r"#{1,6}\s|[-*+|>]\s|\d+[.)]\s|```|~~~")
_NO_SPACE = re.compile(r"[,.;:!?)\]}…\u2e80-\U0003ffff]")
_FENCE = re.compile(r"\A\s*```[^\n`]*\n")


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


def go_on_with(begun: str, more: str) -> str:
    """Return an answer that was cut off together with what the model wrote when it was asked to go on.

    Args:
        begun: The answer up to where it was cut off.
        more: The rest. It may begin with words, or a sentence, that `begun` ends with: it has them once then, as the
            rest has them. If it starts over, it is the whole answer.
    """
    in_block = begun.count("```") % 2 == 1
    if in_block:
        more = _FENCE.sub("", more)  # it goes on within the block
    again_at = _again_at(begun, more)
    if again_at is not None:
        return begun[:again_at] + more
    if in_block or _BLOCK.match(more):
        return f"{begun}\n{more}"
    return f"{begun}{'' if _NO_SPACE.match(more) else ' '}{more}"


def _again_at(begun: str, more: str) -> int | None:
    """Return from where on a cut answer is written again by what follows it; None if nothing of it is."""
    end = max(0, len(begun) - _REPEATED)
    for word in re.finditer(r"\S+", begun[end:]):
        at = end + word.start()
        if more.startswith(begun[at:]) and _is_no_chance(begun[at:], more):
            return at
    anchor = more[:_ANCHOR]
    if len(anchor) < _ANCHOR:
        return None
    return 0 if begun.startswith(anchor) else None if (at := begun.rfind(anchor, end)) < 0 else at


def _is_no_chance(repeated: str, more: str) -> bool:
    """Return whether a repeated end is more than the beginning of another word, as "the" is of "there"."""
    return len(repeated.split()) > 1 or not more[len(repeated) :][:1].isalnum()


def _why(reply: Reply) -> str:
    return _WHY[reply.cut or "length"].format(room=reply.room)
