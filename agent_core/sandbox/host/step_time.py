"""The time of a step, as the host measures it, and the question for more."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from agent_core.sandbox.policy import Limits

MORE_SECONDS = 120.0  # that a person gives a step at a time; the words of the question say so
ANSWER_SECONDS = 60.0  # of the step's time, after which no answer is a no; the words of the question say so


class Clock:
    """A stopwatch, which runs from the start.

    Attributes:
        seconds: The time that it has run.
    """

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = time.monotonic()

    @property
    def seconds(self) -> float:
        return self._before + (time.monotonic() - self._since if self._since is not None else 0.0)

    def set_running(self, running: bool) -> None:
        """Run on, or stand still."""
        self._before, self._since = self.seconds, time.monotonic() if running else None


class StepTime:
    """The time of one step: what its clock says, and what it may take.

    When the time is over, a person can be asked for more. The code works on meanwhile, so waiting for the answer takes
    from the step's time, too.

    Args:
        limits: What the code may use.

    Attributes:
        clock: Measures the time; stands still while the code waits for the host.
        given: The time that the step may take, in seconds.
    """

    def __init__(self, limits: Limits) -> None:
        self.clock = Clock()
        self.given = limits.step_seconds
        self._most = limits.most_step_seconds
        self._question: asyncio.Task[bool] | None = None

    @property
    def left(self) -> float:
        """The seconds until the step ends, or something has to be asked."""
        return self.given + (ANSWER_SECONDS if self._question else 0) - self.clock.seconds

    @property
    def question(self) -> list[asyncio.Task[bool]]:
        """The open question, if there is one."""
        return [self._question] if self._question else []

    @property
    def so_far(self) -> str:
        """How long the step has run, for a person."""
        seconds = self.clock.seconds
        if seconds < 60:
            return f"{seconds:.2g} s"
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"

    @property
    def may_ask(self) -> bool:
        """Whether a person may be asked to give more time now."""
        return not self._question and self.clock.seconds + MORE_SECONDS <= self._most

    def ask(self, answer: Coroutine[Any, Any, bool]) -> None:
        """Await the answer to the question whether the step may go on."""
        self._question = asyncio.create_task(answer)

    def take_answer(self) -> bool | None:
        """Return the answer, once, and give the time that it grants; None if there is no answer yet."""
        if self._question is None or not self._question.done():
            return None
        allowed, self._question = self._question.result(), None
        if allowed:
            self.given = min(self.clock.seconds + MORE_SECONDS, self._most)
        return allowed

    def close(self) -> None:
        """Withdraw the question."""
        if self._question:
            self._question.cancel()
