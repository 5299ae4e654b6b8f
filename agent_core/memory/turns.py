"""What a chat consists of: turns, each a question, and their steps, each one reply of the model and what came of it."""

from dataclasses import dataclass, field
from typing import Literal

from agent_core.execution import FileNote
from agent_core.parsing import ActionCall, Reply

Detail = Literal["whole", "short", "code", "thought", "nothing"]
"""How much of a step is sent: all; all, with its output cut; no output; neither output nor code; nothing."""


@dataclass
class CompletedCall:
    """A call of a tool, and what came of it.

    Attributes:
        call: as the model made it.
        result: what the model is told of it; "" if that is the step's observation.
    """

    call: ActionCall
    result: str = ""


@dataclass
class Step:
    """One reply of the model and what came of it.

    Attributes:
        number: counted through the chat, from 1.
        note: what the model is told before its reply.
        reminder: what the model must know of the variables after a compaction, told before its reply.
        plan_request: asks for a plan before the reply; "" if no plan was due.
        plan: the plan that was made.
        said: the reply's prose.
        code: the reply's action as Python; "" for none.
        calls: the calls that the action consists of, if it came as calls.
        observation: what the model is told of the action, beside the results of its calls.
        images: what the code showed, as data: URLs.
        variables: those that changed; see Execution.
        checkpoint: the sandbox's state right after the step.
        detail: how much of the step is still sent.
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
        """Take over what a reply says and does."""
        self.said, self.code = reply.thought or reply.answer, reply.code
        self.calls = [CompletedCall(call) for call in reply.calls]

    def drop_action(self) -> None:
        """Forget the action; only the prose of the reply stays."""
        self.code, self.calls = "", []


@dataclass
class Turn:
    """A question and the steps towards its answer.

    Attributes:
        question: of the person.
        note: what the model is told before the question.
        images: that came with the question, as data: URLs.
        files: that came with the question.
        steps: in their order.
    """

    question: str
    note: str = ""
    images: list[str] = field(default_factory=list)
    files: tuple[FileNote, ...] = ()
    steps: list[Step] = field(default_factory=list)
