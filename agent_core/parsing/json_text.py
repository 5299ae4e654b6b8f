"""Reading JSON that models wrote."""

import ast
import json
import re
from typing import Any


def read_json(text: str) -> Any:
    """What a JSON text says, forgiving raw line ends, Python's quotes and constants, commas, and a missing end."""
    text = text.strip()
    text = text.replace("{{", "{").replace("}}", "}") if text.startswith("{{") else text
    for candidate in (text, re.sub(r",\s*([}\]])", r"\1", text)):
        try:
            return json.JSONDecoder(strict=False).raw_decode(candidate)[0]
        except (ValueError, RecursionError):
            pass
    for closing in ("", "}", "}}", '"}', '"}}', "]"):
        try:
            return ast.literal_eval(text + closing)
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            pass
        try:
            return json.loads(text + closing, strict=False)
        except (ValueError, RecursionError):
            pass
    return None
