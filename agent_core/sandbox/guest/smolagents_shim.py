"""What stands in for the package that published tools are written for, so that they run without it.

Such a tool's code imports a base class, and sometimes the types of its results, from `smolagents` or, where it is
older, from `transformers`. Here these names are a few lines; all else of those packages is not there.
"""

import io
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_OLD_HOMES = ("transformers", "transformers.tools", "transformers.agents", "transformers.agents.tools")


class Tool:
    """The base class of published tools: `forward` does the work, `setup` what has to be done before it once."""

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
    """Sound that a tool returns: samples, or the path of a file."""

    def __init__(self, value: Any, samplerate: int = 16_000) -> None:
        self.value = value
        self.samplerate = samplerate

    def to_raw(self) -> Any:
        return self.value

    def to_string(self) -> str:
        return str(self.value)


def AgentImage(value: Any) -> Any:
    """A picture that a tool returns: a path, bytes or an array as a picture of PIL; a picture as it is."""
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
        there = ", ".join(_NAMES)
        raise ImportError(
            f"A tool that runs in the sandbox cannot use {self.__name__}.{name}; of it there are {there}."
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
    """What an import gives in a published tool's code; None where nothing stands in for it.

    names: those that are imported from the module, if any.
    """
    if module.partition(".")[0] == "smolagents":
        return _package
    if module in _OLD_HOMES and names and all(name in _NAMES for name in names):
        return _package
    return None
