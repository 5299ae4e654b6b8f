"""Tools of ours are written as files that smolagents loads, that mean the same there, and that are read back here."""

import asyncio
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pandas
import pytest
from PIL import Image
from smolagents.tools import Tool as TheirTool

from agent_core import Tool
from agent_core.errors import ToolError
from agent_core.integrations.hub.code_reader.tool_parser import read_tool_code
from agent_core.integrations.hub.code_writer.tool_writer import tool_files
from agent_core.integrations.hub.running import sandboxed_tool
from agent_core.tools.schema_tool import SchemaTool
from agent_core.tools.signature import output_schema
from tests.agent_core.integrations.hub import future_tools, sample_tools
from tests.agent_core.integrations.hub.sample_tools import Counter, Place, SlowEcho

CALLS: list[tuple[Tool, dict[str, Any]]] = [
    (sample_tools.convert, {"amount": 2.0}),
    (sample_tools.convert, {"amount": 2.0, "currency": "EUR"}),
    (sample_tools.square_root, {"number": 9.0}),
    (sample_tools.wait_for, {"word": "a"}),
    (sample_tools.words, {"text": "one two"}),
    (sample_tools.numbers, {"below": 3}),
    (sample_tools.highest, {"places": [{"name": "a", "height": 1.0}, {"name": "b"}]}),
    (sample_tools.highest, {"places": [{"name": "a", "height": 1.0}, {"name": "b"}], "least": 0.5}),
    (sample_tools.plan, {"start": {"name": "a", "height": 1.0}}),
    (sample_tools.length, {"value": 1.6, "unit": "m"}),
    (sample_tools.length, {"value": 1.6, "exact": True}),
    (sample_tools.unique, {"items": ["a", "a", "b"], "pair": [1, 2]}),
    (sample_tools.middle, {"first": None, "second": "3"}),
    (Counter(), {"word": "house"}),
    (Counter(), {"word": "house", "all_letters": True}),
    (SlowEcho(), {"text": 'a "b" \\ c'}),
    (sample_tools.moved, {"to": {"x": 1}, "how": "fast"}),
    (sample_tools.moved, {"to": {"x": 1}, "how": "slow", "when": "2020-01-02"}),
    (sample_tools.moved, {"to": None, "how": "slow"}),
    (sample_tools.painted, {"spot": {"x": 1, "near": []}, "color": "red"}),
    (future_tools.grow, {"tree": {"name": "a", "branches": [{"name": "b"}]}}),
]


TAKEN = [
    (sample_tools.flipped, {"picture": Image.new("RGB", (3, 2))}, ("image", "image"), (3, 2)),
    (sample_tools.total, {"table": pandas.DataFrame({"n": [1, 2]})}, ("any", "integer"), 3),
]


@pytest.mark.parametrize(("written", "given", "kinds", "gives"), TAKEN)
async def test_pictures_and_tables_are_taken_and_given_as_themselves(
    written: Tool, given: dict[str, Any], kinds: tuple[str, str], gives: Any
) -> None:
    source = tool_files(written)["tool.py"]
    loaded = TheirTool.from_code(source)
    assert ([entry["type"] for entry in loaded.inputs.values()], loaded.output_type) == ([kinds[0]], kinds[1])
    for result in (loaded(**given), await sandboxed_tool(read_tool_code(source)).call(given)):
        assert getattr(result, "size", result) == gives


LESS_EXACT = (
    sample_tools.unique,
    sample_tools.moved,
    sample_tools.painted,
    future_tools.grow,
)  # sets, enums and trees come as plainer types


def names_of(calls: list[tuple[Tool, dict[str, Any]]]) -> list[str]:
    return [f"{tool.name}({', '.join(given)})" for tool, given in calls]


@pytest.mark.parametrize(("tool", "given"), CALLS, ids=names_of(CALLS))
async def test_what_is_written_does_the_same_in_smolagents(tool: Tool, given: dict[str, Any]) -> None:
    loaded = TheirTool.from_code(tool_files(tool)["tool.py"])
    expected = await tool.call(given)
    assert repr(loaded(**given)) == repr(expected)  # within a running loop; the classes are other ones there
    assert repr(await asyncio.to_thread(loaded, **given)) == repr(expected)
    assert loaded.name == tool.name


