"""The lines of the log about runs."""

import logging

from agent_core.events import Event, ModelWaiting, RunFinished
from ui.seeing.logs import log
from ui.seeing.run_watch import SeenRun, failure_kind


class RunLog:
    """Writes a line when a run is queued, begins and ends, and for each failure of a model."""

    def queued(self, run: SeenRun) -> None:
        """Say that a run waits."""
        log("run queued", chat=run.chat)

    def began(self, run: SeenRun) -> None:
        """Say that a run began."""
        log("run began", chat=run.chat, provider=run.provider, waited=round(run.waited, 1))

    def happened(self, run: SeenRun, event: Event) -> None:
        """Say that a model failed, and is asked again."""
        if isinstance(event, ModelWaiting):
            log("model failed", logging.WARNING, chat=run.chat, provider=run.provider, kind=failure_kind(event))

    def ended(self, run: SeenRun, end: RunFinished) -> None:
        """Say how a run ended, and what it took."""
        fields = {
            "chat": run.chat,
            "provider": run.provider,
            "reason": end.reason,
            "steps": end.steps,
            "seconds": round(end.seconds, 1),
            "input_tokens": end.usage.input_tokens,
            "output_tokens": end.usage.output_tokens,
        }
        if kind := failure_kind(end):
            fields["kind"] = kind
        log("run ended", logging.WARNING if end.reason == "error" else logging.INFO, **fields)
