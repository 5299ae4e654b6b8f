"""Tools whose parameters are given as a JSON schema: of MCP servers, of Spaces, of code that runs in the sandbox."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from agent_core.tools.base import Tool, is_async
from agent_core.tools.names import python_names
from agent_core.tools.parameters import MISSING, SchemaParameter

Work = Callable[[dict[str, Any]], Any]
"""Executes a call, sync or async, given the checked arguments by their own names, without omitted ones."""


class SchemaTool(Tool):
    """A tool whose parameters are given as a JSON schema, because somebody else describes it and carries it out.

    Args:
        name: The tool's name; `names.tool_name` makes one from any text.
        description: What the tool does; if empty, its name.
        parameters: Its parameters.
        work: Executes a call.
        output: The type of the result; MISSING if unknown.
        schema: The JSON Schema of the arguments from the tool's owner, for models that make native calls; None to make
            one from the parameters.
        timeout: Seconds that a call may take.
        origin: Where the tool comes from, as JSON holds it, so that it can be made again; None if that cannot be said.
            agent_core/keeping/records.py has the forms. No key is in it.

    Raises:
        ToolError: The description cannot be used as a tool.
    """

    def __init__(
        self,
        name: str,
        description: str,
        parameters: Sequence[SchemaParameter],
        work: Work,
        *,
        output: Any = MISSING,
        schema: Mapping[str, Any] | None = None,
        timeout: float = 60.0,
        origin: Mapping[str, Any] | None = None,
    ) -> None:
        self.origin = origin
        named = dict(zip(python_names(parameter.name for parameter in parameters), parameters, strict=True))
        self._schema = schema

        def given(arguments: Mapping[str, Any]) -> dict[str, Any]:
            return {named[name].name: value for name, value in arguments.items() if not _left_out(named[name], value)}

        async def run_async(**arguments: Any) -> Any:
            return await work(given(arguments))

        def run_sync(**arguments: Any) -> Any:
            return work(given(arguments))

        run = run_async if is_async(work) else run_sync
        # Parameters without a default come first, as Python requires.
        ordered = sorted(named.items(), key=lambda item: not item[1].required)
        signature = inspect.Signature([_as_parameter(python, parameter) for python, parameter in ordered])
        run.__signature__ = signature  # pyright: ignore[reportFunctionMemberAccess]
        run.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
        if output is not MISSING:
            run.__annotations__["return"] = output
        super().__init__(run, name=name, description=description or name, timeout=timeout)

    @property
    def parameters(self) -> dict[str, Any]:
        return _for_all_providers(self._schema) if self._schema else super().parameters


def _as_parameter(python: str, parameter: SchemaParameter) -> inspect.Parameter:
    default = parameter.default
    if not parameter.required and default is MISSING:
        default = None
    alias = parameter.name if parameter.name != python else None
    return inspect.Parameter(
        python,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=MISSING if parameter.required else default,
        annotation=Annotated[parameter.type, Field(alias=alias, description=parameter.description or None)],
    )


def _for_all_providers(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Add to the schema what some providers require; without it they refuse the whole request."""
    return {"type": "object", "properties": {}, **_completed(schema)}


def _completed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_completed(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    parts = {key: _completed(part) for key, part in schema.items() if key != "$schema"}
    return {**parts, "items": {}} if schema.get("type") == "array" and "items" not in schema else parts


def _left_out(parameter: SchemaParameter, value: Any) -> bool:
    """Return whether nothing was given for a parameter whose owner fills in a default that we do not know."""
    return value is None and not parameter.required and parameter.default is MISSING
