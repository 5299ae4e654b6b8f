"""What an agent may ask the person in the middle of a run."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """The agent needs to know something of the person, and waits for the answer.

    id: unique, the same as in the QuestionAsked event. options: answers to choose from; any other text is one, too.
    """

    id: str
    text: str
    options: tuple[str, ...] = ()


AskUser = Callable[[Question], Awaitable[str]]
