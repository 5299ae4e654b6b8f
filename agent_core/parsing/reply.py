"""What a reply says, and the pieces in which it is shown while it streams."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class ActionCall:
    """One call of a tool that a reply asks for.

    id: as the service gave it; "" where the call came as text. problem: why the arguments could not be read, or "".
    """

    id: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Reply:
    """What a reply says.

    kind: "code" (an action to run), "answer" (prose alone) or "unclear": nothing at all, a draft that was never
    finished, or the mere announcement of an action. What an unclear reply says stands in both `thought` and `answer`.
    calls: what the code was asked for by: calls of tools, whose Python is the code; none where it came as Python.
    """

    kind: Literal["code", "answer", "unclear"]
    thought: str = ""
    code: str = ""
    answer: str = ""
    calls: tuple[ActionCall, ...] = ()

    @property
    def text(self) -> str:
        """The reply as it is remembered: the thought and the code in a fence, or the answer."""
        if self.kind != "code":
            return self.answer
        longest = max((len(marks) for marks in re.findall(r"^\s*(`{3,})", self.code, re.MULTILINE)), default=2)
        fence = "`" * (longest + 1)
        return f"{self.thought}\n{fence}python\n{self.code}\n{fence}".lstrip("\n")


@dataclass(frozen=True)
class Piece:
    """A stretch of a streaming reply: prose (thought or answer) or code."""

    kind: Literal["prose", "code"]
    text: str
