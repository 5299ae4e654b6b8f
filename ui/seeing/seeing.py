"""All that notices what goes on in the app, as one."""

from agent_core import Session
from agent_core.events import Event
from ui.seeing.metrics import Metrics
from ui.seeing.run_log import RunLog
from ui.seeing.run_watch import RunWatch
from ui.seeing.today import Today
from ui.seeing.traces import Traces


class Seeing:
    """Counts, logs and traces what goes on in chats.

    Args:
        traces: Sends traces; None for none.

    Attributes:
        metrics: What Prometheus gets.
        today: What the day came to.
        runs: The runs in progress.
    """

    def __init__(self, traces: Traces | None = None) -> None:
        self.metrics = Metrics()
        self.today = Today()
        self.runs = RunWatch([self.metrics, self.today, RunLog()])
        self._traces = traces

    def watch(self, session: Session) -> None:
        """Notice from now on what goes on in a chat."""
        note = self.runs.observer(session)
        trace = self._traces.observer(session) if self._traces else None

        def observe(event: Event) -> None:
            note(event)
            if trace:
                trace(event)

        session.observe = observe

    def close(self) -> None:
        """Send what is left to be sent. Blocks for a short time."""
        if self._traces:
            self._traces.close()
