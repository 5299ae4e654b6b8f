"""Reads JSON that models wrote."""

import ast
import json
import re
from typing import Any


def read_json(text: str, *, may_lack_bracket: bool = False) -> Any:
    """Return the value of a JSON text; None if it cannot be read.

    It may have raw newlines, Python's quotes and constants, and trailing commas. What was not written is not made up:
    a string that was not closed has lost its end.

    Args:
        text: The text.
        may_lack_bracket: Whether it is read although its last bracket is missing, which models forget.
    """
    text = text.strip()
    text = text.replace("{{", "{").replace("}}", "}") if text.startswith("{{") else text
    for candidate in (text, re.sub(r",\s*([}\]])", r"\1", text)):
        try:
            return json.JSONDecoder(strict=False).raw_decode(candidate)[0]
        except (ValueError, RecursionError):
            pass
    for closing in ("", "}", "]") if may_lack_bracket else ("",):
        try:
            return ast.literal_eval(text + closing)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            pass
        try:
            return json.loads(text + closing, strict=False)
        except (ValueError, RecursionError):
            pass
    return None
