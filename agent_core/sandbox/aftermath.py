"""What became of variables and files, in sentences for the code's author."""

from collections.abc import Sequence

from agent_core.sandbox.checkpoints.checkpoints import Loss
from agent_core.text import truncate_middle

ROLLED_BACK = "Variables and files are as they were before this step."
VARIABLES_OLDER = "Variables are as they were some steps ago; define again what is missing."
VARIABLES_LOST = "All variables are gone; define again what you need."
LOST_BEFORE = "Before this step variables were lost: define again what is missing."
FILES_NOT_RESTORED = "These files are not as they were before this step:"
FILES_NOT_AS_LEFT = "The app was restarted or its folder was cleared meanwhile, and these files are not as they were:"
_SHOWN_FILES = 1_000  # characters


def of_variables(loss: Loss | None) -> str:
    """Return which variables are gone; "" for none."""
    return {"some": VARIABLES_OLDER, "all": VARIABLES_LOST}[loss] if loss else ""


def of_undoing(loss: Loss | None, files: Sequence[str]) -> str:
    """Return what became of a step that was undone."""
    return _joined(of_variables(loss) or ROLLED_BACK, _of_files(FILES_NOT_RESTORED, files))


def of_restart(loss: Loss | None, files: Sequence[str]) -> str:
    """Return what was lost before a step; "" for nothing."""
    return _joined(of_variables(loss), _of_files(FILES_NOT_AS_LEFT, files))


def before_step(loss: Loss | None, files: Sequence[str]) -> str:
    """Return the same for a step that ran without an error all the same."""
    return _joined(LOST_BEFORE if loss else "", _of_files(FILES_NOT_AS_LEFT, files))


def _of_files(what: str, files: Sequence[str]) -> str:
    return f"{what} {truncate_middle(', '.join(files), _SHOWN_FILES)}." if files else ""


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
