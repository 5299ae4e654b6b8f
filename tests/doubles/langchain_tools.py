"""Stands in for tools of LangChain, whose package is not among the development dependencies.

The shape is that of `langchain_core.tools` (base.py, simple.py, structured.py): tools are models of pydantic with a
`name`, a `description`, an `args_schema` (a class of pydantic, a JSON Schema, or None), `args`, `tool_call_schema`,
`invoke` and `ainvoke`, which take a dict. `ainvoke` of a tool that was written without a coroutine waits for `invoke`
in a shared thread. Arguments that the program injects are in `args_schema`, but not in `tool_call_schema`. What was not
given is left to the function, errors that a tool raises on purpose are a ToolException, and `__call__` warns.
"""

import asyncio
import inspect
import warnings
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SkipValidation, create_model

ArgsSchema = type[BaseModel] | dict[str, Any]


class ToolException(Exception):
    """What a tool raises for the model to read."""


class InjectedToolArg:
    """Marks an argument that no model gives."""


class BaseTool(BaseModel):
    """A tool: derived classes have a method `_run`, and may have `_arun`."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    name: str
    description: str
    args_schema: SkipValidation[ArgsSchema | None] = None
    return_direct: bool = False
    response_format: Literal["content", "content_and_artifact"] = "content"

    def get_input_schema(self) -> type[BaseModel]:
        if isinstance(self.args_schema, type):
            return self.args_schema
        return schema_of(self.name, self._run)

    @property
    def args(self) -> dict[str, Any]:
        if isinstance(self.args_schema, dict):
            return self.args_schema["properties"]
        return self.get_input_schema().model_json_schema()["properties"]

    @property
    def tool_call_schema(self) -> ArgsSchema:
        if isinstance(self.args_schema, dict):
            return {**self.args_schema, "description": self.description}
        full = self.get_input_schema()
        kept: dict[str, Any] = {
            name: (field.annotation, field)
            for name, field in full.model_fields.items()
            if not any(mark is InjectedToolArg or isinstance(mark, InjectedToolArg) for mark in field.metadata)
        }
        return create_model(self.name, **kept)

    def invoke(self, input: dict[str, Any]) -> Any:
        args, kwargs = self._to_args_and_kwargs(input)
        return self._content(self._run(*args, **kwargs))

    async def ainvoke(self, input: dict[str, Any]) -> Any:
        args, kwargs = self._to_args_and_kwargs(input)
        return self._content(await self._arun(*args, **kwargs))

    def __call__(self, tool_input: Any) -> Any:
        warnings.warn("The method `BaseTool.__call__` was deprecated", DeprecationWarning, stacklevel=2)
        return self.invoke(tool_input)

    def _to_args_and_kwargs(self, given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if not isinstance(self.args_schema, type):
            return (), dict(given)
        checked = self.args_schema.model_validate(given)
        return (), {name: getattr(checked, name) for name in self.args_schema.model_fields if name in given}

    def _content(self, response: Any) -> Any:
        return response[0] if self.response_format == "content_and_artifact" else response

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    async def _arun(self, *args: Any, **kwargs: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, lambda: self._run(*args, **kwargs))


class Tool(BaseTool):
    """A function of one text."""

    func: Callable[..., Any] | None
    coroutine: Callable[..., Awaitable[Any]] | None = None

    @property
    def args(self) -> dict[str, Any]:
        return super().args if self.args_schema is not None else {"tool_input": {"type": "string"}}

    def _to_args_and_kwargs(self, given: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        args, kwargs = super()._to_args_and_kwargs(given)
        values = [*args, *kwargs.values()]
        if len(values) != 1:
            raise ToolException(f"Too many arguments to single-input tool {self.name}.")
        return tuple(values), {}

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        if self.func is None:
            raise NotImplementedError("Tool does not support sync invocation.")
        return self.func(*args, **kwargs)

    async def _arun(self, *args: Any, **kwargs: Any) -> Any:
        return await self.coroutine(*args, **kwargs) if self.coroutine else await super()._arun(*args, **kwargs)


class StructuredTool(BaseTool):
    """A function of any arguments."""

    func: Callable[..., Any] | None = None
    coroutine: Callable[..., Awaitable[Any]] | None = None

    @classmethod
    def from_function(
        cls,
        func: Callable[..., Any] | None = None,
        coroutine: Callable[..., Awaitable[Any]] | None = None,
        name: str | None = None,
        args_schema: ArgsSchema | None = None,
        **options: Any,
    ) -> "StructuredTool":
        source = func or coroutine
        assert source is not None
        return cls(
            name=name or source.__name__,
            description=inspect.cleandoc(source.__doc__ or ""),
            args_schema=args_schema or schema_of(source.__name__, source),
            func=func,
            coroutine=coroutine,
            **options,
        )

    def _run(self, *args: Any, **kwargs: Any) -> Any:
        if self.func is None:
            raise NotImplementedError("StructuredTool does not support sync invocation.")
        return self.func(*args, **kwargs)

    async def _arun(self, *args: Any, **kwargs: Any) -> Any:
        return await self.coroutine(*args, **kwargs) if self.coroutine else await super()._arun(*args, **kwargs)


class BaseToolkit(BaseModel):
    """A set of tools."""

    def get_tools(self) -> list[BaseTool]:
        raise NotImplementedError


def schema_of(name: str, function: Callable[..., Any]) -> type[BaseModel]:
    """A class of pydantic with the function's parameters as its fields."""
    fields: dict[str, Any] = {}
    for parameter in inspect.signature(function).parameters.values():
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (parameter.annotation, default)
    return create_model(name, **fields)
