"""The signature of a tool: its parameters, their JSON Schema, and the validation of arguments."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import SchemaError

from agent_core.errors import ToolError
from agent_core.tools.argument_errors import argument_errors
from agent_core.tools.function_parameters import parameters_of
from agent_core.tools.native_types import from_json, native_schema
from agent_core.tools.parameters import MADE_ANEW, MISSING, Parameter

_FIELD = "arg_"  # prefix of the model's field names, because pydantic reserves some names
_CONTAINERS = ("list_type", "set_type", "tuple_type", "dict_type", "model_type", "dataclass_type")


class Signature:
    """The parameters of a function, and the type of its result.

    Args:
        function: A function with type hints for all its parameters.
        descriptions: Descriptions of the parameters, by their names in Python.

    Attributes:
        parameters: The parameters, in their order.
        output: The type of the result; MISSING if unknown.

    Raises:
        ToolError: A parameter has no type, or a type whose values cannot be made from JSON.
    """

    def __init__(self, function: Callable[..., Any], descriptions: Mapping[str, str]) -> None:
        self.parameters, self.output = parameters_of(function, descriptions)
        self._model = _model(self.parameters)
        self._names = {parameter.python: parameter.name for parameter in self.parameters}

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of an object with all parameters."""
        schema = self._model.model_json_schema(schema_generator=_Schema)
        return {key: value for key, value in schema.items() if key not in ("title", "additionalProperties")}

    def text(self) -> str:
        """Return the parameters as in Python, in parentheses."""
        parts, kinds = [], [parameter.kind for parameter in self.parameters]
        for number, parameter in enumerate(self.parameters):
            if parameter.kind is parameter.kind.KEYWORD_ONLY and parameter.kind not in kinds[:number]:
                parts.append("*")
            parts.append(parameter.text)
            if parameter.kind is parameter.kind.POSITIONAL_ONLY and parameter.kind not in kinds[number + 1 :]:
                parts.append("/")
        return f"({', '.join(parts)})"

    def bound(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Callable[[], Any]:
        """Return the function with checked arguments bound to it, ready to be called.

        Args:
            function: The function of this signature.
            arguments: Arguments by their names in JSON or Python.

        Raises:
            ToolError: The arguments are wrong; the text says how.
        """
        values = self.checked(arguments)
        first = [p.python for p in self.parameters if p.kind is p.kind.POSITIONAL_ONLY]
        return partial(function, *(values.pop(name) for name in first), **values)

    def checked(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return the value of every parameter, passed or default, by its name in Python. Raises as `bound` does."""
        types = {parameter.python: parameter.type for parameter in self.parameters}
        given = {self._names.get(name, name): value for name, value in arguments.items()}
        given = {name: from_json(types.get(name), value) for name, value in given.items()}
        try:
            checked = self._validate(given)
        except ValidationError as error:
            raise ToolError(argument_errors(error, given, list(self._names.values()))) from None
        return {name: getattr(checked, _FIELD + name) for name in self._names}

    def _validate(self, given: dict[str, Any]) -> BaseModel:
        """Validate the arguments. A list or an object may come as JSON in a string, as models often send it."""
        try:
            return self._model.model_validate(given, by_alias=True, by_name=True)
        except ValidationError as error:
            texts = {str(e["loc"][0]): e["input"] for e in error.errors() if e["type"] in _CONTAINERS}
            read = {name: _read(text) for name, text in texts.items() if text is given.get(name)}
            if not any(isinstance(value, (list, dict)) for value in read.values()):
                raise
            return self._model.model_validate(given | read, by_alias=True, by_name=True)


class _Schema(GenerateJsonSchema):
    """Makes short JSON Schemas that all providers accept."""

    def emit_warning(self, kind: Any, detail: str) -> None:
        """Do not warn: what a schema cannot hold is left out."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def is_instance_schema(self, schema: Any) -> dict[str, Any]:
        return native_schema(schema["cls"]) or super().is_instance_schema(schema)

    def tuple_schema(self, schema: Any) -> dict[str, Any]:
        return {"items": {}, **super().tuple_schema(schema)}  # OpenAI refuses an array without "items"


def output_schema(output: Any) -> dict[str, Any] | None:
    """Return the JSON Schema of a type; None if it has none."""
    if output is MISSING:
        return None
    try:
        return TypeAdapter(output).json_schema(mode="serialization", schema_generator=_Schema)
    except (PydanticUserError, SchemaError, NameError):
        return None


def _model(parameters: tuple[Parameter, ...]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        _FIELD + parameter.python: (parameter.type, _field(parameter)) for parameter in parameters
    }
    config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, arbitrary_types_allowed=True)
    try:
        model = create_model("Arguments", __config__=config, **fields)
        model.model_json_schema(schema_generator=_Schema)
    except (PydanticUserError, NameError) as error:
        raise ToolError(f"A parameter has a type that cannot be made from JSON: {str(error).splitlines()[0]}") from None
    except (SchemaError, LookupError, AttributeError, TypeError, ValueError):  # such as "$ref" in a default
        raise ToolError("A parameter has a type or a default that cannot be made from JSON.") from None
    return model


def _field(parameter: Parameter) -> Any:
    if parameter.default is MADE_ANEW:  # what makes it stands in the type
        return Field(alias=parameter.name, description=parameter.description or None)
    default = ... if parameter.default is MISSING else parameter.default
    return Field(default, alias=parameter.name, description=parameter.description or None)


def _read(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return text
