"""Functions, objects, classes and sets of tools, given to agents as they are; and what is no tool."""

import functools
import math
import types
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import BaseModel, Field, model_validator

from agent_core import CodeAgent, Sandbox, Tool, ToolCallingAgent, ToolError, as_tool, tool
from demo import demo_model
from tests.agent_core.support import code
from tests.support import model_of


def convert(miles: float) -> float:
    """Convert miles to kilometres."""
    return miles * 1.609344


class Counter:
    """Counts things."""

    def __init__(self, first: int) -> None:
        self.count = first

    def __call__(self, by: int = 1) -> int:
        """
        Args:
            by: how many more
        """
        self.count += by
        return self.count

    def back(self, by: int) -> int:
        """Count backwards."""
        self.count -= by
        return self.count


class GetWeather(BaseModel):
    """Tell the weather of a city."""

    city: str = Field(description="its name")
    days: int = Field(default=1, ge=1)
    units: list[str] = Field(default_factory=lambda: ["C"])

    @model_validator(mode="after")
    def known(self) -> "GetWeather":
        assert self.city != "Atlantis", "there is no such city"
        return self

    def __call__(self) -> dict[str, Any]:
        return {"city": self.city, "days": self.days, "units": self.units}


class LookUp(BaseModel):
    word: str = Field(alias="from")

    async def __call__(self) -> str:
        """Look a word up."""
        return self.word.upper()


class Numbered(BaseModel):
    """Numbers its calls."""

    start: int = 0

    def __call__(self, step: int) -> int:
        self.start += step
        return self.start


def key_of(city: str, key: str, most: int = 3) -> str:
    """Look up.

    Args:
        city: where
        key: the secret
    """
    return f"{city} {key} {most}"


async def test_functions_and_what_can_be_called():
    counter = Counter(1)
    agent = CodeAgent(demo_model(), tools=[convert, counter, counter.back, Numbered(start=4), LookUp, GetWeather])
    assert [found.name for found in agent.tools] == ["convert", "counter", "back", "numbered", "look_up", "get_weather"]
    assert "def counter(by: int = 1) -> int:" in agent.full_system_prompt()
    prompts = {found.name: found.stub() for found in agent.tools}
    assert "Counts things." in prompts["counter"]
    assert "by: how many more" in prompts["counter"]
    assert prompts["get_weather"].startswith(
        "def get_weather(city: str, days: int = 1, units: list[str] | None = None)"
    )
    assert "# city: its name" in prompts["get_weather"]
    async with Sandbox(tools=agent.tools) as box:
        assert (await box.run("convert(2), counter(by=2), back(1), numbered(2)")).value == "(3.218688, 3, 2, 6)"
        assert (await box.run("look_up('a')")).value == "A"
        assert (await box.run("get_weather('Oslo')")).value == "{'city': 'Oslo', 'days': 1, 'units': ['C']}"
        assert "days must be greater than" in str((await box.run("get_weather('Oslo', days=0)")).error)
        assert "there is no such city" in str((await box.run("get_weather('Atlantis')")).error)


async def test_what_a_partial_gives_is_no_parameter():
    given = as_tool(functools.partial(key_of, key="very secret"))
    assert given.stub().startswith("def key_of(city: str, *, most: int = 3) -> str:")
    assert "very secret" not in given.stub() + str(given.schema())
    assert await given.call({"city": "Oslo"}) == "Oslo very secret 3"
    assert as_tool(functools.partial(key_of, "Oslo")).stub().startswith("def key_of(key: str, most: int = 3)")


async def test_an_agent_is_a_tool_with_its_name():
    researcher = CodeAgent(demo_model())
    with pytest.raises(ToolError, match=r"Give agent\.as_tool\(name, description\)"):
        ToolCallingAgent(demo_model(), tools=[researcher])
    researcher.name, researcher.description = "research", "Finds facts."  # pyright: ignore
    assert CodeAgent(demo_model(), tools=[researcher]).tools[0].stub().startswith("def research(task: str)")


async def test_sets_of_tools():
    @tool
    def double(x: int) -> int:
        """Double."""
        return 2 * x

    class Toolkit:
        def get_tools(self) -> list[Any]:
            return [convert]

    class Collection:
        tools = [double]  # noqa: RUF012

    agent = CodeAgent(demo_model(), tools=[Toolkit(), [Collection(), (key_of,)]])
    assert [found.name for found in agent.tools] == ["convert", "double", "key_of"]
    assert [found.name for found in CodeAgent(demo_model(), tools={"a": convert}).tools] == ["convert"]


