"""Tools of smolagents, given to agents as they are."""

import threading
from typing import Any, Literal

import pytest
from PIL import Image
from smolagents.agent_types import AgentImage, AgentText
from smolagents.agents import CodeAgent as TheirAgent
from smolagents.default_tools import FinalAnswerTool, PythonInterpreterTool, UserInputTool
from smolagents.models import Model
from smolagents.tools import Tool as TheirTool
from smolagents.tools import ToolCollection, tool

from agent_core import CodeAgent, Sandbox, Tool, ToolCallingAgent, ToolError, as_tool
from demo import demo_model


@tool
def get_weather(
    places: list[str], unit: Literal["C", "F"] = "C", days: int | None = None, more: Any = None
) -> dict[str, float]:
    """Tell the weather.
    Of several places.

    Args:
        places: where
        unit: of temperature
        days: how many
        more: whatever
    """
    return dict.fromkeys(places, 20.5) | {unit: days or 0}


class Counts(TheirTool):
    name = "count_words"
    description = """
    Count words, with a model that is loaded once."""
    inputs: dict[str, Any] = {  # noqa: RUF012
        "text": {"type": "string", "description": "what to  count"},
        "most": {"type": ["integer", "number"], "description": "the limit", "nullable": True},
        "kind": {"type": "string", "description": "how", "enum": ["all", "different"], "nullable": True},
    }
    output_type = "integer"
    loaded = 0

    def setup(self) -> None:
        self.loaded += 1
        super().setup()

    def forward(self, text: str, most: float | None = None, kind: str | None = "all") -> int:
        assert self.loaded == 1
        return min(len(text.split()), int(most or 99))


class Draws(TheirTool):
    name = "draw"
    description = "Draw."
    inputs = {"picture": {"type": "image", "description": "where to draw"}}  # noqa: RUF012
    output_type = "image"

    def forward(self, picture):
        assert isinstance(picture, Image.Image)
        assert not isinstance(picture, AgentImage)
        return AgentImage(picture.resize((2, 1)))


class Whatever(TheirTool):
    """As wrappers of Spaces, of pipelines and of LangChain are."""

    name = "whatever"
    description = "Take whatever there is."
    inputs = {  # noqa: RUF012
        "prompt": {"type": "string", "description": ""},
        "seed": {"type": "integer", "description": "", "nullable": True},
    }
    output_type = "any"
    skip_forward_signature_validation = True

    def forward(self, *args, **kwargs):
        return [AgentText("a"), {"got": kwargs}]


async def test_a_function_made_a_tool_by_smolagents():
    weather = as_tool(get_weather)
    assert weather.stub() == (
        "def get_weather(places: list[str], unit: Literal['C', 'F'] | None = 'C', days: int | None = None, "
        "more: Any = None) -> dict[str, float]:\n"
        '    """Tell the weather.\n    Of several places."""\n'
        "    # places: where\n    # unit: of temperature\n    # days: how many\n    # more: whatever"
    )
    assert weather.parameters["required"] == ["places"]
    assert await weather.call({"places": ["Oslo"], "days": "2"}) == {"Oslo": 20.5, "C": 2}
    with pytest.raises(ToolError, match="unit must be"):
        await weather.call({"places": [], "unit": "K"})
    with pytest.raises(ToolError, match="places must be a list"):
        await weather.call({"places": 5})


async def test_a_class_is_set_up_once():
    counts = Counts()
    agent = ToolCallingAgent(demo_model(), tools=[counts])
    [count] = agent.tools
    assert count.description == "Count words, with a model that is loaded once."
    assert count.parameters["properties"]["text"]["description"] == "what to count"
    assert count.parameters["properties"]["kind"]["anyOf"][0] == {"enum": ["all", "different"], "type": "string"}
    assert count.output == {"type": "integer"}
    async with Sandbox(tools=[counts]) as box:
        assert (await box.run("count_words('a b c'), count_words('a b c', most=2)")).value == "(3, 2)"
    assert await count.call({"text": "a"}) == 1
    assert counts.loaded == 1


