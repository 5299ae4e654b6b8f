"""What was read of a reply so far, and what a state of its reading is.

Each state takes the text of a line, as far as it has come, and says how much of it is done with. What it decides about
the beginning of a line must not depend on how much of it has come: it takes nothing while that could still change.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from agent_core.parsing.call_syntax import Action
from agent_core.parsing.reply import Piece, Reply


class State(Protocol):
    def take(self, line: str, fresh: bool, whole: bool) -> int:
        """How much of the line is done with. fresh: it starts at the line's start. whole: nothing more comes on it."""
        ...

    def end(self) -> None:
        """The reply is over."""
        ...


@dataclass
class Record:
    """What was read so far.

    prose, code: as they were written. draft: of a thinking block that is still open. drafted: there was one. recipient:
    of the message that comes, where a model's marks name one. state: what is open; None: prose. accepts: whether code
    may be an action here; other code is prose.
    """

    prose: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    draft: str = ""
    drafted: bool = False
    recipient: str = ""
    finished: bool = False
    pieces: list[Piece] = field(default_factory=list)
    state: State | None = None
    accepts: Callable[[str], bool] = lambda code: True

    def say(self, text: str, shown: int = 0) -> None:
        self.prose.append(text)
        self.show("prose", text[shown:])

    def show(self, kind: Literal["prose", "code"], text: str) -> None:
        if text:
            self.pieces.append(Piece(kind, text))

    def act(self, action: Action) -> None:
        """The action is complete."""
        if action.thought:
            self.say(action.thought)
        if self.take_action(action.code):
            self.show("code", action.code)

    def take_action(self, code: str) -> bool:
        """Let code be the action. Returns whether it may be one; else it becomes part of the prose."""
        if self.accepts(code):
            self.code.append(code)
            self.finished = True
        else:
            self.state = None
            self.say(Reply("code", code=code.rstrip("\n")).text + "\n")
        return self.finished

    def says_something(self) -> bool:
        return any(text.strip() for text in self.prose)
