"""What a chat consists of: turns, each a question, and their steps, each one reply of the model and what came of it."""

from dataclasses import dataclass, field
from typing import Literal

from agent_core.execution import FileNote
from agent_core.parsing import ActionCall, Reply

Detail = Literal["whole", "short", "code", "thought", "nothing"]
"""What of a step is sent: all of it; all, with its output cut; no output; neither output nor code; nothing."""


@dataclass
class CompletedCall:
    """A call that a step was. result: what the model is told of it; "" where that is the step's observation."""

    call: ActionCall
    result: str = ""


@dataclass
class Step:
    """One reply of the model and what came of it. No code, or an empty observation, means: nothing was run.

    note: said to the model before its reply. reminder: what it must know of the variables after a compaction.
    plan_request, plan: asked for and made before the step, after the note; "" for none.
    said: the reply's prose. code, calls: its action, and the calls that it was, if it was any; their Python is the
    code. images: what the code showed, as data: URLs. variables: those that changed, see Execution. checkpoint: the
    sandbox's state right after the step. detail: how much of the step is still sent.
    """

    number: int
    note: str = ""
    reminder: str = ""
    plan_request: str = ""
    plan: str = ""
    said: str = ""
    code: str = ""
    calls: list[CompletedCall] = field(default_factory=list)
    observation: str = ""
    images: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    checkpoint: int = 0
    detail: Detail = "whole"

    def keep_reply(self, reply: Reply) -> None:
        self.said, self.code = reply.thought or reply.answer, reply.code
        self.calls = [CompletedCall(call) for call in reply.calls]

    def drop_action(self) -> None:
        """What the reply said is all that stays of it."""
        self.code, self.calls = "", []


@dataclass
class Turn:
    """A question and the steps towards its answer.

    note: said to the model before the question. images: data: URLs. files: those that came with the question.
    """

    question: str
    note: str = ""
    images: list[str] = field(default_factory=list)
    files: tuple[FileNote, ...] = ()
    steps: list[Step] = field(default_factory=list)
