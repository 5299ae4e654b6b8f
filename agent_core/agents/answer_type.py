"""Answers of a type: what the model is told of it, and reading the object out of what it says."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from agent_core.agents.given_functions import naming
from agent_core.errors import GlassboxError
from agent_core.execution import Display
from agent_core.prompts import fill, read_prompt
from agent_core.text import truncate

_FENCED = re.compile(r"^[ \t]*(`{3,})\w*[ \t]*\n(.*?)^[ \t]*\1", re.DOTALL | re.MULTILINE)
_MOST_PROBLEMS = 3  # that are told at once
_LONGEST_PROBLEM = 300  # characters


class WrongType(Exception):
    """An answer is not of the type. The text says why, in a sentence for the model."""


class AnswerType:
    """The type of a run's answer.

    Args:
        wanted: A type that pydantic understands, or a JSON Schema as a dict.

    Raises:
        GlassboxError: It is neither.
    """

    def __init__(self, wanted: Any) -> None:
        self._wanted = wanted
        try:
            self._schema, self._check = _of_schema(wanted) if isinstance(wanted, dict) else _of_type(wanted)
        except (PydanticUserError, TypeError, NameError, SyntaxError) as error:
            raise GlassboxError(
                f"answer_type cannot be {truncate(repr(wanted), 100)}: give a type that pydantic understands, as a "
                f"model, a TypedDict or list[int], or a JSON Schema as a dict. {str(error).partition(chr(10))[0]}"
            ) from None

    def prompt(self, *, code: bool) -> str:
        """Return what the model is told of the type.

        Args:
            code: Whether the model may run code, which can give the answer.
        """
        told = fill(read_prompt("answer_type"), schema=json.dumps(self._schema, ensure_ascii=False))
        return f"{told}\n{read_prompt('answer_type_in_code')}" if code else told

    def read(self, answer: Display) -> Any:
        """Return the object that an answer is: what code gave, or JSON in its text, with or without a fence.

        Raises:
            WrongType: It is not of the type.
            GlassboxError: A validator of the type failed otherwise.
        """
        problem = ""
        with naming("The answer type", self._wanted):
            for candidate in _candidates(answer):
                try:
                    return self._check(candidate)
                except WrongType as error:
                    problem = problem or str(error)
        raise WrongType(f"It does not fit the JSON Schema that it must fit. {problem}")


def made_type(wanted: Any) -> AnswerType | None:
    """Return the type of an agent's answers; None if any will do. Raises GlassboxError if it is no type."""
    return None if wanted is None else AnswerType(wanted)


def _candidates(answer: Display) -> Iterator[Any]:
    """Yield what an answer may be: the object that code gave; else JSON or values as Python writes them, in its text or
    in the fences there; the text itself.
    """
    with suppress(GlassboxError):
        if not isinstance(answer.value, str):
            yield answer.value
            return
    text = str(answer)
    for part in (text, *(fenced for _, fenced in reversed(_FENCED.findall(text)))):
        with suppress(ValueError, RecursionError):
            yield json.loads(part, strict=False)
            continue
        with suppress(ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            yield ast.literal_eval(part.strip())
    yield text


def _of_type(wanted: Any) -> tuple[Any, Callable[[Any], Any]]:
    kind: TypeAdapter[Any] = TypeAdapter(wanted)

    def check(value: Any) -> Any:
        try:
            return kind.validate_json(as_json) if (as_json := _as_json(value)) else kind.validate_python(value)
        except ValidationError as error:
            raise WrongType(_told(_of_pydantic(error))) from None

    return kind.json_schema(), check


def _of_pydantic(error: ValidationError) -> Iterator[tuple[str, str]]:
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        yield ".".join(map(str, problem["loc"])), problem["msg"]


def _of_schema(wanted: dict[str, Any]) -> tuple[Any, Callable[[Any], Any]]:
    try:
        from jsonschema import SchemaError, validators
        from referencing import Registry
    except ModuleNotFoundError:
        raise GlassboxError("answer_type as a JSON Schema needs another package: pip install jsonschema.") from None
    kind = validators.validator_for(wanted)
    try:
        kind.check_schema(wanted)
    except SchemaError as error:
        raise GlassboxError(f"answer_type is no valid JSON Schema: {error.message}") from None
    validator = kind(wanted, registry=Registry())  # which fetches nothing

    def check(value: Any) -> Any:
        value = json.loads(_as_json(value) or "null")
        found = sorted(validator.iter_errors(value), key=lambda error: len(error.path))
        if found:
            raise WrongType(_told((".".join(map(str, error.absolute_path)), error.message) for error in found))
        return value

    return wanted, check


def _as_json(value: Any) -> bytes | None:
    """Return a value as JSON, in which types are read as JSON has them; None for what JSON cannot hold."""
    try:
        return to_json(value, inf_nan_mode="constants")
    except (PydanticSerializationError, ValueError, RecursionError):
        return None


def _told(problems: Iterator[tuple[str, str]]) -> str:
    """Return problems, each with its place, in one line."""
    lines = [f"{place}: {said}" if place else said for place, said in problems]
    told = [truncate(" ".join(line.split()), _LONGEST_PROBLEM).rstrip(".") for line in lines[:_MOST_PROBLEMS]]
    more = len(lines) - len(told)
    return f"{'; '.join(told)}{f'; and {more} more' if more else ''}."
