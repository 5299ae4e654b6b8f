"""What became of variables and files, in sentences for the code's author."""

from collections.abc import Sequence
from dataclasses import replace

from agent_core.execution import Execution
from agent_core.sandbox.checkpoints.checkpoints import Loss
from agent_core.text import truncate_middle

ROLLED_BACK = "Variables and files are as they were before this step."
VARIABLES_OLDER = "Variables are as they were some steps ago; define again what is missing."
VARIABLES_LOST = "All variables are gone; define again what you need."
SOME_VARIABLES_LOST = "These variables are gone; define again what you need of them:"
LOST_BEFORE = "Before this step variables were lost: define again what is missing."
SOME_LOST_BEFORE = "Before this step these variables were lost; define again what you need of them:"
FILES_NOT_RESTORED = "These files are not as they were before this step:"
FILES_NOT_AS_LEFT = "The app was restarted or its folder was cleared meanwhile, and these files are not as they were:"
_SHOWN_NAMES = 1_000  # characters


def of_variables(loss: Loss | None) -> str:
    """Return which variables are gone; "" for none."""
    match loss:
        case "some":
            return VARIABLES_OLDER
        case "all":
            return VARIABLES_LOST
        case _:
            return _naming(SOME_VARIABLES_LOST, loss or ())


def of_undoing(loss: Loss | None, files: Sequence[str]) -> str:
    """Return what became of a step that was undone."""
    return _joined(of_variables(loss) or ROLLED_BACK, _naming(FILES_NOT_RESTORED, files))


def of_restart(loss: Loss | None, files: Sequence[str]) -> str:
    """Return what was lost before a step; "" for nothing."""
    return _joined(of_variables(loss), _naming(FILES_NOT_AS_LEFT, files))


def before_step(loss: Loss | None, files: Sequence[str]) -> str:
    """Return the same for a step that ran without an error all the same."""
    lost = _naming(SOME_LOST_BEFORE, loss) if isinstance(loss, tuple) else LOST_BEFORE if loss else ""
    return _joined(lost, _naming(FILES_NOT_AS_LEFT, files))


def told_in(execution: Execution, aftermath: str, before: str) -> Execution:
    """Return an execution that says what became of variables and files, even if the code ran without an error.

    Args:
        execution: What the code did.
        aftermath: What became of them in the step, or before it; "" for nothing.
        before: The latter, in words for code without an error.
    """
    if execution.error and aftermath:
        error = replace(execution.error, message=f"{execution.error.message} {aftermath}")
        return replace(execution, error=error)
    return replace(execution, note=f"{before} {execution.note}".strip())


def _naming(what: str, names: Sequence[str]) -> str:
    return f"{what} {truncate_middle(', '.join(names), _SHOWN_NAMES)}." if names else ""


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
