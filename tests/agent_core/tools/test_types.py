"""What type hints, defaults and docstrings say of a tool's parameters."""

import functools
import json
import typing
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NotRequired

import pytest
from pydantic import BaseModel, Field

from agent_core import Tool, ToolError


class Point(typing.TypedDict):
    """A place on the map."""

    x: int
    label: NotRequired[str]
    near: list["Point"]


class Box(typing.TypedDict, total=False):
    corner: Point
    sizes: dict[str, float]


@dataclass
class Route:
    start: Point
    stops: list[Point] = field(default_factory=list)
    name: str = "no name"


class Address(BaseModel):
    street: str
    number: int | None = None


@dataclass
class Person:
    name: str
    home: Address


def parameters_of(function: Any) -> dict[str, Any]:
    return Tool(function).parameters["properties"]


def documented(x: int, y: float = 1.5) -> float:
    """
    Multiplies with Args: or Returns: in its text.

    Args:
        x (str): The first number,
            in two lines.
        y (`float`, *optional*): The second.
    Returns:
        float: Product of x and y.
    """
    return x * y


def test_the_hints_count_and_the_docstring_describes():
    assert parameters_of(documented) == {
        "x": {"type": "integer", "description": "The first number, in two lines."},
        "y": {"type": "number", "description": "The second.", "default": 1.5},
    }
    assert Tool(documented).schema()["function"]["description"] == (
        "Multiplies with Args: or Returns: in its text.\n\nReturns: Product of x and y."
    )


def test_a_section_may_follow_without_an_empty_line():
    def place(x: int, y: tuple[str, str, float] | None = None) -> None:
        """
        Test function
        Args:
            x: The first input
            y: The second input
        """

    found = Tool(place).schema()["function"]
    assert found["description"] == "Test function"
    assert found["parameters"]["required"] == ["x"]
    assert found["parameters"]["properties"]["y"]["description"] == "The second input"


def test_a_description_may_stand_beside_the_type():
    def look(
        place: Annotated[str, "where  to look"],
        most: Annotated[int, Field(ge=1, description="how many")] = 3,
        kind: Annotated[Literal["a", "b"] | None, "which"] = None,
    ) -> str:
        """Look."""
        return f"{place}{most}{kind}"

    found = parameters_of(look)
    assert found["place"] == {"type": "string", "description": "where to look"}
    assert found["most"] == {"type": "integer", "minimum": 1, "default": 3, "description": "how many"}
    assert found["kind"]["description"] == "which"
    assert "# place: where to look" in Tool(look).stub()


async def test_a_field_may_be_the_default():
    def add(
        x: int = Field(description="the first", le=9),
        y: int = Field(default=5, ge=1),
        rest: list[int] = Field(default_factory=list, alias="more"),  # noqa: B008
        last: Annotated[int, Field(default=7)] = 8,
    ) -> Any:
        """Add."""
        rest.append(x + y + last)
        return rest

    added = Tool(add)
    assert added.parameters["required"] == ["x"]
    assert added.parameters["properties"]["y"] == {"type": "integer", "minimum": 1, "default": 5}
    assert added.stub().startswith("def add(x: int, y: int = 5, rest: list[int] = ..., last: int = 8)")
    assert await added.call({"x": 1}) == [14]
    assert await added.call({"x": 1, "more": [0]}) == [0, 14]  # and not what the first call made
    with pytest.raises(ToolError, match="y must be greater than or equal to 1, not 0"):
        await added.call({"x": 1, "y": 0})


async def test_choices_in_the_docstring_are_the_only_values():
    def paint(color: str, sizes: list[int] | None = None, finish: str = "matt", other: str = "") -> str:
        """Paint.

        Args:
            color: The color (choices: ["red", " green"])
            sizes: Which (Choices: [1, 2])
            finish: How (choices: matt or glossy)
            other: The one (choices: [["nested"]])
        """
        return f"{color} {sizes}"

    found = parameters_of(paint)
    assert found["color"] == {"type": "string", "enum": ["red", "green"], "description": "The color"}
    assert found["sizes"]["anyOf"][0] == {"type": "array", "items": {"type": "integer", "enum": [1, 2]}}
    assert found["finish"] == {"type": "string", "default": "matt", "description": "How (choices: matt or glossy)"}
    assert "enum" not in found["other"]
    assert Tool(paint).stub().startswith("def paint(color: Literal['red', 'green'], sizes: list[Literal[1, 2]] | None")
    assert await Tool(paint).call({"color": "red", "sizes": [2]}) == "red [2]"
    with pytest.raises(ToolError, match="color must be 'red' or 'green', not 'blue'"):
        await Tool(paint).call({"color": "blue"})


