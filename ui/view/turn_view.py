"""What a chat shows of a turn: the question, its steps, the answer."""

from dataclasses import dataclass, field

from agent_core.events import (
    ModelWaiting,
    PermissionAsked,
    PlanReady,
    QuestionAsked,
    RunFinished,
    StepFinished,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from agent_core.execution import Display, FileNote
from agent_core.usage import Usage

Asked = PermissionAsked | QuestionAsked


def id_of(asked: Asked) -> str:
    """The id that the reply to it bears, too."""
    return asked.request_id if isinstance(asked, PermissionAsked) else asked.question_id


@dataclass
class StepView:
    """One step as far as it has come.

    finished: None while it goes on, or where it was cut off. progress: the latest report of each tool that works, by
    the ids of the calls. asked, replies: what the person was asked, and by its id what became of it: a decision, an
    answer, or None for no answer. answered: it led to an answer, which is shown outside the step, be it the last word
    or not.
    """

    number: int
    reasoning: str = ""
    prose: str = ""
    code: str = ""
    running: bool = False
    output: str = ""
    tools: list[ToolStarted] = field(default_factory=list)
    tool_errors: list[ToolFinished] = field(default_factory=list)
    progress: dict[str, ToolProgress] = field(default_factory=dict)
    displays: list[Display] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    replies: dict[str, str | None] = field(default_factory=dict)
    finished: StepFinished | None = None
    answered: bool = False

    @property
    def open_question(self) -> Asked | None:
        """What the person is asked now; the first one, where threads or tools ask for several."""
        waiting = (asked for asked in self.asked if id_of(asked) not in self.replies)
        return next(waiting, None) if self.running else None


@dataclass
class PlanView:
    """A plan as far as it is written. renewed: there was one before it. finished: None while it is written."""

    renewed: bool = False
    text: str = ""
    finished: PlanReady | None = None


@dataclass
class NoteView:
    """Something that happened between the steps, in one sentence."""

    text: str


@dataclass
class RefusedView:
    """An answer that was not the last word: a check sent it back, or the run went on after it."""

    title: str
    answer: Display
    reason: str


Item = StepView | PlanView | NoteView | RefusedView


@dataclass
class TurnView:
    """A question, what was done for it, its answer and its end, as far as they are known.

    items: in the order in which they came. waiting: why and how long the model is waited for; None while it is not.
    earlier: the ends of the runs that this question's last run goes on from. files: those that came with the question.
    queued: how many runs have to end before this one begins; 0 where it has begun.
    """

    question: str
    items: list[Item] = field(default_factory=list)
    answer: Display | None = None
    finished: RunFinished | None = None
    waiting: ModelWaiting | None = None
    earlier: list[RunFinished] = field(default_factory=list)
    files: tuple[FileNote, ...] = ()
    queued: int = 0

    @property
    def open_question(self) -> Asked | None:
        """What the person is asked now; only the step that is running asks."""
        return self.steps[-1].open_question if self.steps else None

    @property
    def steps(self) -> list[StepView]:
        return [item for item in self.items if isinstance(item, StepView)]

    @property
    def written(self) -> list[FileNote]:
        """The files that the code wrote, each once, as it was left."""
        ends = (step.finished.execution for step in self.steps if step.finished and step.finished.execution)
        return list({note.name: note for end in ends for note in end.files}.values())

    @property
    def usage(self) -> Usage:
        """Of all the runs for this question."""
        ends = [*self.earlier, *([self.finished] if self.finished else [])]
        return sum((end.usage for end in ends), Usage())

    @property
    def seconds(self) -> float:
        """Of all the runs for this question."""
        return sum(end.seconds for end in [*self.earlier, *([self.finished] if self.finished else [])])
