"""Reads what docstrings say about parameters, in the styles of Google, Sphinx and numpy."""

from dataclasses import dataclass, field

import docstring_parser


@dataclass(frozen=True)
class Docstring:
    """A docstring in two parts.

    Attributes:
        text: The text without the parameters.
        parameters: The descriptions of parameters, by name.
    """

    text: str
    parameters: dict[str, str] = field(default_factory=dict)


def read_docstring(text: str) -> Docstring:
    """Read a docstring. If it is in no known style, all of it is text."""
    try:
        parsed = docstring_parser.parse(f"-\n\n{text}")  # the parser needs a line before a section
    except docstring_parser.ParseError:  # it only looks like a known style
        return Docstring(text)
    parameters = {
        found.arg_name: " ".join((found.description or "").split())
        for found in parsed.params
        if found.args[0] != "attribute"
    }
    if not parameters:
        return Docstring(text)
    returns = parsed.returns.description if parsed.returns else None
    return Docstring(
        "\n\n".join(
            [(parsed.description or "").removeprefix("-").strip(), *([f"Returns: {returns}"] if returns else [])]
        ),
        parameters,
    )
