"""Python's warnings in the sandbox: each once in a step, with the agent's own line instead of a library's path."""

import linecache
import sys
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any, TextIO

from ..errors.error_location import STEP_FILE
from .truncation import truncate

_MOST = 20  # in a step
_LONGEST = 1_000  # characters of a warning
_ORIGIN_FRAMES = 8  # of the stack that made a coroutine, to know the step
_LONGEST_LINE = 200  # characters of a line of code


class PythonWarnings:
    """Writes the warnings of a step to its standard error.

    Args:
        workspace: The folder that the code works in.
    """

    def __init__(self, workspace: str) -> None:
        self._paths = [f"{path}/" for path in (workspace, sys.prefix, sys.base_prefix)]
        self._told: set[str] = set()
        self._step_file = ""
        self._tell_unawaited: Callable[[Any], None] = vars(warnings)["_warn_unawaited_coroutine"]
        warnings.__dict__["_warn_unawaited_coroutine"] = self._unawaited
        warnings.showwarning = self._show

    def begin_step(self, namespace: dict[str, Any], step_file: str) -> None:
        """Tell each warning again that is raised from now on.

        Args:
            namespace: The globals of the agent's code, in which Python notes what it has told.
            step_file: What tracebacks call the code of the step.
        """
        self._told.clear()
        self._step_file = step_file
        sys.set_coroutine_origin_tracking_depth(_ORIGIN_FRAMES)
        namespace.pop("__warningregistry__", None)

    def _unawaited(self, coroutine: Any) -> None:
        """Tell of a coroutine that was never awaited, unless an earlier step made it: this one cannot mend that."""
        origin = coroutine.cr_origin or ()
        steps = [frame[0] for frame in origin if frame[0].startswith(STEP_FILE)]
        if not steps or self._step_file in steps:
            self._tell_unawaited(coroutine)

    def _show(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        text = str(message)
        for path in self._paths:
            text = text.replace(path, "")
        told = f"{category.__name__}: {truncate(text, _LONGEST)}\n{_own_line(filename, lineno)}"
        if told in self._told or len(self._told) > _MOST:
            return
        self._told.add(told)
        stream = file or sys.stderr
        if stream:
            stream.write(told if len(self._told) <= _MOST else "(Further warnings of this step are not shown.)\n")


def _own_line(filename: str, number: int) -> str:
    """Return the line of the agent's code that led to a warning; "" if none did."""
    if not filename.startswith(STEP_FILE):
        frame: FrameType | None = sys._getframe()
        while frame and not frame.f_code.co_filename.startswith(STEP_FILE):
            frame = frame.f_back
        if frame is None:
            return ""
        filename, number = frame.f_code.co_filename, frame.f_lineno
    code = linecache.getline(filename, number).strip()
    return f"  line {number}: {truncate(code, _LONGEST_LINE)}\n"
