"""The events of a run: the one vocabulary between the core and whatever shows it.

A run is a stream of these frozen dataclasses. They hold only what JSON can hold (`dataclasses.asdict`), and together
they are enough to show the run again. All events between a StepStarted and its StepFinished belong to that step.
"""

from dataclasses import dataclass, field
from typing import Literal

from agent_core.errors import ErrorCode
from agent_core.execution import Display, Execution, FileNote
from agent_core.permissions import Decision, PermissionKind
from agent_core.usage import Usage

Reason = Literal["answer", "max_steps", "budget", "repeated", "stopped", "error"]
"""Why a run ended."""


@dataclass(frozen=True)
class RunQueued:
    """The run waits for others to end.

    Attributes:
        question: of the run; "" if it goes on with the last question.
        before: how many runs have to end first.
    """

    question: str
    before: int


@dataclass(frozen=True)
class ChatSuspended:
    """Between two runs the chat's processes were ended to make room. Files stayed, variables are gone."""


@dataclass(frozen=True)
class RunStarted:
    """A question was asked. files: those that came with the question."""

    question: str
    files: tuple[FileNote, ...] = ()


@dataclass(frozen=True)
class RunResumed:
    """The run of the last question goes on after it had ended at a limit. Its RunFinished no longer counts."""


@dataclass(frozen=True)
class PlanDelta:
    """A piece of the plan, as it is written, between two steps."""

    text: str


@dataclass(frozen=True)
class PlanReady:
    """The plan was made or renewed.

    Attributes:
        plan: the whole text, Markdown.
        seconds: that the model took for it.
        usage: what it cost.
    """

    plan: str
    seconds: float
    usage: Usage


@dataclass(frozen=True)
class ModelWaiting:
    """A request failed and will be made again. What was written of its reply so far (thought, code, plan) is void.

    Attributes:
        message: why it failed, in one sentence.
        seconds: the wait before the next request.
        model: the one that will be asked, which may be a fallback.
    """

    message: str
    seconds: float
    model: str


@dataclass(frozen=True)
class Compacted:
    """Less is sent of old steps from now on, so that the chat fits the model's window. Tokens are estimates."""

    tokens_before: int
    tokens_after: int


@dataclass(frozen=True)
class AnswerRefused:
    """A check sent the answer back.

    Attributes:
        answer: that was sent back.
        reason: what the model is told.
    """

    answer: Display
    reason: str


@dataclass(frozen=True)
class StepStarted:
    """The model is asked for its next reply. step: counted through the chat, from 1."""

    step: int


@dataclass(frozen=True)
class ReasoningDelta:
    """A piece of what a reasoning model thinks before its reply."""

    text: str


@dataclass(frozen=True)
class ThoughtDelta:
    """A piece of the reply's prose, as it is written. If no code follows, the prose is the answer."""

    text: str


@dataclass(frozen=True)
class CodeDelta:
    """A piece of the reply's code, as it is written."""

    text: str


@dataclass(frozen=True)
class CodeReady:
    """The reply's code is complete and starts to run."""

    code: str


@dataclass(frozen=True)
class ToolStarted:
    """A tool was called.

    Attributes:
        call_id: unique; the same in the other events of this call.
        tool: its name.
        arguments: as they were given, by the parameters' names; long ones are cut.
    """

    call_id: str
    tool: str
    arguments: dict[str, str]


@dataclass(frozen=True)
class ToolFinished:
    """A tool call ended. error: the sentence that the caller got as a ToolError; None if it did not fail."""

    call_id: str
    tool: str
    seconds: float
    error: str | None = None


@dataclass(frozen=True)
class ToolProgress:
    """A tool reports its progress, in a few words."""

    call_id: str
    tool: str
    text: str


@dataclass(frozen=True)
class QuestionAsked:
    """A tool waits for the person's answer. question, options: as in Question."""

    question_id: str
    question: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuestionAnswered:
    """A question was answered. answer: None if nobody answered in time, or the step was stopped."""

    question_id: str
    answer: str | None


@dataclass(frozen=True)
class PermissionAsked:
    """The running code, or a tool, waits for a person's decision. kind, name, meaning: as in PermissionRequest."""

    request_id: str
    kind: PermissionKind
    name: str
    meaning: str


@dataclass(frozen=True)
class PermissionAnswered:
    """A person decided. decision: "deny" also if nobody decided in time, or the step was stopped."""

    request_id: str
    decision: Decision


@dataclass(frozen=True)
class OutputDelta:
    """A piece of what the code printed. A very long output stops streaming; StepFinished has its head and tail."""

    text: str


@dataclass(frozen=True)
class Displayed:
    """The code showed a figure, a table or an image."""

    display: Display


@dataclass(frozen=True)
class StepFinished:
    """A step is over.

    Attributes:
        step: its number in the chat.
        seconds: of the whole step, with the model's time.
        usage: what its request cost.
        execution: what came of its action; None if the reply had none.
    """

    step: int
    seconds: float
    usage: Usage
    execution: Execution | None = None


@dataclass(frozen=True)
class FinalAnswer:
    """The answer to the question."""

    answer: Display


@dataclass(frozen=True)
class RunFinished:
    """The run is over.

    Attributes:
        reason: why it ended.
        message: one sentence on what happened, for a person; "" after a plain answer.
        steps: how many the run made.
        seconds: of the whole run.
        usage: what all its requests cost.
        code: of the error that ended the run; "" for none, or for an error of no certain kind.
    """

    reason: Reason
    message: str = ""
    steps: int = 0
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)
    code: ErrorCode = ""


ToolEvent = (
    ToolStarted | ToolProgress | ToolFinished | PermissionAsked | PermissionAnswered | QuestionAsked | QuestionAnswered
)
SandboxEvent = OutputDelta | Displayed | ToolEvent
Event = (
    RunQueued
    | ChatSuspended
    | RunStarted
    | RunResumed
    | PlanDelta
    | PlanReady
    | ModelWaiting
    | Compacted
    | AnswerRefused
    | StepStarted
    | ReasoningDelta
    | ThoughtDelta
    | CodeDelta
    | CodeReady
    | SandboxEvent
    | StepFinished
    | FinalAnswer
    | RunFinished
)
