"""Reads what a tool's code says about it, without running it. The code has the layout of smolagents."""

import ast
import inspect
from collections.abc import Iterator
from typing import Any

from agent_core.errors import ToolError
from agent_core.integrations.hub.code_reader.annotations import Annotations
from agent_core.integrations.hub.code_reader.literals import NotLiteral
from agent_core.integrations.hub.code_reader.tool_class import Method, ToolClass
from agent_core.integrations.hub.code_reader.tool_inputs import TYPES, parameters_of, refined
from agent_core.text import whole_characters
from agent_core.tools.names import check_name
from agent_core.tools.parameters import MISSING
from agent_core.tools.schema_types import type_of
from agent_core.tools.tool_code import ToolCode

LONGEST_CODE = 200_000  # characters


def read_tool_code(source: str) -> ToolCode:
    """Read from its code what a tool is. Nothing of it runs.

    The tool is the class that smolagents would take: the first, by name, of those that derive from its Tool.

    Args:
        source: The text of a file tool.py, at most 200,000 characters.

    Raises:
        ToolError: It holds no tool that can be read. The text is a sentence for a person.
    """
    if len(source) > LONGEST_CODE:
        raise ToolError(f"This tool's code has {len(source):,} characters; at most {LONGEST_CODE:,} are read.")
    try:
        return _read(source, ToolClass(source))
    except RecursionError:
        raise ToolError("This tool's code is nested too deeply to be read.") from None
    except ValueError:  # Python refuses to write very long numbers
        raise ToolError("This tool's code has numbers that are too long to be read.") from None


def _read(source: str, code: ToolClass) -> ToolCode:
    name, annotations = _text(code, "name").strip(), Annotations(code.statements)
    check_name(name)
    _check_init(code)
    forward = code.method("forward")
    if not forward:
        raise ToolError("This tool has no method forward, which would do its work.")
    any_signature = _attribute(code, "skip_forward_signature_validation") is True
    inputs = _needed(code, "inputs")
    return ToolCode(
        source=source,
        class_name=code.class_name,
        name=name,
        description=_text(code, "description"),
        parameters=parameters_of(inputs, forward, annotations, code.names, any_signature=any_signature),
        output=_output(code, forward, annotations),
        imports=tuple(sorted(set(_imports(code.module)))),
    )


def _attribute(code: ToolClass, name: str) -> Any:
    """Return the value of an attribute; None if there is none. Raises ToolError if only running the code tells it."""
    try:
        return code.attribute(name)
    except NotLiteral:
        raise ToolError(f"This tool's {name} cannot be read without running its code.") from None


def _needed(code: ToolClass, name: str) -> Any:
    if (value := _attribute(code, name)) is None:
        raise ToolError(f"This tool does not say its {name}.")
    return value


def _text(code: ToolClass, name: str) -> str:
    value = _needed(code, name)
    if not isinstance(value, str) or not value.strip():
        raise ToolError(f"This tool's {name} is not text.")
    return whole_characters(inspect.cleandoc(value)).strip()


def _check_init(code: ToolClass) -> None:
    init = code.method("__init__")
    if init is None:
        return
    of = init.args
    by_place = [*of.posonlyargs, *of.args]
    needed = by_place[1 : len(by_place) - len(of.defaults)]
    needed += [argument for argument, default in zip(of.kwonlyargs, of.kw_defaults, strict=True) if default is None]
    if needed:
        named = ", ".join(argument.arg for argument in needed)
        raise ToolError(f"This tool needs {named} when it is created, which cannot be given here.")


def _output(code: ToolClass, forward: Method, annotations: Annotations) -> Any:
    """Return the type of the result: that of the output schema, or else of the annotation and the output type."""
    kind = _needed(code, "output_type")
    if kind not in TYPES:
        raise ToolError(
            f"This tool says that its result has the type {str(kind)[:60]!r}, which smolagents does not know: it knows "
            f"{', '.join(TYPES)}."
        )
    if schema := _schema(code):
        return type_of(schema)
    annotated = annotations.type_of(forward.returns)
    return MISSING if kind == "any" and annotated is MISSING else refined(annotated, {"type": kind})


def _schema(code: ToolClass) -> dict[str, Any] | None:
    """Return the output schema if there is one that can be read; a tool is one without it, too."""
    try:
        schema = code.attribute("output_schema")
        schema = ast.literal_eval(schema) if isinstance(schema, str) else schema
    except (NotLiteral, ValueError, TypeError, SyntaxError, MemoryError):
        return None
    return schema if isinstance(schema, dict) else None


def _imports(module: ast.Module) -> Iterator[str]:
    """Yield the top names of the modules that the code imports anywhere."""
    for part in ast.walk(module):
        if isinstance(part, ast.Import):
            found = [name.name for name in part.names]
        elif isinstance(part, ast.ImportFrom) and not part.level:
            found = [part.module or ""]
        else:
            continue
        yield from {name.partition(".")[0] for name in found} - {"smolagents", "__future__"}
