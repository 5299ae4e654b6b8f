"""The one vocabulary between the core and whatever shows it.

A run is a stream of these frozen dataclasses. They hold only what JSON can hold (`dataclasses.asdict`), and together
they are enough to show the run again. What stands between a StepStarted and its StepFinished belongs to that step.
"""

from dataclasses import dataclass, field
from typing import Literal

from agent_core.errors import ErrorCode
from agent_core.execution import Display, Execution, FileNote
from agent_core.permissions import Decision, PermissionKind
from agent_core.usage import Usage

Reason = Literal["answer", "max_steps", "budget", "repeated", "stopped", "error"]


@dataclass(frozen=True)
class RunQueued:
    """The run waits for others to end. question: "" where the last one goes on. before: how many have to end first."""

    question: str
    before: int


@dataclass(frozen=True)
class PutToRest:
    """Between two runs the processes of the chat were ended, to make room: files stayed, variables are gone."""


@dataclass(frozen=True)
class RunStarted:
    """A question was asked. files: those that came with it."""

    question: str
    files: tuple[FileNote, ...] = ()


@dataclass(frozen=True)
class RunResumed:
    """The last question's run goes on after it had ended at a limit; what its RunFinished said is no longer the end."""


@dataclass(frozen=True)
class PlanDelta:
    """A piece of the plan, as it is written, between two steps."""

    text: str


@dataclass(frozen=True)
class PlanReady:
    """The plan is made or renewed. plan: Markdown, the whole text."""

    plan: str
    seconds: float
    usage: Usage


@dataclass(frozen=True)
class ModelWaiting:
    """A request failed and will be made again; what was written of its reply so far (thought, code, plan) is void.

    message: why, in one sentence. seconds: the wait. model: the one that will be asked, which may be a fall-back.
    """

    message: str
    seconds: float
    model: str


@dataclass(frozen=True)
class Compacted:
    """Old steps were shortened in what is sent, so that the chat fits the model's window. Tokens are estimates."""

    tokens_before: int
    tokens_after: int


@dataclass(frozen=True)
class AnswerRefused:
    """A check sent the answer back. answer: what it was. reason: what the model is told."""

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
    """A piece of the reply's prose, as it is written; the whole answer, if no code follows."""

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
    """The running code called a tool. arguments: by parameter name, as they were given, cut where they are long."""

    call_id: str
    tool: str
    arguments: dict[str, str]


@dataclass(frozen=True)
class ToolFinished:
    """A tool call ended. error: None, or the sentence that the code was given as a ToolError."""

    call_id: str
    tool: str
    seconds: float
    error: str | None = None


@dataclass(frozen=True)
class ToolProgress:
    """A tool tells how far it is, in a few words."""

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
    """The person's answer; None where nobody answered in time or the step was stopped."""

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
    """The decision: a person's, or "deny" where nobody decided in time or the step was stopped."""

    request_id: str
    decision: Decision


@dataclass(frozen=True)
class OutputDelta:
    """A piece of what the code printed. A very long output stops streaming; StepFinished has its head and its tail."""

    text: str


@dataclass(frozen=True)
class Displayed:
    """The code showed a figure, a table or an image."""

    display: Display


@dataclass(frozen=True)
class StepFinished:
    """A step is over. execution: None where the reply had no code. seconds: of the whole step, the model's time too."""

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

    message: for a person; "" after a plain answer, else one sentence on what happened. code: of the error that ended
    the run, "" for none or one of no certain kind.
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
    | PutToRest
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