async def test_a_typed_dict_of_typing_is_taken():
    def draw(box: Box, at: Point | None = None) -> list[Point]:
        """Draw."""
        return [box["corner"], *([at] if at else [])]  # pyright: ignore[reportTypedDictNotRequiredAccess]

    drawn = Tool(draw)
    assert drawn.parameters["$defs"]["Point"]["required"] == ["x", "near"]
    assert drawn.parameters["$defs"]["Box"].get("required") is None
    assert drawn.output is not None
    assert drawn.output["type"] == "array"
    assert drawn.stub().count("# Point: x: int, label: str") == 1
    point = {"x": 1, "near": []}
    assert await drawn.call({"box": {"corner": point}, "at": point | {"label": "a"}}) == [
        point,
        {**point, "label": "a"},
    ]
    with pytest.raises(ToolError, match=r"box\.corner\.x is missing"):
        await drawn.call({"box": {"corner": {"near": []}}})


async def test_a_typed_dict_may_be_in_a_dataclass():
    def go(route: Route, others: list[Route] | None = None) -> Route:
        """Go."""
        assert isinstance(route, Route)
        return route

    going = Tool(go)
    assert going.stub() == (
        "def go(route: Route, others: list[Route] | None = None) -> Route:\n"
        '    """Go."""\n'
        "    # Route: start: Point, stops: list[Point], name: str\n"
        "    # Point: x: int, label: str, near: list[Point]"
    )
    assert going.parameters["$defs"]["Route"]["required"] == ["start"]
    assert going.output is not None
    point = {"x": 1, "near": []}
    route = await going.call({"route": {"start": {**point, "x": "1"}, "stops": [point]}, "others": [{"start": point}]})
    assert route == Route(point, [point])  # pyright: ignore[reportArgumentType]
    assert await going.call({"route": route}) is route
    assert await going.call({"route": json.dumps({"start": point})}) == Route(point)  # pyright: ignore[reportArgumentType]
    for given, told in (
        ({"start": {"near": []}}, r"route\.start\.x is missing"),
        ({}, r"route\.start is missing"),
        (5, "route must be a dict"),
        ({"start": point, "end": 1}, "there is no parameter"),
    ):
        with pytest.raises(ToolError, match=told):
            await going.call({"route": given})


def test_what_pydantic_cannot_make_is_said_with_what_to_do():
    class Holder(typing.NamedTuple):
        point: Point

    def hold(holder: Holder) -> None:
        """Hold."""

    if typing.TypedDict.__module__ == "typing" and not hasattr(typing, "override"):  # before Python 3.12
        with pytest.raises(ToolError, match=r"'hold' cannot be used.*use `typing_extensions.TypedDict`"):
            Tool(hold)


async def test_nested_types_become_objects():
    def greet(people: list[Person], by: dict[str, list[int]], value: int | str, anything: Any = None) -> str:
        """Greet."""
        return f"{people[0].home.street} {by} {value!r}"

    people = [{"name": "Ada", "home": {"street": "Main"}}]
    assert await Tool(greet).call({"people": people, "by": {"a": ["1"]}, "value": "x"}) == "Main {'a': [1]} 'x'"


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        (bool, True, True),
        (str, "b", True),
        (int, 1, True),
        (float, 1, True),
        (list, ["a"], True),
        (list[str], ["a"], True),
        (dict[str, str], {"a": "b"}, True),
        (dict[str, str], "b", False),
        (bool, "b", False),
        (str | int, "a", True),
        (str | int, 1, True),
        (str | int, None, False),
        (str, None, False),
        (str | None, None, True),
        (Literal[1, 2, None], 3, False),
    ],
)
async def test_arguments_are_checked(kind: Any, value: Any, fits: bool):
    def take(argument) -> Any:
        """Take."""
        return argument

    take.__annotations__["argument"] = kind
    if fits:
        assert await Tool(take).call({"argument": value}) == value
    else:
        with pytest.raises(ToolError, match="argument must be"):
            await Tool(take).call({"argument": value})
    with pytest.raises(ToolError, match="argument is missing"):
        await Tool(take).call({})


def test_parameters_without_names_are_refused():
    def args(*values: int) -> None:
        """Take."""

    def options(**values: int) -> None:
        """Take."""

    with pytest.raises(ToolError, match=r"may not take \*values\. Name each parameter"):
        Tool(args)
    with pytest.raises(ToolError, match=r"may not take \*\*values\. Name each parameter"):
        Tool(options)


def test_a_cached_function_has_its_types():
    @functools.lru_cache
    def cached(x: int) -> int:
        """Think."""
        return x

    assert Tool(cached).stub().startswith("def cached(x: int) -> int:")
