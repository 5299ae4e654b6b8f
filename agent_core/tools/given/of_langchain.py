"""Tools of LangChain."""

import inspect
from collections.abc import Mapping
from typing import Any

from agent_core.errors import ToolError
from agent_core.tools.given.foreign_tool import ForeignTool
from agent_core.tools.names import tool_name
from agent_core.tools.schema_types import parameters_of

_HAS = ("name", "description", "args_schema", "invoke", "ainvoke")


def is_langchain_tool(thing: Any) -> bool:
    """Return whether this has what LangChain's class BaseTool has."""
    return not inspect.isclass(thing) and all(hasattr(thing, name) for name in _HAS)


def of_langchain(thing: Any) -> ForeignTool:
    """Make a tool of one of LangChain. It is called by `ainvoke` if it is written for that, else by `invoke`.

    Args:
        thing: The tool of LangChain, whose name may be any text.

    Raises:
        ToolError: Its description cannot be used.
    """
    schema = _schema(thing)

    def work(arguments: dict[str, Any]) -> Any:
        try:
            return thing.invoke(arguments)
        except Exception as error:
            raise _plain(error) from error

    async def work_async(arguments: dict[str, Any]) -> Any:
        try:
            return await thing.ainvoke(arguments)
        except Exception as error:
            raise _plain(error) from error

    made = ForeignTool(
        thing,
        tool_name(str(thing.name)),
        inspect.cleandoc(thing.description or ""),
        parameters_of(schema),
        work_async if _is_async(thing) else work,
        schema=schema,
    )
    made.return_direct = getattr(thing, "return_direct", False) is True
    return made


def _schema(thing: Any) -> Mapping[str, Any]:
    """Return the JSON Schema of the arguments that a model gives, without those that LangChain fills in."""
    shape = thing.args_schema
    if shape is None:  # then `args` knows: a single text, or what its method takes
        required = [name for name, part in thing.args.items() if "default" not in part]
        return {"type": "object", "properties": thing.args, "required": required}
    if not isinstance(shape, Mapping):
        shape = getattr(thing, "tool_call_schema", shape)
    if isinstance(shape, Mapping):
        return shape
    return shape.model_json_schema() if hasattr(shape, "model_json_schema") else shape.schema()  # of pydantic 1


def _is_async(thing: Any) -> bool:
    """Return whether it has an asynchronous form of its own, rather than one that waits for a shared thread."""
    if hasattr(thing, "coroutine"):
        return thing.coroutine is not None
    owner = next((kind for kind in type(thing).__mro__ if "_arun" in vars(kind)), None)
    return owner is not None and owner.__name__ != "BaseTool"


def _plain(error: Exception) -> Exception:
    """Return the error; for the one that such tools raise on purpose, a ToolError with its text."""
    return ToolError(str(error)) if type(error).__name__ == "ToolException" else error
