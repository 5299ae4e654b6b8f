"""What a reply says, and the pieces in which it is shown while it streams."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class ActionCall:
    """One call of a tool that a reply asks for.

    Args:
        id: as the service gave it; "" if the call came as text.
        name: of the tool.
        arguments: by the names of the parameters; plain JSON.
        problem: why the arguments could not be read, or "".
    """

    id: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Reply:
    """What a reply says.

    Args:
        kind: "code" (an action to run), "answer" (prose alone) or "unclear": nothing at all, a draft that was never
            finished, or the mere announcement of an action.
        thought: the prose before the code. Of an unclear reply all that it says.
        code: the Python to run.
        answer: the prose of an answer. Of an unclear reply all that it says.
        calls: the calls of tools that the code stands for; none if the reply had Python itself.
    """

    kind: Literal["code", "answer", "unclear"]
    thought: str = ""
    code: str = ""
    answer: str = ""
    calls: tuple[ActionCall, ...] = ()

    @property
    def text(self) -> str:
        """Return the reply as the model is shown it again: the thought and the code in a fence, or the answer."""
        if self.kind != "code":
            return self.answer
        longest = max((len(marks) for marks in re.findall(r"^\s*(`{3,})", self.code, re.MULTILINE)), default=2)
        fence = "`" * (longest + 1)
        return f"{self.thought}\n{fence}python\n{self.code}\n{fence}".lstrip("\n")


@dataclass(frozen=True)
class Piece:
    """A stretch of a reply that streams.

    Args:
        kind: "prose" (thought or answer) or "code".
        text: what is new of it.
    """

    kind: Literal["prose", "code"]
    text: str
