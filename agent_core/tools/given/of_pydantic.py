"""Classes of pydantic whose objects are calls: the fields are the arguments, `__call__` does the work."""

import inspect
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from agent_core.errors import ToolError
from agent_core.tools.argument_errors import argument_errors
from agent_core.tools.callables import docstring_of
from agent_core.tools.given.foreign_tool import ForeignTool
from agent_core.tools.names import snake_case
from agent_core.tools.parameters import MISSING, SchemaParameter


def is_call_class(thing: Any) -> bool:
    """Return whether this is a class of pydantic whose objects can be called."""
    return inspect.isclass(thing) and issubclass(thing, BaseModel) and any("__call__" in vars(k) for k in thing.__mro__)


def of_pydantic(kind: type[BaseModel]) -> ForeignTool:
    """Make a tool that makes an object of a class from the arguments of a call, and calls it.

    Args:
        kind: The class. Its docstring, or that of `__call__`, says what it does.

    Raises:
        ToolError: It has no docstring, or a field has a type whose values cannot be made from JSON.
    """
    call: Any = next(vars(base)["__call__"] for base in kind.__mro__ if "__call__" in vars(base))

    def made(arguments: dict[str, Any]) -> BaseModel:
        try:
            return kind.model_validate(arguments)
        except ValidationError as error:
            names = [parameter.name for parameter in parameters]
            raise ToolError(f"{kind.__name__}: {argument_errors(error, arguments, names)}.") from None

    async def work_async(arguments: dict[str, Any]) -> Any:
        return await call(made(arguments))

    parameters = [_parameter(name, field) for name, field in kind.model_fields.items()]
    description = docstring_of(kind) or docstring_of(call)
    if not description:
        raise ToolError(f"The class {kind.__name__} needs a docstring that says what a call of it does.")
    return ForeignTool(
        kind,
        snake_case(kind.__name__),
        description,
        parameters,
        work_async if inspect.iscoroutinefunction(call) else lambda arguments: call(made(arguments)),
        output=get_type_hints(call, include_extras=True).get("return", MISSING),
    )


def _parameter(name: str, field: FieldInfo) -> SchemaParameter:
    alias = field.validation_alias if isinstance(field.validation_alias, str) else field.alias
    kind = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    default = MISSING if field.default is PydanticUndefined else field.default
    return SchemaParameter(alias or name, kind, field.description or "", default, field.is_required())
