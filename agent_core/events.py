"""The events of a run, for whatever shows it.

A run is a stream of these frozen dataclasses. They hold only what JSON can hold (see agent_core/record), and together
they are enough to show the run again. All events between a StepStarted and its StepFinished belong to that step.
"""

from dataclasses import dataclass, field
from typing import Literal

from agent_core.errors import ErrorCode
from agent_core.execution import Display, Execution, FileNote
from agent_core.permissions import Decision, PermissionKind
from agent_core.sources import Source
from agent_core.usage import Usage

Reason = Literal["answer", "cut_off", "max_steps", "budget", "repeated", "stopped", "interrupted", "error"]
"""Why a run ended; "cut_off" after an answer that is not whole, "interrupted" if the program ended meanwhile."""


ServerState = Literal["", "loading", "reading", "busy", "alive"]
"""What a server does that has not begun to answer: it loads its model, reads the messages, or answers others; "alive"
if it is there and does not say; "" if it shows no sign of life."""


@dataclass(frozen=True)
class RunQueued:
    """The run waits for other runs to end: before it begins, or before it goes on after a person's reply.

    Attributes:
        question: The question; "" if the run continues with the last one, or has begun.
        before: The number of runs that have to end first; 0 if a run that has begun goes on now.
        seconds: About how long that takes; None if it is not known.
    """

    question: str
    before: int
    seconds: int | None = None


@dataclass(frozen=True)
class ChatSuspended:
    """The chat's processes were ended between two runs, to make room. Files stay, but variables were lost.

    Attributes:
        lost: Their names; () for all.
    """

    lost: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChatRewound:
    """The chat went back to an earlier question: what came after its first turns is no longer part of it.

    Attributes:
        turns: How many turns are left.
        losses: What of variables and files could not be brought back, in sentences; "" for nothing.
    """

    turns: int
    losses: str = ""


@dataclass(frozen=True)
class StepsRunAgain:
    """The code of steps is run again, because the variables were lost. What the person is asked follows.

    Attributes:
        steps: The numbers of the steps.
    """

    steps: tuple[int, ...]


@dataclass(frozen=True)
class StepRanAgain:
    """A step ran again.

    Attributes:
        step: Its number.
        difference: What came out differently, so that the next steps are not run; "" for nothing.
    """

    step: int
    difference: str = ""


@dataclass(frozen=True)
class RunAgainFinished:
    """The steps have run again, or not all of them.

    Attributes:
        message: Why not all, and variables are gone; "" if all have, and variables are as they were.
    """

    message: str = ""


@dataclass(frozen=True)
class SavingFailed:
    """What happens in the chat cannot be kept at the moment. It will be, when that is possible again.

    Attributes:
        message: Why, in a sentence or two.
    """

    message: str


@dataclass(frozen=True)
class SavingResumed:
    """The chat is kept again, with everything that happened meanwhile."""


@dataclass(frozen=True)
class RunStarted:
    """A question was asked.

    Attributes:
        question: The question.
        files: The files that came with it.
    """

    question: str
    files: tuple[FileNote, ...] = ()


@dataclass(frozen=True)
class RunResumed:
    """The last run, which had ended at a limit, continues. Its RunFinished no longer counts."""


@dataclass(frozen=True)
class PlanDelta:
    """A piece of the plan's text, between two steps."""

    text: str


@dataclass(frozen=True)
class PlanReady:
    """The plan was made or renewed.

    Attributes:
        plan: The whole text, as Markdown.
        seconds: How long the model took.
        usage: What it cost.
        edited: Whether a person changed it, so that it is not what the pieces say.
    """

    plan: str
    seconds: float
    usage: Usage
    edited: bool = False


@dataclass(frozen=True)
class ModelWaiting:
    """A request failed and will be retried. The pieces of its reply so far (thought, code, plan) are void.

    Attributes:
        message: Why it failed, in one sentence.
        seconds: The wait before the next request.
        model: The name of the model to ask, which may be a fallback.
        code: The kind of the failure; "" for any other kind.
    """

    message: str
    seconds: float
    model: str
    code: ErrorCode = ""


@dataclass(frozen=True)
class ModelSilent:
    """Nothing has come of a reply for some time. Comes again when there is more to say of it.

    Attributes:
        model: The name of the model.
        state: What its server does, as far as it shows.
        tokens_read: How many tokens of the messages it has read.
        tokens: How many there are; 0 if it does not say.
        seconds: For how long nothing has come.
        limit: After how many seconds without anything the model is given up, as it looks now; 0 if that is not known.
        begun: Whether the reply had begun.
    """

    model: str
    state: ServerState = ""
    tokens_read: int = 0
    tokens: int = 0
    seconds: int = 0
    limit: int = 0
    begun: bool = False


@dataclass(frozen=True)
class Compacted:
    """Old steps are sent in short form from now on, so that the chat fits the model's context window.

    Attributes:
        tokens_before: The size of the messages before, in tokens, estimated.
        tokens_after: Their size now.
    """

    tokens_before: int
    tokens_after: int


@dataclass(frozen=True)
class AnswerRefused:
    """An answer check refused the answer.

    Attributes:
        answer: The refused answer.
        reason: What the model is told.
    """

    answer: Display
    reason: str