async def test_results_and_arguments_are_what_they_are_in_themselves():
    picture = Image.new("RGB", (4, 4))
    assert as_tool(Draws()).stub().startswith("def draw(picture: Image | str) -> Image:")
    drawn = await as_tool(Draws()).call({"picture": AgentImage(picture)})
    assert type(drawn) is Image.Image
    assert drawn.size == (2, 1)
    async with Sandbox(tools=[Draws()]) as box:
        assert (await box.run("from PIL import Image\ndraw(Image.new('RGB', (4, 4))).size")).value == "(2, 1)"
    [text, got] = await as_tool(Whatever()).call({"prompt": "x"})
    assert (type(text), got) == (str, {"got": {"prompt": "x"}})
    assert (await as_tool(Whatever()).call({"prompt": "x", "seed": 3}))[1] == {"got": {"prompt": "x", "seed": 3}}


async def test_its_failures_are_sentences():
    class Fails(Counts):
        name = "fails"

        def setup(self) -> None:
            raise OSError("no such model")

    with pytest.raises(ToolError, match="fails failed: OSError: no such model"):
        await as_tool(Fails()).call({"text": "a"})


async def test_it_runs_in_a_thread_that_holds_up_nobody():
    released = threading.Event()

    @tool
    def hang() -> str:
        """Wait."""
        released.wait(15)
        return "late"

    slow = as_tool(hang)
    assert slow.timeout == 600
    slow.timeout = 0.05
    with pytest.raises(ToolError, match=r"within 0\.05 seconds"):
        await slow.call({})
    released.set()


def test_a_collection_is_its_tools():
    collection = ToolCollection([get_weather, Counts()])
    agent = CodeAgent(demo_model(), tools=[collection, Draws()])
    assert [found.name for found in agent.tools] == ["get_weather", "count_words", "draw"]
    assert CodeAgent(demo_model(), tools={"draw": Draws()}).tools[0].name == "draw"


def test_its_own_tools_load():
    agent = CodeAgent(demo_model(), tools=[UserInputTool(), PythonInterpreterTool()])
    assert [found.name for found in agent.tools] == ["user_input", "python_interpreter"]


def test_what_cannot_be_used_is_told():
    class Mismatch(Counts):
        skip_forward_signature_validation = True

    mismatch = Mismatch()
    mismatch.skip_forward_signature_validation = False
    mismatch.inputs = {"words": {"type": "string", "description": ""}}
    untyped, unnamed, listed, chosen = Counts(), Counts(), Counts(), Counts()
    untyped.inputs = {**Counts.inputs, "text": {"description": "no type"}}
    unnamed.description = None  # pyright: ignore[reportAttributeAccessIssue]
    listed.inputs = ["text"]  # pyright: ignore[reportAttributeAccessIssue]
    chosen.name = "a b"
    for given, told in (
        (mismatch, r"do not match its method forward: they are words, and forward takes text, most, kind"),
        (untyped, r"does not say what type its input 'text' has"),
        (unnamed, r"Counts has no name or no description"),
        (listed, r"'count_words' have to be a dict"),
        (chosen, r"cannot be named 'a b'"),
        (Counts, r"Counts is a class, not a tool"),
    ):
        with pytest.raises(ToolError, match=told):
            CodeAgent(demo_model(), tools=[given])
    with pytest.raises(ToolError, match="2 tools are named 'count_words'"):
        CodeAgent(demo_model(), tools=[Counts(), Counts()])


async def test_the_tool_that_answers_is_left_out_and_one_of_ones_own_takes_its_place():
    agent = CodeAgent(demo_model(), tools={"final_answer": FinalAnswerTool(), "count_words": Counts()})
    assert [found.name for found in agent.tools] == ["count_words"]
    with pytest.raises(ToolError, match="Every agent has final_answer already"):
        as_tool(FinalAnswerTool())

    class Signs(FinalAnswerTool):
        def forward(self, answer: Any) -> Any:
            return f"{answer}, yours truly"

    [signs] = CodeAgent(demo_model(), tools=[Signs()]).tools
    assert signs.return_direct
    async with Sandbox(tools=[Signs()]) as box:
        assert str((await box.run("final_answer(6 * 7)")).answer) == "42, yours truly"


def test_its_agents_are_no_tools():
    agent = TheirAgent(tools=[], model=Model(), name="helper", description="Helps.")
    with pytest.raises(ToolError, match="An agent of smolagents is no tool here"):
        CodeAgent(demo_model(), tools=[agent])


def test_its_tool_stays_its_own():
    made = as_tool(get_weather)
    assert isinstance(made, Tool)
    assert made.original is get_weather  # pyright: ignore[reportAttributeAccessIssue]
