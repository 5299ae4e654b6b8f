"""How tools are made and described: of functions and classes, with schemas for native calls and stubs for Python."""

import asyncio
import enum
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from agent_core import Sandbox, Tool, ToolError, tool
from agent_core.tools.given.toolbox import known_tools


class Unit(enum.Enum):
    CELSIUS = "C"
    FAHRENHEIT = "F"


@dataclass
class Place:
    city: str
    near: list["Place"] = field(default_factory=list)


class Forecast(BaseModel):
    day: date
    places: list[Place]
    high: float | None = None


class Weather(Tool):
    """Tell the weather."""

    def __init__(self, seconds: float) -> None:
        self.timeout = seconds

    async def run(
        self, place: Place, unit: Unit = Unit.CELSIUS, days: Annotated[int, Field(ge=1)] = 1
    ) -> list[Forecast]:
        """
        Args:
            days: today is the first one
        """
        return [Forecast(day=date(2024, 1, 1 + n), places=[place]) for n in range(days)]


class HTTPFetch(Tool):
    name = "fetch"
    description = "Fetch."

    def run(self, from_: Annotated[str, Field(alias="from", description="where from")], /, json: int = 1) -> list[Any]:
        return [from_, json]


@tool(name="look_up", timeout=5)
def look(word: str, kind: Literal["noun", "verb"] = "noun", limit: int | list[int] = 3, more: str | None = None) -> str:
    """Look a word up.

    :param word: what to look for
    :param kind: of word
    :returns: its meaning
    """
    return f"{word} {kind} {limit}"


weather = Weather(7)


def test_a_class_is_a_tool():
    assert (weather.name, weather.description, weather.timeout) == ("weather", "Tell the weather.", 7)
    assert (HTTPFetch().name, HTTPFetch().description) == ("fetch", "Fetch.")
    assert (look.name, look.timeout) == ("look_up", 5)


async def test_arguments_become_what_the_function_takes():
    place = {"city": "Oslo", "near": [{"city": "Moss"}]}
    expected = [Forecast(day=date(2024, 1, 1), places=[Place("Oslo", [Place("Moss")])])]
    assert await weather.call({"place": place, "unit": "F"}) == expected
    assert await weather.call({"place": json.dumps(place), "days": "1"}) == expected
    assert await look.call({"word": 5, "limit": "[1, 2]"}) == "5 noun [1, 2]"


def test_the_schema_has_what_providers_ask_for():
    described = weather.schema()
    assert described["type"] == "function"
    assert (described["function"]["name"], described["function"]["description"]) == ("weather", "Tell the weather.")
    parameters = described["function"]["parameters"]
    assert parameters == weather.parameters
    assert parameters["type"] == "object"
    assert parameters["required"] == ["place"]
    assert parameters["properties"]["days"] == {
        "default": 1,
        "description": "today is the first one",
        "minimum": 1,
        "type": "integer",
    }
    assert parameters["properties"]["place"] == {"$ref": "#/$defs/Place"}
    assert parameters["$defs"]["Place"]["properties"]["near"]["items"] == {"$ref": "#/$defs/Place"}
    assert json.loads(json.dumps(described)) == described
    assert weather.output is not None
    assert weather.output["type"] == "array"


def test_descriptions_come_from_the_docstring():
    function = look.schema()["function"]
    assert function["description"] == "Look a word up.\n\nReturns: its meaning"
    assert function["parameters"]["properties"]["word"]["description"] == "what to look for"
    assert function["parameters"]["properties"]["more"]["anyOf"] == [{"type": "string"}, {"type": "null"}]

    def numpy_style(a: int, b: tuple[int, str]) -> int:
        """Add.

        Parameters
        ----------
        a : int
            The first.
        b
            The other.
        """
        return a

    properties = Tool(numpy_style).parameters["properties"]
    assert [properties[name]["description"] for name in "ab"] == ["The first.", "The other."]
    assert "items" in properties["b"]


def test_the_stub_names_the_fields_that_the_docstring_does_not():
    assert weather.stub() == (
        "def weather(place: Place, unit: Literal['C', 'F'] = 'C', days: int = 1) -> list[Forecast]:\n"
        '    """Tell the weather."""\n'
        "    # days: today is the first one\n"
        "    # Place: city: str, near: list[Place]\n"
        "    # Forecast: day: date, places: list[Place], high: float | None"
    )


def test_a_stub_is_valid_python_whatever_is_in_it():
    nothing = object()

    def odd(a: str = "x.y", b: Any = nothing, *, c: str = "'") -> None: ...

    made = Tool(odd, description='Say "\\d" or """this"""')
    compile(made.stub(), "stub", "exec")
    assert made.stub().startswith("def odd(a: str = 'x.y', b: Any = ..., *, c: str = \"'\") -> None:")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"word": "x", "kind": "adverb"}, "kind must be 'noun' or 'verb', not 'adverb'"),
        ({"word": "x", "limit": "many"}, "limit must be an integer or a list, not 'many'"),
        ({"word": "x", "limt": 1}, "there is no parameter 'limt' (did you mean limit?)"),
        ({}, "word is missing"),
        ({"word": ["x"]}, "word must be text, not ['x']"),
        ({"word": "x" * 1000, "limit": {"a": "y" * 10_000}}, "limit must be an integer or a list, not {'a'"),
    ],
)
async def test_what_is_wrong_with_arguments_is_said_in_one_sentence(arguments: dict[str, Any], told: str):
    with pytest.raises(ToolError) as caught:
        await look.call(arguments)
    sentence = str(caught.value)
    assert sentence.startswith(
        "look_up(word: str, kind: Literal['noun', 'verb'] = 'noun', limit: int | list[int] = 3, "
        "more: str | None = None) was called with wrong arguments: "
    )
    assert told in sentence
    assert len(sentence) < 500


async def test_places_inside_of_arguments_are_named():
    with pytest.raises(ToolError) as caught:
        await weather.call({"place": {"city": "Oslo", "near": [{"city": 1}, {"town": "x"}]}, "days": 0})
    sentence = str(caught.value)
    assert "place.near[1].city is missing" in sentence
    assert "days must be greater than or equal to 1, not 0" in sentence


@pytest.mark.parametrize("name", ["class", "None", "a b", "1st", "é", "ToolError", "display", "_hidden", "x" * 65])
def test_names_that_cannot_be_called_are_refused(name: str):
    with pytest.raises(ToolError, match="cannot be named"):
        Tool(lambda: None, name=name, description="Do nothing.")


def test_what_cannot_be_made_of_json_is_refused():
    def strange(task: asyncio.Task[int]) -> None:
        """Do nothing."""

    with pytest.raises(ToolError, match="'strange' cannot be used"):
        Tool(strange)


def test_two_tools_of_one_name_are_refused():
    with pytest.raises(ToolError, match="2 tools are named 'look_up'"):
        known_tools([look, weather, look])
    with pytest.raises(ToolError, match="2 tools are named"):
        Sandbox(tools=[look, look])


async def test_a_parameter_that_python_cannot_name():
    fetch = HTTPFetch()
    assert list(fetch.parameters["properties"]) == ["from", "json"]
    assert await fetch.call({"from": "a", "json": 2}) == ["a", 2]
    async with Sandbox(tools=[fetch, weather]) as box:
        assert (await box.run("fetch('a', json=3)")).value == "['a', 3]"
        done = await box.run("weather({'city': 'Oslo'}, days=2)[1]")
        assert done.value == "Forecast(day=datetime.date(2024, 1, 2), places=[Place(city='Oslo', near=[])], high=None)"
        assert "from_: where from" in (await box.run("help(fetch)")).stdout
