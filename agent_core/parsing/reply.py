"""The contents of a reply, and the pieces in which it is shown while it streams."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from agent_core.parsing.circling import without_circle


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


CutReason = Literal["length", "content_filter", "circling", "unclosed"]
"""Why a reply is not whole: it reached the most tokens; the service's rules on content ended it; it said the same again
and again; it ended within the arguments of a call."""


@dataclass(frozen=True)
class Reply:
    """What a reply says.

    Attributes:
        kind: "code" (an action to run), "answer" (prose only), "unclear" (nothing at all, a draft that was never
            finished, or only the announcement of an action) or "cut" (not whole, so that nothing of it may be run).
        thought: The prose before the code. If the reply is unclear, all that it says.
        code: The Python to run; of a cut reply, what came of it.
        answer: The prose of an answer, also of one that was cut. If the reply is unclear, all that it says.
        calls: The calls of tools that the code stands for; none if the reply contains the Python itself.
        cut: Why the reply is not whole; None if it is.
        room: How many tokens a cut reply had.
    """

    kind: Literal["code", "answer", "unclear", "cut"]
    thought: str = ""
    code: str = ""
    answer: str = ""
    calls: tuple[ActionCall, ...] = ()
    cut: CutReason | None = None
    room: int = 0

    def as_cut(self, reason: CutReason, room: int) -> "Reply":
        """Return the reply as one that was cut. An answer stays, an action must not be run, and a draft is dropped.

        Of what circles, one period stays.

        Args:
            reason: Why it was cut.
            room: How many tokens it had.
        """
        said = (self.thought, self.code, self.answer) if self.kind != "unclear" else ("", "", "")
        thought, code, answer = map(without_circle, said) if reason == "circling" else said
        return Reply("cut", thought=thought, code=code, answer=answer, cut=reason, room=room)

    @property
    def text(self) -> str:
        """The reply as it is shown to the model again: the thought and the code in a fence, or the answer."""
        if not self.code:
            return self.answer or self.thought
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
