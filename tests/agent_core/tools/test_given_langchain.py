"""Tools of LangChain, given to agents as they are."""

import asyncio
import threading
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from agent_core import CodeAgent, Sandbox, ToolError, as_tool
from demo import demo_model
from tests.doubles.langchain_tools import (
    BaseTool,
    BaseToolkit,
    InjectedToolArg,
    StructuredTool,
    Tool,
    ToolException,
)


class Place(BaseModel):
    city: str


class SearchInput(BaseModel):
    query: str = Field(description="what to look for")
    most: int = Field(default=3, le=9)
    near: Place | None = None
    user: Annotated[str, InjectedToolArg] = "nobody"


def search(query: str, most: int = 3, near: Any = None, user: str = "nobody") -> list[str]:
    """Search.

    Much."""
    if query == "nothing":
        raise ToolException("There is nothing.")
    return [f"{query} near {near.city if near else 'here'} for {user}"] * most


async def multiply(a: int, b: int = 2) -> int:
    """Multiply."""
    await asyncio.sleep(0)
    return a * b


class Shouts(BaseTool):
    name: str = "Shout it out"
    description: str = "Shout."

    def _run(self, text: str, times: int = 1) -> str:
        return text.upper() * times


class Toolkit(BaseToolkit):
    def get_tools(self) -> list[BaseTool]:
        return [StructuredTool.from_function(coroutine=multiply), Shouts()]


async def test_a_structured_tool_has_its_parameters():
    made = as_tool(StructuredTool.from_function(search, args_schema=SearchInput))
    assert made.stub() == (
        "def search(query: str, most: int = 3, near: Place | None = None):\n"
        '    """Search.\n\n    Much."""\n    # query: what to look for\n    # Place: city: str'
    )
    assert made.parameters["required"] == ["query"]
    assert made.parameters["properties"]["most"]["maximum"] == 9
    assert await made.call({"query": "x", "most": 1, "near": {"city": "Oslo"}}) == ["x near Oslo for nobody"]
    assert await made.call({"query": "x"}) == ["x near here for nobody"] * 3
    with pytest.raises(ToolError, match=r"search\(query.*most must be an integer, not 'many'"):
        await made.call({"query": "x", "most": "many"})
    with pytest.raises(ToolError, match=r"there is no parameter 'user'"):
        await made.call({"query": "x", "user": "root"})
    with pytest.raises(ToolError, match=r"^There is nothing\.$"):
        await made.call({"query": "nothing"})


async def test_a_coroutine_is_awaited_and_a_function_runs_in_a_thread():
    main = threading.current_thread()

    def where() -> bool:
        """Tell where."""
        return threading.current_thread() is main

    async def where_async() -> bool:
        """Tell where."""
        return threading.current_thread() is main

    assert await as_tool(StructuredTool.from_function(where)).call({}) is False
    assert await as_tool(StructuredTool.from_function(coroutine=where_async)).call({}) is True


async def test_tools_of_one_text_and_classes_and_toolkits():
    single = Tool(name="upper", func=str.upper, description="Write large.")
    agent = CodeAgent(demo_model(), tools=[single, Toolkit()])
    assert [tool.name for tool in agent.tools] == ["upper", "multiply", "Shout_it_out"]
    async with Sandbox(tools=agent.tools) as box:
        assert (await box.run("upper('a'), multiply(3), multiply(3, b=4), Shout_it_out('a', times=2)")).value == (
            "('A', 6, 12, 'AA')"
        )


async def test_of_a_pair_of_content_and_artifact_the_content_is_the_result():
    def pair(word: str) -> tuple[str, bytes]:
        """Give both."""
        return f"about {word}", b"raw"

    made = as_tool(StructuredTool.from_function(pair, response_format="content_and_artifact"))
    assert await made.call({"word": "x"}) == "about x"


async def test_a_schema_as_a_dict():
    schema = {
        "type": "object",
        "properties": {"to": {"type": "string", "description": "where"}, "via": {"type": "array"}},
        "required": ["to"],
    }

    def route(to: str, via: Any = ()) -> str:
        """Find a way."""
        return f"{to} {via}"

    made = as_tool(StructuredTool.from_function(route, args_schema=schema))
    assert made.stub().startswith("def route(to: str, via: list | None = None):")
    assert made.parameters["properties"]["via"] == {"type": "array", "items": {}}
    assert await made.call({"to": "Oslo"}) == "Oslo ()"


def test_what_cannot_be_used_is_told():
    with pytest.raises(ToolError, match=r"Shouts is a class, not a tool"):
        CodeAgent(demo_model(), tools=[Shouts])
    with pytest.raises(ToolError, match=r"2 tools are named 'Shout_it_out'"):
        CodeAgent(demo_model(), tools=[Shouts(), Shouts()])


def test_what_it_returns_is_the_answer_if_it_says_so():
    assert as_tool(StructuredTool.from_function(search, return_direct=True)).return_direct
    assert not as_tool(StructuredTool.from_function(search)).return_direct
