"""Detects that a run repeats itself: the same code with the same result, or the same error."""

from collections import Counter
from dataclasses import dataclass

from agent_core.execution import Execution, ExecutionError

HINT_AT = 2
STOP_AT = 3


@dataclass(frozen=True)
class Repetition:
    """What came up several times in a run.

    Attributes:
        what: "the same code" or "the same error".
        count: How many times.
    """

    what: str
    count: int


class Repetitions:
    """Counts how often code and errors came up in the steps of one run."""

    def __init__(self) -> None:
        self._errors: Counter[tuple[str, ...]] = Counter()
        self._outcomes: dict[str, tuple[object, ...]] = {}
        self._codes: Counter[str] = Counter()

    def add(self, code: str, execution: Execution) -> Repetition:
        """Count a step, and return whichever of its code and its error has come up more often.

        The same code with a new result, such as the next page or a changed variable, does not count as a repetition.
        """
        code = "\n".join(line.rstrip() for line in code.strip().splitlines())
        if self._is_new(code, execution):
            self._codes[code] = 0
        self._codes[code] += 1
        same_error = 0
        if execution.error is not None:
            same = _identity(execution.error)
            self._errors[same] += 1
            same_error = self._errors[same]
        if same_error >= self._codes[code]:
            return Repetition("the same error", same_error)
        return Repetition("the same code", self._codes[code])

    def _is_new(self, code: str, execution: Execution) -> bool:
        error = execution.error.message if execution.error else ""
        outcome = (execution.stdout, execution.value, error)
        before = self._outcomes.get(code)
        self._outcomes[code] = (*outcome, execution.variables)
        if before is None or before[:3] != outcome:
            return True
        return bool(execution.variables) and execution.variables != before[3]


def _identity(error: ExecutionError) -> tuple[str, ...]:
    """Return what makes two errors the same. "invalid syntax" of two lines that differ is not."""
    return (error.kind, error.message, error.place if error.kind == "syntax" else "")
