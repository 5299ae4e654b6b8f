"""What published tools are is read from their code, and nothing of it runs."""

from typing import Any, Literal, NotRequired, get_args, get_type_hints

import pytest

from agent_core.errors import ToolError
from agent_core.integrations.hub.code_reader.tool_parser import LONGEST_CODE, read_tool_code
from agent_core.integrations.hub.running import sandboxed_tool
from agent_core.tools.parameters import MISSING
from agent_core.tools.tool_code import ToolCode
from tests.agent_core.integrations.hub.published import PUBLISHED, Published


def code(
    forward: str = "def forward(self, text: str) -> str: return text",
    inputs: str = '{"text": {"type": "string", "description": "any"}}',
    **given: str,
) -> str:
    """A tool's code. given: other attributes, and `before`: what stands before the class."""
    attributes = {"name": '"it"', "description": '"It does."', "inputs": inputs, "output_type": '"string"'}
    before = given.pop("before", "")
    lines = [f"    {name} = {value}" for name, value in (attributes | given).items() if value]
    return "\n".join(["from smolagents import Tool", before, "class It(Tool):", *lines, f"    {forward}"])


def read(*args: str, **given: str) -> ToolCode:
    return read_tool_code(code(*args, **given))


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda published: published.kind)
def test_styles_of_published_tools(published: Published) -> None:
    if published.loads:
        assert read_tool_code(published.source).name == published.expected
    else:
        with pytest.raises(ToolError) as told:
            read_tool_code(published.source)
        assert published.expected in str(told.value)


def test_all_that_is_known_of_a_tool() -> None:
    found = read_tool_code(PUBLISHED[0].source)
    task, limit = found.parameters
    assert (found.class_name, found.output, found.imports) == ("SimpleTool", str, ("huggingface_hub", "typing"))
    assert (task.name, task.type, task.description, task.default, task.required) == (
        *("task", str, "The task.", MISSING),
        True,
    )
    assert (limit.name, limit.type, limit.default, limit.required) == ("limit", int, 5, False)


def test_nothing_runs(tmp_path: Any) -> None:
    mark = tmp_path / "ran"
    run = f"__import__('pathlib').Path({str(mark)!r}).touch()"
    assert read(before=run).name == "it"
    read("def forward(self, text: str = " + run + ") -> str: return text")
    for name in ("name", "description", "inputs", "output_type"):
        with pytest.raises(ToolError, match=f"{name} cannot be read without running"):
            read(**{name: run})
    assert not mark.exists()


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"one" " two"', "one two"),
        ('"one" + " " + "two"', "one two"),
        ('f"one {{two}}"', "one {two}"),
        ('("one"\n        " two")', "one two"),
        ("WORD", "word"),
        ('WORD + "s"', "words"),
        ('"  one ".strip()', "one"),
        ('textwrap.dedent("""\n        one\n        two""").strip()', "one\ntwo"),
        ('"one\\ud800"', "one�"),
    ],
)
def test_ways_to_write_a_description(written: str, text: str) -> None:
    assert read(description=written, before='import textwrap\nWORD = "word"').description == text


@pytest.mark.parametrize("written", ['f"one {WORD}"', "word()", '"a".join([])', "OTHER", "3 * 'a'", "A30"])
def test_descriptions_that_only_running_would_tell(written: str) -> None:
    doubled = 'A0 = "a" * 1\nA1 = "aaaaaaaa"\n' + "\n".join(f"A{n} = A{n - 1} + A{n - 1}" for n in range(2, 31))
    with pytest.raises(ToolError, match="description cannot be read without running"):
        read(description=written, before=f'WORD = "word"\n{doubled}')


def test_attributes_that_are_inherited_or_set_by_init() -> None:
    source = """
from smolagents import Tool
class ZBase:
    output_type = "string"
    def forward(self, text: str) -> str: return text
class It(ZBase, Tool):
    name = "not_this"
    inputs = {"text": {"type": "string", "description": "any"}}
    def __init__(self):
        self.name = "this"
        self.description: str = "It."
"""
    found = read_tool_code(source)
    assert (found.name, found.description, found.output) == ("this", "It.", str)


def read_type(annotation: str, kind: str, default: str = "", more: str = "", before: str = "") -> Any:
    given = f" = {default}" if default else ""
    entry = f'{{"x": {{"type": {kind}, "description": "any"{more}}}}}'
    (found,) = read(f"def forward(self, x{annotation}{given}): return x", entry, before=before).parameters
    return found.type


