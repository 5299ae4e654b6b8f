"""Tools whose parameters come as data, as a JSON Schema describes them."""

from typing import Any, Literal

import pytest
from typing_extensions import is_typeddict

from agent_core.errors import ToolError
from agent_core.tools.names import python_name, python_names, tool_name
from agent_core.tools.schema_tool import SchemaTool
from agent_core.tools.schema_types import parameters_of, type_of
from agent_core.tools.type_text import fields_of, type_text

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
        "class": {"type": "string", "description": "which\n  one"},
        "how-many": {"type": "integer", "default": 3},
        "filter": {"$ref": "#/$defs/Filter"},
        "tags": {"type": "array"},
    },
    "required": ["class"],
    "$defs": {
        "Filter": {
            "type": "object",
            "properties": {"since": {"type": "string"}, "next": {"$ref": "#/$defs/Filter"}},
            "required": ["since"],
        }
    },
}


def given_back(schema: dict[str, Any] = SCHEMA) -> SchemaTool:
    """A tool whose result is what its owner would be given."""

    async def work(arguments: dict[str, Any]) -> dict[str, Any]:
        return arguments

    return SchemaTool("find", "Finds.", parameters_of(schema), work, schema=schema)


def test_its_signature_has_names_that_python_takes_and_says_what_they_are():
    stub = given_back().stub()
    assert "def find(class_: str, how_many: int = 3, filter: Filter | None = None, tags: list | None = None):" in stub
    assert "# class_: which one" in stub
    assert "# Filter: since: str, next: Any" in stub


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ({"class": "a"}, {"class": "a", "how-many": 3}),
        ({"class_": "a", "how_many": "4"}, {"class": "a", "how-many": 4}),
        ({"class": "a", "filter": '{"since": "May"}'}, {"class": "a", "how-many": 3, "filter": {"since": "May"}}),
        ({"class": "a", "tags": None}, {"class": "a", "how-many": 3}),
    ],
)
async def test_its_owner_is_given_his_own_names_and_nothing_that_was_left_out(arguments, given):
    assert await given_back().call(arguments) == given


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "class is missing"),
        ({"class": "a", "filter": {"next": 1}}, "filter.since is missing"),
        ({"class": "a", "klass": 1}, "there is no parameter 'klass'"),
        ({"class": "a", "how-many": "many"}, "how-many must be an integer"),
    ],
)
async def test_wrong_arguments_are_told(arguments, problem):
    with pytest.raises(ToolError, match=problem):
        await given_back().call(arguments)


def test_its_schema_is_its_owners_with_what_providers_miss():
    parameters = given_back().parameters
    assert "$schema" not in parameters
    assert parameters["properties"]["tags"] == {"type": "array", "items": {}}
    assert parameters["properties"]["class"] == SCHEMA["properties"]["class"]
    assert given_back({"type": "object"}).parameters == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string"}, "str"),
        ({"type": ["integer", "null"]}, "int | None"),
        ({"anyOf": [{"type": "number"}, {"type": "boolean"}]}, "float | bool"),
        ({"enum": ["a", 1, None]}, "Literal['a', 1, None]"),
        ({"enum": [1.5]}, "Any"),
        ({"const": "x"}, "Literal['x']"),
        ({"type": "array", "items": {"type": "string"}}, "list[str]"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "dict[str, int]"),
        ({"type": "object"}, "dict"),
        ({"allOf": [{"type": "string"}]}, "str"),
        ({"$ref": "https://example.org/schema"}, "Any"),
        ({"$ref": "#/nowhere"}, "Any"),
        (True, "Any"),
        ({"type": "date"}, "Any"),
    ],
)
def test_types(schema, text):
    assert type_text(type_of(schema)) == text


def test_an_object_with_fields_is_a_type_with_fields():
    kind = type_of({"title": "weather report", "properties": {"city": {"type": "string"}}}, "Result")
    assert is_typeddict(kind) and kind.__name__ == "WeatherReport" and fields_of(kind) == {"city": str}


def test_a_schema_that_is_deep_or_refers_to_itself_comes_to_an_end():
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(200):
        deep = {"type": "array", "items": deep}
    assert type_text(type_of(deep)).startswith("list[list[")
    wide = {f"f{number}": {"$ref": "#"} for number in range(40)}
    assert is_typeddict(type_of({"type": "object", "properties": wide}))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("get-weather", "get_weather"),
        ("2d plot", "n_2d_plot"),
        ("class", "class_"),
        ("größe", "gr_e"),
        ("", "it"),
        ("final_answer", "final_answer_2"),
        ("x" * 90, "x" * 64),
    ],
)
def test_names_of_tools(text, name):
    assert tool_name(text) == name


def test_names_are_all_different_and_kept_where_python_takes_them():
    assert python_names(["a-b", "a_b", "a b", "_x", "from"]) == ["a_b", "a_b_2", "a_b_3", "_x", "from_"]
    assert python_name("a", taken=["a", "a_2"]) == "a_3"


def test_a_choice_is_checked():
    assert type_of({"enum": ["red"]}) == Literal["red"]
