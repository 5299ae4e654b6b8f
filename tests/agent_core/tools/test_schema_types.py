"""Types that are made of what others describe."""

from typing import Any

import pytest

from agent_core import ToolError
from agent_core.integrations.hub.code_reader.tool_parser import read_tool_code
from agent_core.tools.names import tool_name
from agent_core.tools.schema_tool import SchemaTool
from agent_core.tools.schema_types import parameters_of, type_of


async def nothing(given: Any) -> Any:
    return given


def test_types_that_hold_each_other_many_times_over() -> None:
    """Made into a tool without a bound, they would take longer than anybody waits."""
    twice = {"type": "string"}
    for _ in range(20):
        twice = {"type": ["object", "object"], "properties": {"a": twice}}
    SchemaTool("twice", "Twice.", parameters_of({"type": "object", "properties": {"a": twice}}), nothing)
    kinds: dict[str, Any] = {"D0": {"type": "string"}}
    for n in range(30):
        lower = {"$ref": f"#/$defs/D{n}"}
        either = [{"type": "array", "items": lower}, {"type": "object", "additionalProperties": lower}]
        kinds[f"D{n + 1}"] = {"anyOf": either}
    fields = {f"a{n}": {"$ref": f"#/$defs/D{n}"} for n in range(30)}
    tool = SchemaTool("s", "Shared.", parameters_of({"properties": fields, "$defs": kinds}), nothing)
    assert "a1: list[str] | dict[str, str]" in tool.stub()


def test_the_same_in_the_annotations_of_a_tools_code() -> None:
    kinds = "\n".join(["A0 = str", *(f"A{n + 1} = list[A{n}] | dict[str, A{n}]" for n in range(30))])
    takes = ", ".join(f"a{n}: A{n}" for n in range(30))
    inputs = {f"a{n}": {"type": "any", "description": "any"} for n in range(30)}
    source = f"""
from smolagents import Tool
{kinds}
class It(Tool):
    name = "it"
    description = "It does."
    inputs = {inputs}
    output_type = "string"
    def forward(self, {takes}) -> str:
        return "done"
"""
    tool = SchemaTool("it", "It does.", read_tool_code(source).parameters, nothing)
    assert "a1: list[str] | dict[str, str]" in tool.stub()


def test_no_tool_from_elsewhere_takes_the_name_of_what_the_code_knows() -> None:
    assert [tool_name(name) for name in ("print", "open", "python", "display", "search")] == [
        *("print_2", "open_2", "python_2", "display_2"),
        "search",
    ]


async def test_a_parameter_that_may_be_left_out_keeps_its_own_name_and_what_is_said_of_it() -> None:
    schema = {"properties": {"from": {"type": "string", "description": "Where it begins."}}}
    tool = SchemaTool("travel", "Travels.", parameters_of(schema), nothing, schema=schema)
    assert await tool.call({"from": "Rome"}) == await tool.call({"from_": "Rome"}) == {"from": "Rome"}
    assert await tool.call({}) == {}
    assert "# from_: Where it begins." in tool.stub()


@pytest.mark.parametrize("schema", [{"default": {"$ref": "nowhere"}}, {"default": {"$defs": 1}}, {"enum": ["\ud800"]}])
def test_what_nothing_can_be_made_of_is_said_in_a_sentence(schema: dict[str, Any]) -> None:
    with pytest.raises(ToolError, match="cannot be made from JSON"):
        SchemaTool("odd", "Odd.", parameters_of({"properties": {"a": schema}}), nothing)
    assert SchemaTool("odd", "Odd.", [], nothing, output=type_of({"enum": ["\ud800"]})).output is None
