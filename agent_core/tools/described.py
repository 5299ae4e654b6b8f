"""Tools that somebody else describes and carries out, such as an MCP server or a Space: their parameters are data."""

import builtins
import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import Annotated, Any

from pydantic import Field

from agent_core.parsing import CODE_TOOL
from agent_core.tools.base import TAKEN_NAMES, Tool
from agent_core.tools.signature import NOTHING

Work = Callable[[dict[str, Any]], Awaitable[Any]]
"""Carries out a call. It is given the checked arguments by their own names, without those that were left out."""

RESERVED_NAMES = frozenset({*TAKEN_NAMES, CODE_TOOL, *dir(builtins)})
"""Names that the agent knows for something else: called `print`, a stranger's tool would get all that is printed."""

_LONGEST_NAME = 64  # characters; what all providers take


@dataclass(frozen=True)
class DescribedParameter:
    """One parameter.

    name: its own, which need not be one that Python takes. type: as in a type hint. default: what its owner says is
    taken where it is left out; NOTHING where he says none. required: whether it must be given.
    """

    name: str
    type: Any
    description: str = ""
    default: Any = NOTHING
    required: bool = True


class DescribedTool(Tool):
    """A tool with parameters that come as data.

    output: the type of the result; NOTHING: unknown. schema: the JSON Schema of the arguments in their owner's own
    words, for models that make native calls; without it, one is made of the parameters. Raises ToolError where no
    tool can be made of it.
    """

    def __init__(
        self,
        name: str,
        description: str,
        parameters: Sequence[DescribedParameter],
        work: Work,
        *,
        output: Any = NOTHING,
        schema: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
    ) -> None:
        named = dict(zip(python_names(parameter.name for parameter in parameters), parameters, strict=True))
        self._schema = schema

        async def run(**arguments: Any) -> Any:
            given = {named[name].name: value for name, value in arguments.items() if not _left_out(named[name], value)}
            return await work(given)

        # Those without a default come first, as Python has it.
        ordered = sorted(named.items(), key=lambda item: not item[1].required)
        signature = inspect.Signature([_as_parameter(python, parameter) for python, parameter in ordered])
        run.__signature__ = signature  # pyright: ignore[reportFunctionMemberAccess]
        run.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
        if output is not NOTHING:
            run.__annotations__["return"] = output
        super().__init__(run, name=name, description=description or name, timeout=timeout)

    @property
    def parameters(self) -> dict[str, Any]:
        return _as_all_take_it(self._schema) if self._schema else super().parameters


def python_name(text: str, taken: Iterable[str] = ()) -> str:
    """A name that Python and all providers take, as much like the text as can be, and none of those that are taken."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "it"
    name = (name if name[0].isalpha() else f"n_{name}")[:_LONGEST_NAME]
    if iskeyword(name):
        name = f"{name}_"
    taken, number, free = set(taken), 2, name
    while free in taken:
        free = f"{name[: _LONGEST_NAME - 4]}_{number}"
        number += 1
    return free


def tool_name(text: str, taken: Iterable[str] = ()) -> str:
    """A name for a tool, as `python_name`, but none that stands for something else in the agent's code."""
    return python_name(text, {*RESERVED_NAMES, *taken})


def python_names(texts: Iterable[str]) -> list[str]:
    """A name that Python takes for each, all different."""
    names: list[str] = []
    for text in texts:
        names.append(text if _is_python(text) and text not in names else python_name(text, names))
    return names


def _is_python(text: str) -> bool:
    return text.isidentifier() and text.isascii() and not iskeyword(text)


def _as_parameter(python: str, parameter: DescribedParameter) -> inspect.Parameter:
    default = parameter.default
    if not parameter.required and default is NOTHING:
        default = None
    alias = parameter.name if parameter.name != python else None
    return inspect.Parameter(
        python,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=NOTHING if parameter.required else default,
        annotation=Annotated[parameter.type, Field(alias=alias, description=parameter.description or None)],
    )


def _as_all_take_it(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema with what some providers miss in it, for which they would refuse the whole request."""
    return {"type": "object", "properties": {}, **_completed(schema)}


def _completed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_completed(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    parts = {key: _completed(part) for key, part in schema.items() if key != "$schema"}
    return {**parts, "items": {}} if schema.get("type") == "array" and "items" not in schema else parts


def _left_out(parameter: DescribedParameter, value: Any) -> bool:
    """Whether nothing was given, for a parameter whose owner knows best what is taken then."""
    return value is None and not parameter.required and parameter.default is NOTHING
