"""The parts of a chat: turns, each with a question, and their steps, each with one reply of the model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from agent_core.elsewhere import STEP_ATTRIBUTES, Signposted
from agent_core.execution import FileNote, ValueNote
from agent_core.parsing import ActionCall, Reply
from agent_core.usage import Usage

Detail = Literal["whole", "short", "code", "thought", "nothing"]
"""How much of a step is sent: all of it; all, with truncated output; no output; neither output nor code; nothing."""


@dataclass
class CompletedCall:
    """A tool call and its result.

    Attributes:
        call: The call, as the model made it.
        result: What the model is told; "" if the step's observation says it.
    """

    call: ActionCall
    result: str = ""


@dataclass
class Step(Signposted):
    """One reply of the model, its action and its observation.

    Attributes:
        number: The number of the step, counted through the chat from 1.
        note: What the model is told before its reply.
        reminder: What the model is told of the variables before its reply, after a compaction.
        plan_request: The request for a plan before the reply; "" if no plan was due.
        plan: The plan.
        said: The prose of the reply.
        code: The action of the reply as Python; "" for none.
        calls: The tool calls that the action consists of, if it came as calls.
        observation: What the model is told of the action, besides the results of its calls.
        images: The images that the code showed, as data: URLs.
        variables: The variables that changed; see Execution.
        checkpoint: The sandbox's checkpoint right after the step.
        detail: How much of the step is still sent.
        error: Why its action failed, in one sentence; "" if it did not, or there was none.
        seconds: How long it took, with the plan before it and the model's time.
        usage: What its requests cost, that for the plan among them.
    """

    elsewhere = STEP_ATTRIBUTES

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
    error: str = ""
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: Any) -> None:
            if name in self.elsewhere:
                getattr(self, name)  # says so, where setting it would change nothing
            super().__setattr__(name, value)

    def spend(self, seconds: float, usage: Usage) -> None:
        """Add what the plan before the step took, or the step itself."""
        self.seconds += seconds
        self.usage += usage

    def keep_reply(self, reply: Reply) -> None:
        """Store the prose and the action of a reply."""
        self.said, self.code = reply.thought or reply.answer, reply.code
        self.calls = [CompletedCall(call) for call in reply.calls]

    def drop_action(self) -> None:
        """Remove the action, so that only the prose of the reply stays."""
        self.code, self.calls = "", []


@dataclass
class Turn:
    """A question and the steps towards its answer.

    Attributes:
        question: The person's question.
        note: What the model is told before the question.
        images: The images that came with the question, as data: URLs.
        files: The files that came with the question.
        values: The values that came with the question.
        steps: The steps, in their order.
        shortened: Whether only the ends of a long question are still sent, without its images.
        checkpoint: The sandbox's checkpoint right after its values were set; 0 if none were.
    """

    question: str
    note: str = ""
    images: list[str] = field(default_factory=list)
    files: tuple[FileNote, ...] = ()
    values: tuple[ValueNote, ...] = ()
    steps: list[Step] = field(default_factory=list)
    shortened: bool = False
    checkpoint: int = 0


def last_checkpoint(turns: Sequence[Turn]) -> int:
    """Return the sandbox's checkpoint at the end of these turns; 0 if no code has run."""
    for turn in reversed(turns):
        if turn.steps or turn.checkpoint:
            return turn.steps[-1].checkpoint if turn.steps else turn.checkpoint
    return 0
