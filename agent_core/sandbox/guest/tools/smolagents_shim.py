"""Replaces the package that published tools are written for, so that they run without it.

The code of such a tool imports a base class, and sometimes the types of its results, from `smolagents`; older code from
`transformers`. This module defines these few names and nothing else of those packages.
"""

import io
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_OLD_HOMES = ("transformers", "transformers.tools", "transformers.agents", "transformers.agents.tools")


class Tool:
    """The base class of published tools: `forward` does the work, after `setup` has run once."""

    name: str
    description: str
    inputs: dict[str, Any]
    output_type: str
    output_schema: dict[str, Any] | None = None
    is_initialized = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def setup(self) -> None:
        self.is_initialized = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("This tool has no method `forward`.")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.is_initialized:
            self.setup()
        return self.forward(*args, **kwargs)


def tool(function: Any) -> Any:
    return function


class AgentText(str):
    """Text that a tool returns."""

    def to_raw(self) -> str:
        return str(self)

    to_string = to_raw


class AgentAudio:
    """Audio that a tool returns: samples, or the path of a file."""

    def __init__(self, value: Any, samplerate: int = 16_000) -> None:
        self.value = value
        self.samplerate = samplerate

    def to_raw(self) -> Any:
        return self.value

    def to_string(self) -> str:
        return str(self.value)


def AgentImage(value: Any) -> Any:
    """Return an image that a tool gives as a path, bytes, an array or a PIL image as a PIL image."""
    from PIL import Image

    if isinstance(value, (str, Path)):
        return Image.open(value)
    if isinstance(value, bytes):
        return Image.open(io.BytesIO(value))
    return value if isinstance(value, Image.Image) else Image.fromarray(value)


class _ShimModule(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        available = ", ".join(_NAMES)
        raise ImportError(
            f"A tool that runs in the sandbox cannot use {self.__name__}.{name}; only {available} are available."
        )


_NAMES: dict[str, Any] = {
    "Tool": Tool,
    "tool": tool,
    "AgentText": AgentText,
    "AgentImage": AgentImage,
    "AgentAudio": AgentAudio,
}
_package = _ShimModule("smolagents")
vars(_package).update(_NAMES, tools=_package, agent_types=_package)


def shim_for(module: str, names: Sequence[str] | None) -> types.ModuleType | None:
    """Return the module to import in a published tool's code; None for the real one.

    Args:
        module: The module's name.
        names: The names that are imported from it, if any.
    """
    if module.partition(".")[0] == "smolagents":
        return _package
    if module in _OLD_HOMES and names and all(name in _NAMES for name in names):
        return _package
    return None