@dataclass(frozen=True)
class StepStarted:
    """The model is asked for its next reply.

    Attributes:
        step: The number of the step, counted through the chat from 1.
    """

    step: int


@dataclass(frozen=True)
class ReasoningDelta:
    """A piece of a reasoning model's thoughts before its reply."""

    text: str


@dataclass(frozen=True)
class ThoughtDelta:
    """A piece of the reply's prose. If no code follows, the prose is the answer."""

    text: str


@dataclass(frozen=True)
class CodeDelta:
    """A piece of the reply's code."""

    text: str


@dataclass(frozen=True)
class ReplyCut:
    """The reply was cut off before it came to an answer, so nothing of it is run.

    Attributes:
        message: Why, in a sentence or two.
        code: What came of its code; "" for nothing. It replaces the pieces.
    """

    message: str
    code: str = ""


@dataclass(frozen=True)
class CodeReady:
    """The reply's code is complete and starts to run."""

    code: str


@dataclass(frozen=True)
class ToolStarted:
    """A tool was called.

    Attributes:
        call_id: A unique id, the same in the other events of this call.
        tool: The tool's name.
        arguments: The arguments as text, by the parameters' names; long ones are truncated.
    """

    call_id: str
    tool: str
    arguments: dict[str, str]


@dataclass(frozen=True)
class ToolFinished:
    """A tool call ended.

    Attributes:
        call_id: As in ToolStarted.
        tool: The tool's name.
        seconds: How long the call took.
        error: The sentence that the caller got as a ToolError; None if the call did not fail.
    """

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
class SourceRead:
    """A tool has read a page, which answers can refer to by its number. Comes right before the call's ToolFinished.

    Attributes:
        call_id: As in ToolStarted.
        source: The page; the same again if it was read before.
    """

    call_id: str
    source: Source


@dataclass(frozen=True)
class QuestionAsked:
    """A tool waits for the person's answer.

    Attributes:
        question_id: The id of the Question.
        question: Its text.
        options: Answers to choose from.
    """

    question_id: str
    question: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuestionAnswered:
    """A question was answered.

    Attributes:
        question_id: As in QuestionAsked.
        answer: The answer; None if nobody answered in time, or the step was stopped.
    """

    question_id: str
    answer: str | None


@dataclass(frozen=True)
class PermissionAsked:
    """The running code, or a tool, waits for the person's decision; code that needs more time works on meanwhile.

    Attributes:
        request_id: The id of the PermissionRequest.
        kind: The kind of permission.
        name: What it is for; see PermissionRequest.
        meaning: What it allows, in plain words.
    """

    request_id: str
    kind: PermissionKind
    name: str
    meaning: str


@dataclass(frozen=True)
class PermissionAnswered:
    """The person decided about a permission.

    Attributes:
        request_id: As in PermissionAsked.
        decision: The decision; "deny" also if nobody decided in time, or the step ended before.
    """

    request_id: str
    decision: Decision


@dataclass(frozen=True)
class SandboxStarting:
    """The code waits for a place elsewhere to run in, which an engine makes ready.

    Attributes:
        ready: Whether it is there now.
    """

    ready: bool = False


@dataclass(frozen=True)
class OutputDelta:
    """A piece of what the code printed, as a terminal would show it.

    A very long output stops streaming; StepFinished has its head and tail.

    Attributes:
        text: What comes at the end of the output.
        erased: How many characters at the end of the output go before that, as when a progress bar is drawn again.
    """

    text: str
    erased: int = 0


@dataclass(frozen=True)
class Displayed:
    """The code showed a figure, a table or an image."""

    display: Display


@dataclass(frozen=True)
class StepFinished:
    """A step is over.

    Attributes:
        step: The number of the step in the chat.
        seconds: How long the whole step took, the model's time included.
        usage: What its request cost.
        execution: The result of its action; None if the reply had no action.
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
        reason: Why it ended.
        message: One sentence for a person on why it ended; "" after an ordinary answer.
        steps: The number of steps that the run made.
        seconds: How long the run took.
        usage: What all its requests cost.
        code: The kind of the error that ended the run; "" for none, or for any other kind.
    """

    reason: Reason
    message: str = ""
    steps: int = 0
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)
    code: ErrorCode = ""

    @property
    def can_resume(self) -> bool:
        """Whether the run ended before it was done, without a person's wish or an error, so that it can continue."""
        return self.reason in ("cut_off", "max_steps", "budget", "repeated", "interrupted")


ToolEvent = (
    ToolStarted
    | ToolProgress
    | SourceRead
    | ToolFinished
    | PermissionAsked
    | PermissionAnswered
    | QuestionAsked
    | QuestionAnswered
)
SandboxEvent = SandboxStarting | OutputDelta | Displayed | ToolEvent
Event = (
    RunQueued
    | ChatSuspended
    | ChatRewound
    | StepsRunAgain
    | StepRanAgain
    | RunAgainFinished
    | SavingFailed
    | SavingResumed
    | RunStarted
    | RunResumed
    | PlanDelta
    | PlanReady
    | ModelWaiting
    | ModelSilent
    | Compacted
    | AnswerRefused
    | StepStarted
    | ReasoningDelta
    | ThoughtDelta
    | CodeDelta
    | ReplyCut
    | CodeReady
    | SandboxEvent
    | StepFinished
    | FinalAnswer
    | RunFinished
)
