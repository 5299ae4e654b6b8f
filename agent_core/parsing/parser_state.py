"""What was read of a reply so far, and the block that is open.

A block takes the text of a line, as far as it has come, and says how much of it is done with. What it decides about
the beginning of a line must not depend on how much of it has come: it takes nothing while that could still change.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from agent_core.parsing.call_to_python import Action
from agent_core.parsing.reply import Piece, Reply


class OpenBlock(Protocol):
    """Reads what a dialect opened, until it ends."""

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        """Return how much of the line is done with.

        Args:
            line: what has come of a line and is not done with.
            fresh: it starts at the line's start.
            whole: nothing more comes on the line.
        """
        ...

    def end(self) -> None:
        """The reply is over."""
        ...


@dataclass
class ParserState:
    """What was read so far. Dialects and blocks write to it.

    accepts: whether code may be an action here; other code is prose.
    begins_with_mark: whether a line begins with the mark of a dialect, which ends a program that stands in the open.
    prose, code: as they were written.
    draft: the text of a thinking block that was never closed. drafted: there was a thinking block.
    recipient: of the message that comes, where a model's marks name one.
    finished: the action is complete, or the reply is over.
    pieces: what was not yet shown.
    open_block: reads what comes; None: it is prose.
    """

    accepts: Callable[[str], bool]
    begins_with_mark: Callable[[str], bool]
    prose: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    draft: str = ""
    drafted: bool = False
    recipient: str = ""
    finished: bool = False
    pieces: list[Piece] = field(default_factory=list)
    open_block: OpenBlock | None = None

    def say(self, text: str, shown: int = 0) -> None:
        """Add text to the prose. shown: how many of its characters were shown before."""
        self.prose.append(text)
        self.show("prose", text[shown:])

    def show(self, kind: Literal["prose", "code"], text: str) -> None:
        if text:
            self.pieces.append(Piece(kind, text))

    def act(self, action: Action) -> None:
        """Let an action that is complete be the reply's, and show it."""
        if action.thought:
            self.say(action.thought)
        if self.take_action(action.code):
            self.show("code", action.code)

    def take_action(self, code: str) -> bool:
        """Let code be the action. Return whether it may be one; else it becomes part of the prose."""
        if self.accepts(code):
            self.code.append(code)
            self.finished = True
        else:
            self.open_block = None
            self.say(Reply("code", code=code.rstrip("\n")).text + "\n")
        return self.finished

    def says_something(self) -> bool:
        return any(text.strip() for text in self.prose)
