"""Describes what the agent's code raised for the host: a kind, one sentence, and the agent's own lines."""

import errno
import re
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..import_check import ImportDenied
from ..network import denial_in
from ..showing.truncation import truncate, truncate_middle
from .advice import advise
from .error_location import STEP_FILE, ErrorLocation, message_of
from .process_errors import ProcessDenied

_MESSAGE_LIMIT = 2_000
_TRACEBACK_LIMIT = 10_000
_MOST_LINES = 3
_LONGEST_LINE = 200  # characters
_SUGGESTION = re.compile(r"\. Did you (?:mean|forget to import).*\?$")
_PATH_OF_MODULE = re.compile(r"(cannot import name .*) \(/[^()]*\)")


def describe(error: BaseException, memory_mb: int, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an error as data.

    Args:
        error: What the agent's code raised.
        memory_mb: The memory limit, in MB.
        given: The builtins of the agent's code, its tools included.

    Returns:
        The fields of an ErrorMessage; None for sys.exit() without an error.
    """
    if isinstance(error, SystemExit):
        return _describe_exit(error)
    report = traceback.TracebackException.from_exception(error)
    _keep_own_frames(report)
    message = _without_path("".join(report.format_exception_only()).strip())
    if isinstance(error, MemoryError):
        message = f"The code needed more than the {memory_mb} MB of memory it may use ({message})."
    if denial := denial_in(error):  # clients hide its text in their own
        message = f"HostDenied: {denial}"
    told = _without_path("".join(report.format()))
    suggestion = _suggestion_of_python(error, message)
    plain = message.removesuffix(suggestion)
    advice = advise(error, ErrorLocation.of(error), given) if "Did you mean" not in plain else ""
    if advice:  # which knows more than names
        message, told = plain, told.replace(suggestion, "")
    return _data(_kind_of(error), message, told, _location(report.stack)) | {"advice": advice}


def _suggestion_of_python(error: BaseException, message: str) -> str:
    """Return what Python itself has added to an error's message, from 3.12 on; "" for nothing."""
    found = _SUGGESTION.search(message)
    return found[0] if found and found[0] not in message_of(error) else ""


def _without_path(text: str) -> str:
    """Return what errors of imports say without the path of the module, which is one of the host."""
    return _PATH_OF_MODULE.sub(r"\1", text)


def _kind_of(error: BaseException) -> str:
    if isinstance(error, ImportDenied):
        return "import_denied"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, ProcessDenied):
        return "processes"
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return "disk"
    return "host_denied" if denial_in(error) else "exception"


def describe_syntax(error: Exception) -> dict[str, Any]:
    """Return the error of code that cannot be compiled as data."""
    position = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
    reason = error.msg if isinstance(error, SyntaxError) else error
    lines = "".join(traceback.format_exception_only(error))
    line = (error.text or "").strip() if isinstance(error, SyntaxError) else ""
    shown = f"line {error.lineno}: {truncate(line, _LONGEST_LINE)}" if isinstance(error, SyntaxError) and line else ""
    return _data("syntax", f"{type(error).__name__}: {reason}{position}", lines, shown)


def _describe_exit(error: SystemExit) -> dict[str, Any] | None:
    if not error.code:
        return None
    return _data("exception", f"The code ended itself with exit({error.code!r}).", "")


def _data(kind: str, message: str, lines: str, location: str = "") -> dict[str, Any]:
    return {
        "kind": kind,
        "message": truncate_middle(message, _MESSAGE_LIMIT),
        "traceback": truncate_middle(lines, _TRACEBACK_LIMIT),
        "place": location,
    }


def _location(stack: traceback.StackSummary) -> str:
    """Return the agent's own lines, the outermost first; of a long chain the first and the last two."""
    frames = list(stack)
    shown = frames if len(frames) <= _MOST_LINES else [frames[0], *frames[1 - _MOST_LINES :]]
    return "\n".join(map(_line, shown))


def _line(frame: traceback.FrameSummary) -> str:
    names = [] if frame.name.startswith("<module") else [frame.name[:_LONGEST_LINE]]
    names += [] if frame.filename.startswith(STEP_FILE) else [frame.filename[:_LONGEST_LINE]]
    inside = f"in {' of '.join(names)}, " if names else ""
    return f"{inside}line {frame.lineno}: {truncate(frame.line or '', _LONGEST_LINE)}"


def _keep_own_frames(report: traceback.TracebackException) -> None:
    """Drop the frames of libraries and of the worker, here and in the errors that caused this one."""
    own = [frame for frame in report.stack if _is_own(frame.filename)]
    report.stack = traceback.StackSummary.from_list(own)
    for other in (report.__cause__, report.__context__, *(report.exceptions or ())):
        if other:
            _keep_own_frames(other)


def _is_own(filename: str) -> bool:
    """Whether code is the agent's: of a step, or of a script or module in the workspace."""
    if filename.startswith(STEP_FILE):
        return True
    return filename.endswith(".py") and not Path(filename).is_absolute() and Path(filename).is_file()
