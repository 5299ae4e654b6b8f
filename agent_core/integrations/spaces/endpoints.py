"""Reads from a Gradio app's description what its endpoints take and return, and prepares the arguments of calls."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self, TypeGuard

from typing_extensions import TypedDict

from agent_core.errors import ToolError
from agent_core.net.urls import is_web_url
from agent_core.tools.context import take_file
from agent_core.tools.names import python_names
from agent_core.tools.parameters import MISSING, SchemaParameter
from agent_core.tools.schema_types import type_of

Schema = Mapping[str, Any]

_FILE = {"type": "string", "format": "file"}  # stands for a file in a schema
_FILE_NOTE = "the name of a file of the chat, or a web address"
_LONGEST_DESCRIPTION = 2_000  # characters
_LONGEST_LABEL = 300
_LONGEST_TOLD = 100_000  # characters of the description of parameters and results, which goes to the model
_MOST_PARAMETERS = 60
_DEEPEST = 100  # levels of a description or an argument
_NO_FILE_DATA = "A file is given by its name alone, and only where the Space asks for one."


@dataclass(frozen=True)
class SpaceInput:
    """One parameter, as the app describes it.

    Attributes:
        name: The parameter's name.
        label: What it is, in a few words.
        schema: Its JSON Schema, with _FILE for each file.
        default: Its default; MISSING if it is required.
    """

    name: str
    label: str
    schema: Schema
    default: Any


@dataclass(frozen=True)
class Endpoint:
    """Something that an app can be called for.

    Attributes:
        name: Its name, such as "/predict".
        description: What it does; "" if the app does not say.
        inputs: Its parameters.
        returns: The label and the JSON Schema of each value that it returns.
    """

    name: str
    description: str
    inputs: tuple[SpaceInput, ...]
    returns: tuple[tuple[str, Schema], ...]

    @property
    def parameters(self) -> tuple[SchemaParameter, ...]:
        return tuple(_parameter(part) for part in self.inputs)

    @property
    def output(self) -> Any:
        """The type of the result."""
        types = {name: type_of(schema, name) for name, (_, schema) in zip(self.labels, self.returns, strict=True)}
        if len(types) < 2:
            return next(iter(types.values()), None)
        return TypedDict("Result", types)  # pyright: ignore

    @property
    def labels(self) -> list[str]:
        """Names for the returned values; they are all different."""
        return python_names(label for label, _ in self.returns)

    @property
    def fingerprint(self) -> str:
        """A hash of the name, the parameters and the results. Defaults are left out, because apps change them."""
        inputs = [(part.name, part.label, part.schema, part.default is MISSING) for part in self.inputs]
        told = json.dumps([self.name, inputs, self.returns], sort_keys=True, default=str)
        return hashlib.sha256(told.encode(errors="replace")).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return what `from_json` makes the same endpoint of."""
        inputs = [vars(part) for part in self.inputs]
        known = [{key: value for key, value in part.items() if value is not MISSING} for part in inputs]
        return {"name": self.name, "description": self.description, "inputs": known, "returns": [*self.returns]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the endpoint that `as_json` described.

        Raises:
            ToolError: It did not.
        """
        try:
            inputs = tuple(SpaceInput(**{"default": MISSING, **part}) for part in data["inputs"])
            returns = tuple((str(label), schema) for label, schema in data["returns"])
            return cls(data["name"], data["description"], inputs, returns)
        except (KeyError, TypeError, ValueError):
            raise ToolError("The description of the Space's endpoint is damaged; add the Space again.") from None


def read_endpoints(api: Any) -> tuple[Endpoint, ...]:
    """Return the named endpoints of an app in the app's order. Endpoints with a wrong description are left out."""
    named = api.get("named_endpoints") if isinstance(api, Mapping) else None
    endpoints = []
    for name, told in named.items() if isinstance(named, Mapping) else ():
        try:
            if told.get("api_visibility", "public") != "private" and told.get("show_api", True):
                endpoints.append(_endpoint(str(name), told))
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
            continue
    return tuple(endpoints)


async def data_for(endpoint: Endpoint, arguments: Mapping[str, Any], folder: Path) -> list[Any]:
    """Return the values to send for some arguments, in the order of the inputs.

    Only files that the arguments name may be sent. The client uploads every file of this machine that a value holds as
    file data, so no argument or description of the app may contain such data.

    Args:
        endpoint: The endpoint to call.
        arguments: The arguments, by name.
        folder: A folder for copies of the chat's files.

    Raises:
        ToolError: An argument holds file data, or names a file that does not exist.
    """
    data, files = [], _Files(folder)
    for part in endpoint.inputs:
        if part.name not in arguments:
            data.append(_default_data(part.default))
            continue
        value = arguments[part.name]
        if _holds_file_data(value):
            raise ToolError(_NO_FILE_DATA)
        data.append(await files.into(value, part.schema, part.schema))
    return data


def file_data(place: str | Path) -> dict[str, Any]:
    """Return Gradio's description of a file.

    Args:
        place: A file of this machine, which will be uploaded, or a web address.
    """
    url = {"url": place} if is_web_url(place) else {}
    return {"path": str(place), "orig_name": PurePosixPath(place).name, **url, "meta": {"_type": "gradio.FileData"}}


def is_file_data(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Return whether this is Gradio's description of a file."""
    meta = value.get("meta") if isinstance(value, Mapping) else None
    return isinstance(meta, Mapping) and meta.get("_type") == "gradio.FileData"


class _Files:
    """Replaces the names of files in arguments by file data."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    async def into(self, value: Any, schema: Any, root: Schema, depth: int = 0) -> Any:
        """Return the argument with file data in place of the names of files, which its schema tells."""
        schema = _choice(value, schema, root)
        if depth > _DEEPEST or not isinstance(schema, Mapping):
            return value
        if isinstance(value, str):
            return await self._file(value) if _is_file(schema) else value
        if isinstance(value, list):
            return [await self.into(item, schema.get("items"), root, depth + 1) for item in value]
        if isinstance(value, dict):
            fields, others = schema.get("properties") or {}, schema.get("additionalProperties")
            return {key: await self.into(item, fields.get(key, others), root, depth + 1) for key, item in value.items()}
        return value

    async def _file(self, name: str) -> dict[str, Any]:
        if is_web_url(name):
            return file_data(name)  # the Space downloads it
        folder = self._folder / str(self._count)
        self._count += 1
        folder.mkdir()
        path = await take_file(name, folder)
        if not path.is_file():
            raise ToolError(f"There is no file {name[:100]!r}.")
        return file_data(path)


def _endpoint(name: str, told: Mapping[str, Any]) -> Endpoint:
    parameters, returns = told["parameters"], told["returns"]
    if max(len(parameters), len(returns)) > _MOST_PARAMETERS or _depth(told) > _DEEPEST:
        raise ValueError("too large")
    if len(json.dumps([parameters, returns])) > _LONGEST_TOLD:
        raise ValueError("too long")
    inputs = tuple(_input(part, number) for number, part in enumerate(parameters))
    if len({part.name for part in inputs}) < len(inputs):
        raise ValueError("one name for several parameters")
    outputs = tuple((_line(part.get("label")) or "value", _with_files(part["type"])) for part in returns)
    return Endpoint(name, _line(told.get("description"), _LONGEST_DESCRIPTION), inputs, outputs)


def _input(told: Mapping[str, Any], number: int) -> SpaceInput:
    name = str(told.get("parameter_name") or told.get("label") or f"argument_{number}")
    default = told.get("parameter_default") if told.get("parameter_has_default") else MISSING
    return SpaceInput(name, _line(told.get("label")) or name, _with_files(told["type"]), default)


def _parameter(part: SpaceInput) -> SchemaParameter:
    default = part.default
    type_ = type_of(part.schema, part.name)
    if default is not MISSING and _holds_file_data(default):
        default = MISSING  # left to `_default_data`
    required = part.default is MISSING
    note = f"{part.label} ({_FILE_NOTE})" if _holds_file(part.schema) else part.label
    if not required and default is MISSING:
        type_ = type_ | None
    return SchemaParameter(part.name, type_, note, default, required)


def _with_files(schema: Any) -> Any:
    """Return the schema with _FILE in place of each description of file data."""
    if isinstance(schema, Mapping):
        fields = schema.get("properties")
        if isinstance(fields, Mapping) and {"path", "meta"} <= fields.keys():
            return dict(_FILE)
        return {str(key): _with_files(part) for key, part in schema.items()}
    return [_with_files(part) for part in schema] if isinstance(schema, list) else schema


def _depth(told: Any) -> int:
    parts = told.values() if isinstance(told, Mapping) else told if isinstance(told, list) else ()
    return 1 + max(map(_depth, parts), default=0)


def _is_file(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("format") == "file"


def _holds_file(schema: Any) -> bool:
    parts = schema.values() if isinstance(schema, Mapping) else schema if isinstance(schema, list) else ()
    return _is_file(schema) or any(_holds_file(part) for part in parts)


def _holds_file_data(value: Any) -> bool:
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    return is_file_data(value) or any(_holds_file_data(part) for part in parts)


def _default_data(default: Any) -> Any:
    """Return a default value as it can be sent: with files given by web address only."""
    if is_file_data(default):
        address = str(default.get("url"))
        return file_data(address) if is_web_url(address) else None
    if isinstance(default, Mapping):
        return {key: _default_data(part) for key, part in default.items()}
    if isinstance(default, list):
        return [_default_data(part) for part in default]
    return None if default is MISSING else default


def _choice(value: Any, schema: Any, root: Schema) -> Any:
    """Return the part of a schema that describes such a value: resolves references, and chooses among alternatives."""
    for _ in range(_DEEPEST):
        if not isinstance(schema, Mapping):
            return None
        if isinstance(reference := schema.get("$ref"), str):
            schema = (root.get("$defs") or {}).get(reference.rpartition("/")[2])
            continue
        kinds = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if not isinstance(kinds, Sequence):
            return schema
        schema = next((kind for kind in (_choice(value, kind, root) for kind in kinds) if _fits(value, kind)), None)
    return None


def _fits(value: Any, schema: Any) -> bool:
    if not isinstance(schema, Mapping):
        return False
    if isinstance(value, dict):
        return "properties" in schema and set(schema.get("required") or ()) <= value.keys()
    return schema.get("type") == {str: "string", list: "array"}.get(type(value))


def _line(text: Any, longest: int = _LONGEST_LABEL) -> str:
    return " ".join(text.split())[:longest] if isinstance(text, str) else ""
