"""What docstrings say about parameters, in the styles of Google, Sphinx and numpy."""

from dataclasses import dataclass, field

import docstring_parser


@dataclass(frozen=True)
class Docstring:
    """text: all but the parameters. parameters: what is said of each."""

    text: str
    parameters: dict[str, str] = field(default_factory=dict)


def read_docstring(text: str) -> Docstring:
    try:
        parsed = docstring_parser.parse(f"-\n\n{text}")  # a section is none without a line before it
    except docstring_parser.ParseError:  # it only looks like one of these styles
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