@pytest.mark.parametrize(
    ("annotation", "kind", "expected"),
    [
        ("", '"string"', str),
        ("", '"image"', Any),
        (": PIL.Image", '"image"', Any),
        (": str", '"audio"', Any),
        (": str", '"any"', str),
        (": Any", '"integer"', int),
        (": int", '"number"', int),
        (": str", '"integer"', int),
        (": np.ndarray", '"array"', list),
        (": list[str]", '"array"', list[str]),
        (": List[Dict[str, int]]", '"array"', list[dict[str, int]]),
        (": typing.Tuple[int, str]", '"array"', tuple[int, str]),
        (": 'list[int]'", '"array"', list[int]),
        (": list[Unknown]", '"array"', list),
        (": Literal['a', 'b']", '"string"', Literal["a", "b"]),
        (": Mode", '"string"', Literal["x"]),
        (": Optional[str]", '"string"', str | None),
        (": Union[int, None, str]", '["integer", "string"]', int | None | str),
        (": int | str", '["integer", "string"]', int | str),
        ("", '["integer", "string"]', int | str),
        (": bytes", '"string"', bytes),
        (": Annotated[int, 'more']", '"integer"', int),
        (": Endless", '"array"', list),
        (": Annotated[()]", '"string"', str),
        (": not a[type", '"string"', None),
    ],
)
def test_types(annotation: str, kind: str, expected: Any) -> None:
    before = 'Mode = Literal["x"]\nEndless = list["Endless"]'
    if expected is None:
        with pytest.raises(ToolError, match="not Python"):
            read_type(annotation, kind)
    else:
        assert read_type(annotation, kind, before=before) == expected


def test_types_with_fields() -> None:
    before = "@dataclass\nclass Place:\n    name: str\n    next: 'Place | None' = None\nclass Far(Place): far: int"
    (place,) = get_args(read_type(": list[Place]", '"array"', before=before))
    assert get_type_hints(place, include_extras=True) == {"name": str, "next": NotRequired[Any]}
    before += "\n@dataclass\nclass Far(Place): far: int\n@dataclass\nclass Other(Elsewhere): far: int"
    assert list(get_type_hints(read_type(": Far", '"object"', before=before))) == ["name", "next", "far"]
    assert read_type(": Other", '"object"', before=before) is dict


def test_what_may_be_left_out() -> None:
    assert read_type(": int", '"integer"', "3", ', "nullable": True') is int
    assert read_type("", '"integer"', "3", ', "nullable": True') == int | None
    assert read_type(": str", '"string"', "None", ', "nullable": True') == str | None
    found = read("def forward(self, text: str = make()): return text").parameters[0]
    assert (found.required, found.default) == (False, MISSING)
    for unsaid in ("b''", "{1, 2}", "1e999", '"\\ud800"', "..."):
        assert read(f"def forward(self, text={unsaid}): return text").parameters[0].default is MISSING


LIES = [
    ("it says text, and forward takes other", {"forward": "def forward(self, other): pass"}),
    ("it says text, and forward takes text, more", {"forward": "def forward(self, text, more): pass"}),
    ("it says text, and forward takes nothing", {"forward": "def forward(self): pass"}),
    ("takes any, by *texts", {"forward": "def forward(self, *texts): pass"}),
    ("takes any, by **text", {"forward": "def forward(self, **text): pass"}),
    ("by position only", {"forward": "def forward(self, text, /): pass"}),
    ("has no self", {"forward": "def forward(): pass", "inputs": "{}"}),
    ("may be left out", {"inputs": '{"text": {"type": "string", "description": "", "nullable": True}}'}),
    ("'text', which smolagents does not know", {"inputs": '{"text": {"type": "text", "description": ""}}'}),
    ("which smolagents does not know", {"inputs": '{"text": {"type": ["string", "str"], "description": ""}}'}),
    ("which smolagents does not know", {"inputs": '{"text": {"type": [], "description": ""}}'}),
    ("which smolagents does not know", {"inputs": '{"text": {"type": {"a": 1}, "description": ""}}'}),
    ("does not say what type its input text has", {"inputs": '{"text": {"description": ""}}'}),
    ("does not say what type its input text has", {"inputs": '{"text": "string"}'}),
    ("not a Python name", {"inputs": '{"the text": {"type": "string", "description": ""}}'}),
    ("not a Python name", {"inputs": '{"class": {"type": "string", "description": ""}}'}),
    ("not a Python name", {"inputs": '{1: {"type": "string", "description": ""}}'}),
    ("as a list", {"inputs": '["text"]'}),
    ("as a list", {"inputs": '"[1]"'}),
    ("are not a dict", {"inputs": '"{"'}),
    ("are not a dict", {"inputs": "3"}),
    ("cannot be read without running", {"inputs": '{"text": {"type": str, "description": ""}}'}),
    ("cannot be read without running", {"inputs": "{**more}"}),
    ("result has the type 'text'", {"output_type": '"text"'}),
    ("result has the type", {"output_type": '["string"]'}),
    ("does not say its output_type", {"output_type": ""}),
    ("does not say its name", {"name": ""}),
    ("name is not text", {"name": "3"}),
    ("description is not text", {"description": '"  "'}),
    ("cannot be named 'my tool'", {"name": '"my tool"'}),
    ("cannot be named 'display'", {"name": '"display"'}),
    ("cannot be named 'class'", {"name": '"class"'}),
    ("no method forward", {"forward": "forward = 3"}),
    (
        "needs key when it is created",
        {"forward": "def __init__(self, *, key): pass\n    def forward(self, text): pass"},
    ),
    ("not Python: ", {"forward": "def forward(self:"}),
]


