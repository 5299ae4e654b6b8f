"""Questions that a tool asks the person in the middle of a run."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from agent_core.reply_time import ReplyTime


@dataclass(frozen=True)
class Question:
    """A question that waits for the person's answer.

    Attributes:
        id: A unique id, the same as in the QuestionAsked event.
        text: The question.
        options: Answers to choose from. Any other text is an answer too.
        time: How long the person has; by then the agent goes on without an answer.
    """

    id: str
    text: str
    options: tuple[str, ...] = ()
    time: ReplyTime = field(default_factory=ReplyTime, compare=False, repr=False)


AskUser = Callable[[Question], Awaitable[str]]
"""Puts a question to the person and returns the answer."""
