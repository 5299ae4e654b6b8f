"""Python's warnings in the sandbox: each once in a step, with the agent's own line instead of a library's path."""

import linecache
import sys
import warnings
from types import FrameType
from typing import Any, TextIO

from ..errors.error_location import STEP_FILE
from .truncation import truncate

_MOST = 20  # in a step
_LONGEST = 1_000  # characters of a warning
_LONGEST_LINE = 200  # characters of a line of code


class PythonWarnings:
    """Writes the warnings of a step to its standard error.

    Args:
        workspace: The folder that the code works in.
    """

    def __init__(self, workspace: str) -> None:
        self._paths = [f"{path}/" for path in (workspace, sys.prefix, sys.base_prefix)]
        self._told: set[str] = set()
        warnings.showwarning = self._show

    def begin_step(self, namespace: dict[str, Any]) -> None:
        """Tell each warning again that is raised from now on.

        Args:
            namespace: The globals of the agent's code, in which Python notes what it has told.
        """
        self._told.clear()
        namespace.pop("__warningregistry__", None)

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
