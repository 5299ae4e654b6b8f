"""What was read of a reply so far, and the block that is open.

A block takes the part of a line that has arrived, and returns how much of it was read. Its decisions must not depend
on how much of the line has arrived: it reads nothing as long as more text could change the decision.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from agent_core.parsing.call_to_python import Action
from agent_core.parsing.reply import Piece, Reply


class OpenBlock(Protocol):
    """Reads a block that a dialect opened, up to its end."""

    def take(self, line: str, fresh: bool, whole: bool) -> int:
        """Read what is certain of a line.

        Args:
            line: The part of a line that has arrived and is not read yet.
            fresh: Whether it begins where the line begins.
            whole: Whether it ends where the line ends.

        Returns:
            How many characters were read.
        """
        ...

    def end(self) -> None:
        """End the block, because the reply is over."""
        ...


@dataclass
class ParserState:
    """What was read so far. Dialects and blocks write to it.

    Attributes:
        accepts: Returns whether a call or code may be the action here; any other is prose.
        begins_with_mark: Returns whether a line begins with a dialect's mark, which ends a program without marks.
        prose: The texts of the prose, as written.
        code: The texts of the code, as written.
        draft: The text of a thinking block that was never closed.
        drafted: Whether there was a thinking block.
        recipient: The recipient of the next message if the model's marks name one; "" otherwise.
        finished: Whether the action is complete, or the reply is over.
        unclosed: Whether the reply ended within the arguments of a call.
        pieces: What was not shown yet.
        open_block: Reads what comes; None while that is prose.
    """

    accepts: Callable[[Action], bool]
    begins_with_mark: Callable[[str], bool]
    prose: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    draft: str = ""
    drafted: bool = False
    recipient: str = ""
    finished: bool = False
    unclosed: bool = False
    pieces: list[Piece] = field(default_factory=list)
    open_block: OpenBlock | None = None

    def say(self, text: str, shown: int = 0) -> None:
        """Add text to the prose, whose first `shown` characters were shown before."""
        self.prose.append(text)
        self.show("prose", text[shown:])

    def show(self, kind: Literal["prose", "code"], text: str) -> None:
        """Add text to what is to be shown."""
        if text:
            self.pieces.append(Piece(kind, text))

    def act(self, action: Action) -> None:
        """Make a complete action that of the reply, and show it."""
        if action.thought:
            self.say(action.thought)
        if self.take_action(action):
            self.show("code", action.code)

    def take_action(self, action: Action) -> bool:
        """Make this the action, if it may be one, and otherwise part of the prose. Return whether it is the action."""
        if self.accepts(action):
            self.code.append(action.code)
            self.finished = True
        else:
            self.open_block = None
            self.say(Reply("code", code=action.code.rstrip("\n")).text + "\n")
        return self.finished

    def drop_prose(self) -> None:
        """Drop the prose, which was a draft. It is the reply after all if nothing follows."""
        if self.drafted:
            self.draft = "".join(self.prose).strip() or self.draft
        self.prose.clear()

    def says_something(self) -> bool:
        """Return whether there is any prose."""
        return any(text.strip() for text in self.prose)