@pytest.mark.parametrize(("sentence", "given"), LIES)
def test_code_that_is_no_tool(sentence: str, given: dict[str, str]) -> None:
    with pytest.raises(ToolError) as told:
        read(**given)
    assert sentence in str(told.value)
    assert len(str(told.value)) < 400
    assert "\n" not in str(told.value)


def test_code_of_a_stranger_cannot_give_the_answer_in_place_of_the_agent() -> None:
    tool = sandboxed_tool(read(name='"final_answer"'))
    assert (tool.name, tool.return_direct) == ("final_answer_2", False)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 3",
        "\0",
        "(" * 5_000,
        "-" * 50_000 + "1",
        "class Tool: pass\nclass It(Tool): name = 'it'",
        "class A(A): pass",
    ],
    ids=range(7),
)
def test_code_without_a_tool(source: str) -> None:
    with pytest.raises(ToolError):
        read_tool_code(source)


def test_classes_that_derive_from_each_other_in_a_circle() -> None:
    with pytest.raises(ToolError):
        read_tool_code("from smolagents import Tool\nclass A(B): pass\nclass B(A, Tool): pass")


def test_code_that_would_take_long_to_read() -> None:
    classes = [f"class C{n}(C{n + 1}, D{n + 1}): pass\nclass D{n}(C{n + 1}, D{n + 1}): pass" for n in range(200)]
    with pytest.raises(ToolError, match="does not say its name"):
        read_tool_code("\n".join(["from smolagents import Tool", *classes, "class C200(Tool): pass"]))
    line = [f"class C{n}(C{n + 1}): pass" for n in range(8_000)]
    with pytest.raises(ToolError, match="no class derives"):
        read_tool_code("\n".join(line))
    fields = [f"@dataclass\nclass {a}{n}(C{n + 1}, D{n + 1}): x: C{n + 1}" for n in range(200) for a in "CD"]
    ends = ["@dataclass\nclass C200: y: int", "@dataclass\nclass D200: z: int"]
    kind = read_type(": C0", '"object"', before="\n".join([*fields, *ends]))
    assert kind is dict or "x" in get_type_hints(kind)
    names = ["A0 = 'a'", *(f"A{n + 1} = A{n} + A{n}" for n in range(14)), *(f"B{n} = A14 + 'b'" for n in range(5_000))]
    assert read(before="\n".join(names), description="B0 + 'c'").description.endswith("bc")


def test_code_that_is_too_long() -> None:
    with pytest.raises(ToolError, match="200,0"):
        read_tool_code(code() + "#" * LONGEST_CODE)


def test_numbers_that_are_too_long() -> None:
    for given in ({"inputs": f"{{0x{'f' * 20_000}: {{}}}}"}, {"output_type": f"0x{'f' * 20_000}"}):
        with pytest.raises(ToolError, match="numbers that are too long"):
            read(**given)


def test_imports() -> None:
    before = "import os.path, json as j\nfrom a.b import c\nfrom . import d\nfrom __future__ import annotations"
    found = read("def forward(self, text): import numpy", before=before)
    assert found.imports == ("a", "json", "numpy", "os")
