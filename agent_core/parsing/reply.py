"""The contents of a reply, and the pieces in which it is shown while it streams."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class ActionCall:
    """One call of a tool that a reply asks for.

    Attributes:
        id: The id that the service gave it; "" if the call came as text.
        name: The tool's name.
        arguments: The arguments, by parameter name, as plain JSON values.
        problem: Why the arguments could not be read; "" if they could.
    """

    id: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Reply:
    """What a reply says.

    Attributes:
        kind: "code" (an action to run), "answer" (prose only) or "unclear" (nothing at all, a draft that was never
            finished, or only the announcement of an action).
        thought: The prose before the code. If the reply is unclear, all that it says.
        code: The Python to run.
        answer: The prose of an answer. If the reply is unclear, all that it says.
        calls: The calls of tools that the code stands for; none if the reply contains the Python itself.
    """

    kind: Literal["code", "answer", "unclear"]
    thought: str = ""
    code: str = ""
    answer: str = ""
    calls: tuple[ActionCall, ...] = ()

    @property
    def text(self) -> str:
        """The reply as it is shown to the model again: the thought and the code in a fence, or the answer."""
        if self.kind != "code":
            return self.answer
        longest = max((len(marks) for marks in re.findall(r"^\s*(`{3,})", self.code, re.MULTILINE)), default=2)
        fence = "`" * (longest + 1)
        return f"{self.thought}\n{fence}python\n{self.code}\n{fence}".lstrip("\n")


@dataclass(frozen=True)
class Piece:
    """A part of a reply that streams.

    Attributes:
        kind: "prose" (thought or answer) or "code".
        text: The new text.
    """

    kind: Literal["prose", "code"]
    text: str
