"""Tables, arrays and pictures of the host as text for a model. None of their libraries is imported here."""

from typing import Any

_ROWS, _COLUMNS = 40, 20  # that are shown of a table


def library_text(value: Any) -> str:
    """Return a table, an array or a picture as text; "" for anything else."""
    kinds = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(value).__mro__}
    if ("pandas", "DataFrame") in kinds:
        return value.to_string(max_rows=_ROWS, max_cols=_COLUMNS, show_dimensions=True)
    if ("pandas", "Series") in kinds:
        return value.to_string(max_rows=_ROWS, length=True, name=True, dtype=True)
    if ("PIL", "Image") in kinds:
        return f"A picture, {value.width}×{value.height} pixels."
    if ("matplotlib", "Figure") in kinds:
        return "A figure."
    if kinds & {("numpy", "ndarray"), ("polars", "DataFrame"), ("polars", "Series")}:
        return str(value)
    return ""
