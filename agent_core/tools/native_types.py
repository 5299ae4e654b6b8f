"""The types of tables, arrays and pictures, which tools take and give as themselves, though JSON has none of them.

They are known by their names, so that none of their libraries is imported.
"""

from collections.abc import Mapping
from typing import Any, get_args

from agent_core.tools.type_text import alternatives

_BY_NAME = {"type": "string"}
_ROWS = {
    "anyOf": [{"type": "array", "items": {"type": "object"}}, _BY_NAME],
    "description": "A table: the list of its rows, or its name.",
}
_ITEMS = {"anyOf": [{"type": "array", "items": {}}, _BY_NAME], "description": "An array: its items, or its name."}
_NAME = {**_BY_NAME, "description": "A picture: its name."}
_SCHEMAS: Mapping[tuple[str, str], dict[str, Any]] = {
    ("pandas", "DataFrame"): _ROWS,
    ("pandas", "Series"): _ITEMS,
    ("polars", "DataFrame"): _ROWS,
    ("polars", "Series"): _ITEMS,
    ("numpy", "ndarray"): _ITEMS,
    ("PIL", "Image"): _NAME,
}


def native_schema(kind: Any) -> dict[str, Any] | None:
    """Return the JSON Schema of what stands for such a type in JSON; None for any other type."""
    schema = _SCHEMAS.get((str(getattr(kind, "__module__", "")).partition(".")[0], getattr(kind, "__name__", "")))
    return dict(schema) if schema else None


def names_native(annotation: Any) -> bool:
    """Return whether a type is such a type, or has one in it, as `list[Image]` has."""
    return native_schema(annotation) is not None or any(map(names_native, get_args(annotation)))


def from_json(annotation: Any, value: Any) -> Any:
    """Return the table or array that a list of JSON stands for; the value as it is if it stands for none.

    Args:
        annotation: The type of the parameter, or a union with it.
        value: What was given for it.
    """
    kind = next((kind for kind in alternatives(annotation) if native_schema(kind)), None)
    if kind is None or not isinstance(value, list):
        return value
    try:
        if kind.__name__ == "ndarray":
            import numpy

            return numpy.array(value)
        return kind(value)
    except Exception:  # whatever the library says of it; the check of the type says what is wrong
        return value
