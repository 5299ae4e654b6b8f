"""Noticing that a run goes in circles: the same code with the same outcome, or the same error, again."""

from collections import Counter
from dataclasses import dataclass

from agent_core.execution import Execution

HINT_AT = 2
STOP_AT = 3


@dataclass(frozen=True)
class Repetition:
    """What came up in a run, "the same code" or "the same error", and how many times."""

    what: str
    count: int


class Repetitions:
    """Counts how often code and errors came up in the steps of one run."""

    def __init__(self) -> None:
        self._errors: Counter[tuple[str, str]] = Counter()
        self._outcomes: dict[str, tuple[object, ...]] = {}
        self._codes: Counter[str] = Counter()

    def add(self, code: str, execution: Execution) -> Repetition:
        """Count a step, and return what of it came up most often.

        The same code is no repetition if something new came of it, such as a next page or a changed variable.
        """
        code = "\n".join(line.rstrip() for line in code.strip().splitlines())
        if self._is_new(code, execution):
            self._codes[code] = 0
        self._codes[code] += 1
        same_error = 0
        if execution.error is not None:
            kind = (execution.error.kind, execution.error.message)
            self._errors[kind] += 1
            same_error = self._errors[kind]
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
