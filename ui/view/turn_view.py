"""What a chat shows of a turn: the question, its steps, the answer."""

from dataclasses import dataclass, field
from typing import Any

from agent_core.events import (
    ModelSilent,
    ModelWaiting,
    PermissionAsked,
    PlanReady,
    QuestionAsked,
    RunAgainFinished,
    RunFinished,
    StepFinished,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from agent_core.execution import Display, Execution, FileNote
from agent_core.models.base import estimate_tokens
from agent_core.sources import Source
from agent_core.usage import Usage
from ui.texts import words

Asked = PermissionAsked | QuestionAsked


def id_of(asked: Asked) -> str:
    """Return the id of a question or request, which its reply has too."""
    return asked.request_id if isinstance(asked, PermissionAsked) else asked.question_id


@dataclass
class StepView:
    """One step so far.

    Attributes:
        number: The number of the step in the chat.
        reasoning: The reasoning of the reply.
        prose: The prose of the reply.
        code: The code of the reply.
        running: Whether the code is running.
        starting: Whether it waits for a sandbox elsewhere.
        output: What the code has printed.
        tools: The tool calls.
        tool_errors: The tool calls that failed.
        tools_ended: The ids of the tool calls that have ended.
        progress: The latest report of each tool call in progress, by its id.
        sources: The pages that tools have read.
        displays: What the code has displayed.
        asked: What the person was asked.
        replies: Their decisions and answers by id; None for no answer.
        finished: The end of the step; None while it is in progress, or if it was cut off.
        cut: Why its reply was cut off; "" if it was not.
        answered: Whether it led to an answer, which is shown outside the step.
        made: The message that was made of it once it was over, and what that depended on beside the step.
    """

    number: int
    reasoning: str = ""
    prose: str = ""
    code: str = ""
    running: bool = False
    starting: bool = False
    output: str = ""
    tools: list[ToolStarted] = field(default_factory=list)
    tool_errors: list[ToolFinished] = field(default_factory=list)
    tools_ended: set[str] = field(default_factory=set)
    progress: dict[str, ToolProgress] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    displays: list[Display] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    replies: dict[str, str | None] = field(default_factory=dict)
    finished: StepFinished | None = None
    cut: str = ""
    answered: bool = False
    made: tuple[object, list[dict[str, Any]]] | None = field(default=None, repr=False, compare=False)

    @property
    def written(self) -> str:
        """What the model has written for it."""
        return self.reasoning + self.prose + self.code

    @property
    def open_tools(self) -> list[ToolStarted]:
        """The tool calls in progress."""
        return [call for call in self.tools if call.call_id not in self.tools_ended]

    @property
    def execution(self) -> Execution | None:
        """What came of its code; None while it runs, and if it had none."""
        return self.finished.execution if self.finished else None

    @property
    def shown_output(self) -> str:
        """What its code printed; a very long output is cut in the middle once the step is over."""
        return self.execution.stdout if self.execution else self.output

    @property
    def error_text(self) -> str:
        """Why its code did not run to its end, where that was, and advice; "" if it did."""
        if not (self.execution and self.execution.error):
            return ""
        error = self.execution.error
        advice = words("turn.advice", advice=error.advice) if error.advice else ""
        return "\n".join(text for text in (error.message, error.traceback, advice) if text)

    @property
    def open_question(self) -> Asked | None:
        """What the person is asked now; the first one if there are several."""
        waiting = (asked for asked in self.asked if id_of(asked) not in self.replies)
        return next(waiting, None) if self.running else None


@dataclass
class PlanView:
    """A plan so far.

    Attributes:
        renewed: Whether there was a plan before it.
        text: Its text, as Markdown.
        finished: The end of the plan; None while it is being written.
    """

    renewed: bool = False
    text: str = ""
    finished: PlanReady | None = None

    @property
    def written(self) -> str:
        """What the model has written for it."""
        return self.text


@dataclass
class NoteView:
    """Something that happened between the steps, in one sentence."""

    text: str


@dataclass
class RefusedView:
    """An answer that is not final: a check refused it, or the run continued after it."""

    title: str
    answer: Display
    reason: str


@dataclass
class AgainView:
    """Steps whose code runs again, because variables were lost.

    Attributes:
        steps: The numbers of the steps.
        done: How many have run.
        asked: What the person was asked.
        replies: Their decisions and answers by id; None for no answer.
        finished: The end; None while they run.
    """

    steps: tuple[int, ...]
    done: int = 0
    asked: list[Asked] = field(default_factory=list)
    replies: dict[str, str | None] = field(default_factory=dict)
    finished: RunAgainFinished | None = None

    @property
    def open_question(self) -> Asked | None:
        """What the person is asked now; the first one if there are several."""
        waiting = (asked for asked in self.asked if id_of(asked) not in self.replies)
        return None if self.finished else next(waiting, None)


@dataclass
class BegunView:
    """An answer that was cut off, while the model goes on with it."""

    answer: Display


Item = StepView | PlanView | NoteView | RefusedView | BegunView | AgainView


@dataclass
class TurnView:
    """A question, its steps, its answer and its end, as far as they are known.

    Attributes:
        question: The question.
        items: Steps, plans, notes, and answers that are refused or only begun, in their order.
        answer: The answer; None until there is one.
        finished: The end of the run; None while it is in progress.
        waiting: The wait for the model; None for none.
        earlier: The ends of earlier runs for this question, which its last run continues.
        files: The files that came with the question.
        queued: How many runs have to end before this one begins, or goes on; 0 if it does.
        queued_seconds: About how long that takes; None if it is not known.
        known_sources: The pages that were read before it, by their numbers.
    """

    question: str
    items: list[Item] = field(default_factory=list)
    answer: Display | None = None
    finished: RunFinished | None = None
    waiting: ModelWaiting | ModelSilent | None = None
    earlier: list[RunFinished] = field(default_factory=list)
    files: tuple[FileNote, ...] = ()
    queued: int = 0
    queued_seconds: int | None = None
    known_sources: dict[int, Source] = field(default_factory=dict)

    @property
    def again(self) -> AgainView | None:
        """The steps that run again at the moment; None for none."""
        last = self.items[-1] if self.items else None
        return last if isinstance(last, AgainView) and not last.finished else None

    @property
    def is_over(self) -> bool:
        """Whether nothing goes on in it."""
        return self.finished is not None and self.again is None

    @property
    def open_question(self) -> Asked | None:
        """What the person is asked now, by the running step; None for nothing."""
        if again := self.again:
            return again.open_question
        return self.steps[-1].open_question if self.steps else None

    @property
    def steps(self) -> list[StepView]:
        return [item for item in self.items if isinstance(item, StepView)]

    def shows(self, step: StepView) -> bool:
        """Return whether there is anything to show of a step: not if it was the answer, or is empty."""
        if step.code or not (step.answered or self.answer or self.finished):
            return True
        return bool(step.cut or step.reasoning or self.shows_prose(step))

    def shows_prose(self, step: StepView) -> bool:
        """Return whether a step has prose that is not the answer."""
        return bool(step.prose.strip()) and bool(step.code or not (step.answered or self.answer))

    @property
    def changed_files(self) -> list[FileNote]:
        """The files that the code created or changed, each once, in their last state."""
        ends = (step.finished.execution for step in self.steps if step.finished and step.finished.execution)
        return list({note.name: note for end in ends for note in end.files}.values())

    @property
    def sources(self) -> dict[int, Source]:
        """The pages that were read for it, by their numbers."""
        return {source.number: source for step in self.steps for source in step.sources}

    @property
    def file_names(self) -> frozenset[str]:
        """The names of the files that came with the question or that the code wrote."""
        return frozenset(note.name for note in (*self.files, *self.changed_files))

    @property
    def usage(self) -> Usage:
        """What all runs for this question cost."""
        ends = [*self.earlier, *([self.finished] if self.finished else [])]
        return sum((end.usage for end in ends), Usage())

    @property
    def tokens_so_far(self) -> int:
        """The tokens of what has finished in a turn in progress, and an estimate of what is being written."""
        parts = [item for item in self.items if isinstance(item, StepView | PlanView)]
        ended = sum(part.finished.usage.total_tokens for part in parts if part.finished)
        return ended + sum(estimate_tokens(part.written) for part in parts if not part.finished)

    @property
    def seconds(self) -> float:
        """How long all runs for this question took."""
        return sum(end.seconds for end in [*self.earlier, *([self.finished] if self.finished else [])])
