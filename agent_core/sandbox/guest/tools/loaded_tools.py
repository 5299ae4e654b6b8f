"""Tools whose code runs in the worker, next to the agent's."""

import itertools
import time
import types
from collections.abc import Callable, Mapping
from typing import Any

from ..channel import Channel
from ..import_check import ImportDenied
from ..message_limits import LONGEST_NAME, MOST_ARGUMENTS, MOST_REPORTED_CALLS
from ..network import denial_in
from ..showing.truncation import truncate
from .tool_module import run_as_module
from .tool_stubs import ToolError, as_function

_LONGEST_ARGUMENT = 200  # characters
_LONGEST_ERROR = 500
_PASSED_ON = (ImportDenied, MemoryError, KeyboardInterrupt, ToolError)


class LoadedTools:
    """Makes functions of tools. A tool's code runs at its first call, and its instance is kept until the code changes.

    Args:
        channel: The connection to the host.
        builtins: The builtins of the tools' code.
        import_: `__import__` of the tools' code, for modules that no shim replaces.
    """

    def __init__(self, channel: Channel, builtins: Mapping[str, Any], import_: Callable[..., types.ModuleType]) -> None:
        self._channel = channel
        self._builtins = builtins
        self._import = import_
        self._instances: dict[tuple[str, str], Any] = {}  # by name and source
        self._numbers = itertools.count(1)
        self._reported = 0

    def begin_step(self) -> None:
        """Report calls again."""
        self._reported = 0

    def function(self, description: Mapping[str, Any]) -> Callable[..., Any]:
        """Return a tool as a function for the agent's code."""
        name, code = description["name"], description["code"]
        own = {parameter["name"]: parameter["own"] for parameter in description["parameters"]}

        def call(arguments: Mapping[str, Any]) -> Any:
            report_end = self._report_call(name, arguments)
            try:
                tool = self._instance(name, code["source"], code["class"])
                result = tool(**{own[key]: value for key, value in arguments.items()})
            except BaseException as error:
                report_end(_sentence(name, error))
                if isinstance(error, _PASSED_ON) or denial_in(error):
                    raise
                raise ToolError(_sentence(name, error)) from error
            report_end(None)
            return result

        return as_function(description, call)

    def _instance(self, name: str, source: str, class_name: str) -> Any:
        key = name, source
        if key not in self._instances:
            self._instances = {other: tool for other, tool in self._instances.items() if other[0] != name}
            module = run_as_module(f"tool_{name}", source, self._builtins, self._import)
            self._instances[key] = getattr(module, class_name)()
        return self._instances[key]

    def _report_call(self, name: str, arguments: Mapping[str, Any]) -> Callable[[str | None], None]:
        """Report that a call begins. Returns a function that reports its end, given its error or None."""
        self._reported += 1
        if self._reported > MOST_REPORTED_CALLS:
            return lambda error: None
        shown = {key[:LONGEST_NAME]: _shown(value) for key, value in list(arguments.items())[:MOST_ARGUMENTS]}
        notice = {"type": "used", "call": next(self._numbers), "tool": name, "arguments": shown}
        began = time.monotonic()
        self._channel.send({**notice, "seconds": None, "error": None})
        return lambda error: self._channel.send(
            {**notice, "arguments": {}, "seconds": time.monotonic() - began, "error": error}
        )


def _sentence(name: str, error: BaseException) -> str:
    if isinstance(error, ToolError):
        return str(error)[:_LONGEST_ERROR]
    try:
        text = str(error)
    except BaseException:
        text = ""
    return f"{name} failed: {type(error).__name__[:LONGEST_NAME]}: {truncate(text, _LONGEST_ERROR)}".rstrip(": ")


def _shown(value: Any) -> str:
    """Return an argument as people see it; of a large one only its type, because its text may take long to make."""
    if not isinstance(value, (str, int, float, bool, list, dict, tuple, type(None))):
        return type(value).__name__
    if isinstance(value, (list, dict, tuple)) and len(value) > _LONGEST_ARGUMENT:
        return f"{type(value).__name__} of {len(value):,}"
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception:  # an int that is too long, or an object in a list whose repr() raises
        return type(value).__name__
    return truncate(text, _LONGEST_ARGUMENT)