@pytest.mark.parametrize("tool", {tool.name: tool for tool, _ in CALLS}.values(), ids=lambda tool: tool.name)
def test_what_is_written_is_read_back_the_same(tool: Tool) -> None:
    found = read_tool_code(tool_files(tool)["tool.py"])
    again = SchemaTool(found.name, found.description, found.parameters, None, output=found.output)  # type: ignore
    assert again.schema()["function"]["description"] == tool.schema()["function"]["description"]
    assert again.name == tool.name
    assert [(p.name, p.description, p.default) for p in again.signature.parameters] == [
        (p.name, p.description, p.default) for p in tool.signature.parameters
    ]
    assert required_of(again) == required_of(tool)
    if tool not in LESS_EXACT:
        assert types_of(again.parameters) == types_of(tool.parameters)
    if tool not in (*LESS_EXACT, sample_tools.words, sample_tools.numbers):  # iterators become lists
        assert types_of(output_schema(found.output)) == types_of(tool.output)


def required_of(tool: Tool) -> list[str]:
    return tool.parameters.get("required", [])


def types_of(schema: Any) -> Any:
    """A schema without what a dataclass says of defaults and their fields being left out."""
    if isinstance(schema, dict):
        left_out = ("default", "required", "additionalProperties", "title") if "properties" in schema else ("default",)
        return {key: types_of(part) for key, part in schema.items() if key not in left_out}
    return [types_of(part) for part in schema] if isinstance(schema, list) else schema


def test_the_app_runs_as_a_module_of_its_own(tmp_path: Path) -> None:
    for name, text in tool_files(sample_tools.plan).items():
        (tmp_path / name).write_text(text)
    code = (tmp_path / "tool.py").read_text()
    assert "from tool import PlanTool" in (tmp_path / "app.py").read_text()
    assert (tmp_path / "requirements.txt").read_text() == "smolagents\n"
    before = dict(sys.modules)
    exec(compile(code, "tool.py", "exec", dont_inherit=True), names := {"__name__": "tests"})
    assert sys.modules["tests"] is before["tests"]
    assert names["PlanTool"]().forward(start={"name": "a"}).stops[0].height == 1


def test_packages_that_are_needed() -> None:
    files = tool_files(sample_tools.from_the_web)
    assert files["requirements.txt"].split() == ["beautifulsoup4", "httpx", "smolagents"]


REFUSED: list[tuple[Tool, str]] = [
    (sample_tools.Keyed("a"), "made with arguments"),
    (sample_tools.Own(), "self.description of agent_core's Tool"),
    (sample_tools.asks, "uses ask of agent_core, which exists only here"),
    (sample_tools.reports, "uses report of agent_core, which exists only here"),
    (sample_tools.asks_inside, "imports agent_core"),
    (sample_tools.uses_runtime, "uses _calls, which is set while its module runs"),
    (sample_tools.changes, "uses counted, which it changes"),
    (sample_tools.uses_neighbour, "web_server of the module tests.doubles"),
    (sample_tools.uses_environment, "uses HOME, which is set while its module runs"),
    (future_tools.distance, "comes by `import *`"),
    (future_tools.itself, "a parameter named self"),
    (future_tools.cleared, "uses something of its own named _made"),
    (sample_tools.fielded, "Write it beside the type: `size: Annotated[…, Field(…)] = …`"),
    (sample_tools.has_key, "holds a key or token"),
    (sample_tools.inner_tool("a"), "uses prefix of the function around it"),
    (Tool(lambda: "a", name="small", description="Small."), "by `def`"),
    (Tool(partial(sample_tools.sum_of, 1), name="part", description="Part."), "by `def`"),
    (Tool(Place("a").higher, name="bound", description="Bound."), "by `def`"),
    (Tool(sample_tools.made, name="made", description="Made."), "code of the tool made cannot be found"),
    (SchemaTool("far", "Far.", [], None), "comes from elsewhere"),  # type: ignore
]


@pytest.mark.parametrize(("tool", "words"), REFUSED, ids=[tool.name for tool, _ in REFUSED])
def test_tools_that_cannot_be_published(tool: Tool, words: str) -> None:
    with pytest.raises(ToolError) as told:
        tool_files(tool)
    assert words in str(told.value)


def test_no_secret_of_the_environment_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", "currency not in")
    with pytest.raises(ToolError, match="holds a key or token"):
        tool_files(sample_tools.convert)