def test_tools_may_be_changed():
    agent = CodeAgent(demo_model(), tools=[convert])
    agent.tools.append(key_of)  # pyright: ignore[reportArgumentType]
    assert [found.name for found in agent.tools] == ["convert", "key_of"]
    assert "def key_of(" in agent.full_system_prompt()
    agent.tools = [key_of]
    assert [found.name for found in agent.tools] == ["key_of"]
    with pytest.raises(ToolError, match="nothing"):
        agent.tools = [nothing]
    assert [found.name for found in agent.tools] == ["key_of"]
    agent.tools.append(agent.tools[0])
    with pytest.raises(ToolError, match="2 tools are named 'key_of'"):
        agent.full_system_prompt()


def nothing(x):
    return x


class Weather(Tool):
    """Tell the weather."""

    def run(self, city: str) -> str:
        return city


class Data(BaseModel):
    """Only data."""

    x: int


@dataclass
class Point:
    x: int


async def _list() -> list[Tool]:
    return []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (nothing, r"The tool 'nothing' needs a docstring"),
        (lambda x: x, r"cannot be named '<lambda>'"),
        (len, r"The parameter 'obj' needs a type"),
        (print, r"may not take \*args"),
        (Weather, r"Weather is a class, not a tool\. Give an object of it, such as Weather\(…\)"),
        (Data, r"Data is a class, not a tool"),
        (Point, r"Point is a class, not a tool"),
        (int, r"int is a class"),
        (Point(1), r"An object of Point is no tool\. Give a function with type hints and a docstring"),
        (None, r"None is no tool"),
        (5, r"An object of int is no tool"),
        (math, r"The module math is no tool\. Give a function of it"),
        (types.SimpleNamespace(tool=convert), r"Give what its method `tool` returns"),
        ("web_search", r"A text is no tool: 'web_search'\. Give the tool itself, not its name"),
        ("owner/name", r"give load_tool\('owner/name'\), for a Space await find_space\('owner/name'\)"),
        ("https://example.org/mcp", r"give McpServer\('https://example.org/mcp'\)"),
        ({"url": "https://example.org/mcp"}, r"give McpServer\('https://example.org/mcp'\)"),
        ({"command": "uvx"}, r"McpServer\.of_command"),
        ({"type": "function", "function": {"name": "x"}}, r"give the function that does the work"),
    ],
)
def test_what_is_no_tool_is_told_with_what_to_do(given: Any, told: str):
    with pytest.raises(ToolError, match=told):
        CodeAgent(demo_model(), tools=[given])
    with pytest.raises(ToolError, match=told):
        as_tool(given)


def test_tools_are_a_list():
    for single in (convert, as_tool(convert)):
        with pytest.raises(ToolError, match=r"tools=\[convert\]"):
            CodeAgent(demo_model(), tools=single)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ToolError, match="given as a list"):
        Sandbox(tools="web_search")
    with pytest.raises(ToolError, match="Write `await`"):
        CodeAgent(demo_model(), tools=_list())  # pyright: ignore[reportArgumentType]
    with pytest.raises(ToolError, match="Write `await`"):
        CodeAgent(demo_model(), tools=[_list()])
    with pytest.raises(ToolError, match="several tools"):
        as_tool(types.SimpleNamespace(tools=[convert]))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"name": "my tool"}, "cannot be named 'my tool'"),
        ({"name": 5}, "cannot be named 5"),
        ({"description": " "}, "needs a docstring or a description"),
        ({"timeout": 0}, "timeout of the tool 'convert' has to be a number of seconds, not 0"),
        ({"timeout": "5"}, "not '5'"),
        ({"retries": -1}, "retries of the tool 'convert' have to be a number from 0, not -1"),
        ({"retries": True}, "not True"),
        ({"retry_on": "OSError"}, "retry_on of the tool 'convert' has to be a class of errors"),
    ],
)
def test_options_that_cannot_be_used(options: dict[str, Any], told: str):
    with pytest.raises(ToolError, match=told):
        tool(**options)(convert)


def test_a_decorator_that_is_given_a_name_alone():
    with pytest.raises(ToolError, match=r"@tool\(name=…\)"):
        tool("convert")  # pyright: ignore
    with pytest.raises(ToolError, match="is a class"):
        tool(Point)
    with pytest.raises(ToolError, match="needs a function"):
        Tool()


async def test_what_is_added_to_the_list_is_there_from_the_next_run_on(serve):
    def double(number: int) -> int:
        """Double a number."""
        return 2 * number

    async with CodeAgent(model_of(serve([code("final_answer(double(21))")]))) as agent:
        agent.tools.append(double)  # pyright: ignore[reportArgumentType]
        assert str((await agent.run("hello")).answer) == "42"
        agent.tools.append("web_search")  # pyright: ignore[reportArgumentType]
        with pytest.raises(ToolError, match="A text is no tool: 'web_search'"):
            await agent.run("hello")
