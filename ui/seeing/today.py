"""What the day came to so far, by the clock of the app's machine."""

import statistics
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import date

from agent_core.events import Event, ModelWaiting, PlanReady, Reason, RunFinished, RunStarted, StepFinished
from agent_core.usage import Usage
from ui.seeing.run_watch import SeenRun, failure_kind

_RECENT_SECONDS = 600.0
_MOST_RECENT = 1_000  # failures, and times of runs, that are remembered


@dataclass
class Day:
    """What one day came to.

    Attributes:
        date: The day.
        questions: Questions that were asked.
        steps: Steps that ended.
        usage: What requests to models cost.
        ends: How often runs ended for which reason.
        failures: How often requests to models failed in which way.
        seconds: How long the last runs with an answer took.
    """

    date: date
    questions: int = 0
    steps: int = 0
    usage: Usage = field(default_factory=Usage)
    ends: Counter[Reason] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_RECENT))

    @property
    def usual_seconds(self) -> float | None:
        """How long a run with an answer usually takes (median); None before there is one."""
        return statistics.median(self.seconds) if self.seconds else None


class Today:
    """Counts what happens in the runs of the present day, since the app started."""

    def __init__(self) -> None:
        self._day = Day(date.today())
        self._failed: deque[tuple[float, str]] = deque(maxlen=_MOST_RECENT)

    @property
    def day(self) -> Day:
        """The present day so far."""
        if self._day.date != date.today():
            self._day = Day(date.today())
        return self._day

    @property
    def recent_failures(self) -> Counter[str]:
        """How often requests to models failed in which way within the last ten minutes."""
        since = time.monotonic() - _RECENT_SECONDS
        return Counter(kind for at, kind in self._failed if at >= since)

    def queued(self, run: SeenRun) -> None:
        """Nothing is counted of a run that waits."""

    def began(self, run: SeenRun) -> None:
        """Nothing is counted of a run that begins; its question is an event."""

    def happened(self, run: SeenRun, event: Event) -> None:
        """Count an event."""
        match event:
            case RunStarted():
                self.day.questions += 1
            case ModelWaiting():
                self._fail(failure_kind(event))
            case PlanReady(usage=usage):
                self.day.usage += usage
            case StepFinished(usage=usage):
                self.day.steps += 1
                self.day.usage += usage

    def ended(self, run: SeenRun, end: RunFinished) -> None:
        """Count a run."""
        self.day.ends[end.reason] += 1
        if kind := failure_kind(end):
            self._fail(kind)
        if end.reason == "answer":
            self.day.seconds.append(end.seconds)

    def _fail(self, kind: str) -> None:
        self.day.failures[kind] += 1
        self._failed.append((time.monotonic(), kind))
