"""A run in progress: its limits and its state."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_core.agents.answer_checks import AnswerCheck
from agent_core.agents.answer_type import AnswerType
from agent_core.agents.event_stream import Emit
from agent_core.agents.planning import ReviewPlan
from agent_core.agents.repetition import STOP_AT, Repetition, Repetitions
from agent_core.agents.step_callbacks import StepCallback
from agent_core.errors import ErrorCode
from agent_core.events import Reason, RunFinished
from agent_core.execution import Display
from agent_core.memory.turns import Step
from agent_core.memory.window import Windows
from agent_core.models.base import Model
from agent_core.models.retry import RetryPolicy
from agent_core.models.settings import ModelSettings
from agent_core.tools.context.run_context import RunContext, run_context
from agent_core.usage import Usage


@dataclass
class Run:
    """One run of an agent.

    Attributes:
        emit: Takes the run's events.
        models: The models that are left to ask, the preferred one first.
        max_steps: How many steps the run may make.
        token_budget: After so many input and output tokens it makes no further step.
        plan_every: Steps between two plans; 0 for no plans.
        answer_checks: Checks that an answer must pass.
        answer_type: The type of the answer; None for any.
        step_callbacks: Called after each step.
        review_plan: Looks at a plan before it is carried out; None for nobody.
        retry: How failing requests are made again.
        windows: What is known of the models' context windows.
        settings: What its requests say, whatever its models were made with.
        note: What the model is told before the next step.
        started: When the run began, on the monotonic clock.
        steps: The number of steps so far.
        made: The steps themselves, if nothing failed before they were whole.
        usage: What all requests so far cost.
        step_usage: What the requests of the current step or plan cost.
        answer: The answer; None until there is one.
        planned_at: The number of steps at the time of the last plan; None before the first one.
        begun: The step with the answer that was cut off, which this run goes on with; None for none.
        cut_off: What is said of the answer that was cut off; "" if it is whole.
        cuts: How many replies in a row were cut, so that nothing of them was run.
        nudged: Whether the last reply was neither an action nor an answer, so that the model was reminded to write one.
        repetitions: Counts what comes up in the steps, to detect that the run repeats itself.
        repeated: What came up so often that the run must end; None for nothing.
        interruption: Why the run must end before its next step, as a sentence; "" if it may go on.
        outer: For whom the tools of the run work that called this agent as a tool; None if a person asks.
    """

    emit: Emit
    models: list[Model]
    max_steps: int
    token_budget: int
    plan_every: int = 0
    answer_checks: Sequence[AnswerCheck] = ()
    answer_type: AnswerType | None = None
    step_callbacks: Sequence[StepCallback] = ()
    review_plan: ReviewPlan | None = None
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    windows: Windows = field(default_factory=Windows)
    settings: ModelSettings = field(default_factory=ModelSettings)
    note: str = ""
    started: float = field(default_factory=time.monotonic)
    steps: int = 0
    made: list[Step] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    step_usage: Usage = field(default_factory=Usage)
    answer: Display | None = None
    planned_at: int | None = None
    begun: Step | None = None
    cut_off: str = ""
    cuts: int = 0
    nudged: bool = False
    repetitions: Repetitions = field(default_factory=Repetitions)
    repeated: Repetition | None = None
    interruption: str = ""
    outer: RunContext | None = field(default_factory=run_context.get)

    def spend(self, usage: Usage) -> None:
        """Add what a request cost, here and in the outer run."""
        self.usage += usage
        self.step_usage += usage
        if self.outer is not None:
            self.outer.spend(usage)

    @property
    def plan_is_due(self) -> bool:
        """Whether to make a plan before the next step."""
        if self.plan_every <= 0:
            return False
        return self.planned_at is None or self.steps - self.planned_at >= self.plan_every

    @property
    def limit_reached(self) -> tuple[Reason, str] | None:
        """The limit at which the run must end now, and a description of it; None if it may continue."""
        if self.steps == 0:
            return None  # a question gets one reply, whatever the limits
        if self.repeated:
            return "repeated", f"{self.repeated.what} came up {self.repeated.count} times"
        if self.steps >= self.max_steps:
            return "max_steps", f"the limit of {self.max_steps} step{'' if self.max_steps == 1 else 's'} is reached"
        if self.usage.total_tokens >= self.token_budget:
            return "budget", f"the budget of {self.token_budget:,} tokens is used up"
        return None

    def note_cut(self) -> None:
        """Count a reply that was cut, and end the run before its next step if there were too many in a row."""
        self.cuts += 1
        self.note_repetition(Repetition("a reply that was cut off", self.cuts))

    def note_repetition(self, repetition: Repetition) -> None:
        """End the run before its next step if something came up too often."""
        if repetition.count >= STOP_AT:
            self.repeated = repetition

    def finish(self, reason: Reason, message: str = "", code: ErrorCode = "") -> RunFinished:
        """Emit that the run is over. Returns the event."""
        finished = RunFinished(reason, message, self.steps, time.monotonic() - self.started, self.usage, code)
        self.emit(finished)
        return finished
