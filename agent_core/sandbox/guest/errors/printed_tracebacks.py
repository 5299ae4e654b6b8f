"""Tracebacks that the agent's code prints itself, such as by `traceback.print_exc()`: without paths of the host."""

import sys
import threading
import traceback
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).parents[3]


def install(workspace: str) -> None:
    """Have tracebacks name files as they are imported: pandas/core/frame.py.

    Args:
        workspace: The folder that the code works in.
    """
    folders = {*sys.path, workspace, sys.prefix, sys.base_prefix, str(_PROJECT)} - {"", "/"}
    starts = [f'File "{folder.rstrip("/")}/' for folder in sorted(folders, key=len, reverse=True)]
    summaries: Any = traceback.StackSummary
    original = summaries.format_frame_summary

    def format_frame_summary(stack: traceback.StackSummary, *frame: Any, **options: Any) -> str:
        text = original(stack, *frame, **options)
        start = next((start for start in starts if start in text), None)
        return text.replace(start, 'File "', 1) if start else text

    summaries.format_frame_summary = format_frame_summary
    threading.excepthook = _print_from_thread


def _print_from_thread(error: threading.ExceptHookArgs) -> None:
    """Print what ended a thread, as Python itself does in C."""
    if error.exc_type is SystemExit or sys.stderr is None:
        return
    print(f"Exception in thread {error.thread.name if error.thread else '?'}:", file=sys.stderr)
    traceback.print_exception(error.exc_type, error.exc_value, error.exc_traceback)
