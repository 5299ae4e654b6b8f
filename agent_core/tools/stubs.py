"""Writes the Python stub of a tool for the prompt of an agent that writes code."""

import re
import textwrap
from collections.abc import Sequence

from agent_core.tools.docstrings import read_docstring
from agent_core.tools.parameters import MISSING
from agent_core.tools.signature import Signature
from agent_core.tools.type_text import fields_of, type_text, with_fields


def write_stub(name: str, signature: Signature, description: str, more: Sequence[str] = ()) -> str:
    """Return the tool as a Python function without a body: its signature, docstring and notes, and more of these."""
    returns = "" if signature.output is MISSING else f" -> {type_text(signature.output)}"
    notes = "".join(f"\n    # {note}" for note in [*write_notes(signature, description), *more])
    return f"def {name}{signature.text()}{returns}:\n{_quoted(description)}{notes}"


def write_notes(signature: Signature, description: str) -> list[str]:
    """Return what the description does not say: descriptions of parameters, and the fields of types."""
    described = read_docstring(description).parameters
    notes = [
        f"{parameter.python}: {parameter.description}"
        for parameter in signature.parameters
        if parameter.description and parameter.python not in described
    ]
    types = [signature.output, *(parameter.type for parameter in signature.parameters)]
    for kind in with_fields(*types):
        fields = fields_of(kind)
        if not all(re.search(rf"\b{re.escape(name)}\b", description) for name in fields):
            named = ", ".join(f"{name}: {type_text(field)}" for name, field in fields.items())
            notes.append(f"{kind.__name__}: {named}")
    return notes


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    return textwrap.indent(f'"""{text}{" " if text.endswith(chr(34)) else ""}"""', "    ")
