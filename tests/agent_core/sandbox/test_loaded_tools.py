"""Tools that come as code, and whose code runs in the sandbox."""

from pathlib import Path

import pytest
from PIL import Image

from agent_core import Policy, Sandbox, ToolCallingAgent, ToolError, python
from agent_core.events import PermissionAsked, ToolFinished, ToolStarted
from agent_core.integrations.hub.code_reader.tool_parser import read_tool_code
from agent_core.integrations.hub.running import sandboxed_tool
from agent_core.tools.sandboxed import SandboxedTool
from tests.agent_core.sandbox.support import collect, failure, value
from tests.agent_core.support import calling, events_of, execution_of, of_kind, sent
from tests.doubles.openai_server import Reply
from tests.support import model_of

COUNTER = """
from smolagents import Tool


class Counter(Tool):
    name = "count"
    description = "Counts its calls."
    inputs = {
        "by": {"type": "integer", "description": "how far it counts with one call", "nullable": True},
        "label": {"type": "string", "description": "what is counted", "nullable": True},
    }
    output_type = "string"

    def __init__(self):
        super().__init__()
        self.total = 0

    def setup(self):
        self.unit = "calls"
        self.is_initialized = True

    def forward(self, by: int = 1, label: str = None) -> str:
        self.total += by
        return f"{self.total} {label or self.unit}"
"""


def tool_that(body: str, top: str = "", name: str = "it") -> SandboxedTool:
    """A tool with one argument `x`, whose method `forward` has this body."""
    lines = "\n".join(f"        {line}" for line in body.splitlines())
    source = f'''{top}
from smolagents import Tool

class It(Tool):
    name = "{name}"
    description = "Does it."
    inputs = {{"x": {{"type": "any", "description": "anything"}}}}
    output_type = "any"

    def forward(self, x):
{lines}
'''
    return sandboxed_tool(read_tool_code(source))


@pytest.fixture
def counter() -> SandboxedTool:
    return sandboxed_tool(read_tool_code(COUNTER))


async def test_it_is_a_function_that_keeps_its_state_and_is_set_up_once(box: Sandbox, counter):
    box.tools = [counter]
    assert await value(box, "[count(), count(2), count(by=3, label='apples')]") == "['1 calls', '3 calls', '6 apples']"
    assert await value(box, "count()") == "7 calls"


async def test_a_rewind_takes_its_state_back(box: Sandbox, counter):
    box.tools = [counter]
    first = await box.run("count(5)")
    assert await value(box, "count(5)") == "10 calls"
    await box.rewind(first.checkpoint)
    assert await value(box, "count(1)") == "6 calls"


async def test_its_calls_are_told_as_those_of_other_tools(box: Sandbox, counter):
    box.tools = [counter]
    events = await collect(box, "count(2, label='x' * 900)\ncount(by='a')")
    started, finished = of_kind(events, ToolStarted), of_kind(events, ToolFinished)
    assert [(event.tool, event.arguments) for event in started] == [
        ("count", {"by": "2", "label": "x" * 200 + "…"}),
        ("count", {"by": "a"}),
    ]
    assert [event.call_id for event in started] == [event.call_id for event in finished]
    assert finished[0].error is None and finished[0].seconds >= 0
    assert finished[1].error is not None and finished[1].error.startswith("count failed: TypeError")


async def test_thousands_of_calls_are_not_all_told(box: Sandbox, counter):
    box.tools = [counter]
    events = await collect(box, "for _ in range(3_000): count()")
    assert 100 < len(of_kind(events, ToolStarted)) <= 200
    assert await value(box, "count()") == "3001 calls"


async def test_a_failure_is_a_tool_error_in_one_sentence(box: Sandbox):
    box.tools = [tool_that("return {'a': 1}[x]")]
    error = await failure(box, "it('b')")
    assert error.kind == "exception"
    assert error.message == "ToolError: it failed: KeyError: 'b'"
    assert await value(box, "try:\n    it('b')\nexcept ToolError as error:\n    said = str(error)\nsaid")


async def test_an_exit_in_a_tool_is_its_failure_and_ends_nothing(box: Sandbox):
    box.tools = [tool_that("import sys\nsys.exit(3)")]
    assert "it failed: SystemExit: 3" in (await failure(box, "it(1)")).message
    assert await value(box, "1") == "1"


async def test_wrong_arguments_are_told_as_for_any_tool(box: Sandbox, counter):
    box.tools = [counter]
    message = (await failure(box, "count(many=1)")).message
    assert "was called with wrong arguments: there is no parameter 'many'" in message


async def test_objects_pass_as_they_are(box: Sandbox):
    box.tools = [tool_that("return x.resize((2, 2))")]
    code = "from PIL import Image\nimage = it(Image.new('RGB', (9, 9)))\n(type(image).__name__, image.size)"
    assert await value(box, code) == "('Image', (2, 2))"


async def test_what_it_imports_is_asked_for_and_its_code_goes_on_from_there():
    asked = []

    async def ask(request):
        asked.append((request.kind, request.name))
        return "once" if request.name == "sqlite3" else "deny"

    tool = tool_that("import ctypes", top="import sqlite3\nfrom collections import Counter")
    async with Sandbox(policy=Policy(imports=["collections"], ask=ask), tools=[tool]) as box:
        events = await collect(box, "it(1)")
    assert asked == [("import", "sqlite3"), ("import", "ctypes")]
    assert [event.name for event in of_kind(events, PermissionAsked)] == ["sqlite3", "ctypes"]
    assert events[-1].error.kind == "import_denied"


async def test_a_host_it_wants_is_asked_for():
    asked = []

    async def ask(request):
        asked.append((request.kind, request.name))
        return "deny"

    tool = tool_that("return urllib.request.urlopen(x).read()", top="import urllib.request")
    async with Sandbox(policy=Policy(imports=["stdlib"], ask=ask), tools=[tool]) as box:
        error = await failure(box, "it('https://example.org/?q=1')")
    assert asked == [("host", "example.org")]
    assert error.kind == "host_denied"


async def test_no_secret_and_no_file_of_the_host_is_in_its_reach(monkeypatch, tmp_path: Path):
    canary = tmp_path / "canary"
    canary.write_text("canary-in-a-file")
    monkeypatch.setenv("HF_TOKEN", "hf_canary")
    look = f"return open({str(canary)!r}).read()"
    async with Sandbox(policy=Policy(imports=["*"]), tools=[tool_that(look)]) as box:
        error = await failure(box, "it(1)")
        assert "PermissionError" in error.message
        environment = await value(box, "import os\nstr(dict(os.environ))")
    assert environment is not None and "canary" not in environment


async def test_the_package_it_was_written_for_is_stood_in_for_and_only_for_it(box: Sandbox):
    from_old = "from transformers.agents.tools import Tool as Old\nimport smolagents.agent_types as types"
    box.tools = [tool_that("return types.AgentText(x).to_raw(), Old.__name__", top=from_old)]
    assert await value(box, "it('a')") == "('a', 'Tool')"
    assert await value(box, "import sys\n[n for n in sys.modules if n.startswith('smolagents')]") == "[]"
    box.policy = Policy(imports=["stdlib"])
    assert (await failure(box, "import smolagents")).kind in ("import_denied", "exception")


async def test_what_is_not_stood_in_for_is_said(box: Sandbox):
    box.tools = [tool_that("from smolagents import CodeAgent\nreturn CodeAgent")]
    message = (await failure(box, "it(1)")).message
    assert "cannot use smolagents.CodeAgent; only Tool, tool" in message


async def test_pictures_and_texts_in_the_types_of_that_package(box: Sandbox):
    top = "from smolagents import AgentImage\nimport numpy"
    box.tools = [tool_that("return AgentImage(numpy.zeros((4, 5, 3), dtype='uint8'))", top=top)]
    done = await box.run("it(1)")
    assert done.error is None and "image/png" in done.displays[0].data


async def test_two_tools_with_the_same_class_do_not_mix(box: Sandbox):
    box.tools = [tool_that("return 'one'", name="one"), tool_that("return 'two'", name="two")]
    assert await value(box, "one(1), two(1), one(1)") == "('one', 'two', 'one')"


async def test_code_that_changed_is_loaded_anew(box: Sandbox):
    box.tools = [tool_that("return 'old'")]
    await box.run("it(1)")
    box.tools = [tool_that("return 'new'")]
    assert await value(box, "it(1)") == "new"


async def test_what_it_defines_can_be_found_by_its_name(box: Sandbox):
    top = "from __future__ import annotations\nfrom dataclasses import dataclass\nimport pickle\n"
    top += "@dataclass\nclass Pair:\n    a: int\n"
    box.tools = [tool_that("return pickle.loads(pickle.dumps(Pair(x)))", top=top)]
    assert await value(box, "it(3).a") == "3"


async def test_a_loop_without_end_in_it_is_stopped_like_any_code(box: Sandbox):
    box.limits = type(box.limits)(step_seconds=1)
    box.tools = [tool_that("while True: pass")]
    events = await collect(box, "it(1)")
    assert events[-1].error.kind == "timeout"
    assert of_kind(events, ToolFinished)[0].error == "The step ended before the result came."
    assert await value(box, "2") == "2"


def tool_with(inputs: list[str], body: str) -> SandboxedTool:
    told = {name: {"type": "any", "description": "anything"} for name in inputs}
    return sandboxed_tool(
        read_tool_code(f"""
from smolagents import Tool

class It(Tool):
    name = "it"
    description = "Does it."
    inputs = {told}
    output_type = "any"

    def forward(self, {", ".join(inputs)}):
        {body}
""")
    )


async def test_telling_of_a_call_never_ends_the_process(box: Sandbox):
    names = [f"x{number}" for number in range(60)]
    box.tools = [tool_with(names, "return x59")]
    assert await value(box, f"it({', '.join(map(str, range(60)))})") == "59"
    box.tools = [tool_with(["x" * 150], "return 'long'")]
    assert await value(box, "it(1)") == "long"
    box.tools = [tool_that("raise type('E' * 3_000, (Exception,), {})('no')")]
    assert (await failure(box, "it(1)")).message.startswith("ToolError: it failed: EEE")
    box.tools = [tool_that("return x.bit_length()")]
    assert await value(box, "it(1 << 50_000)") == "50001"


async def test_parameters_with_names_that_not_all_models_write(box: Sandbox):
    box.tools = [tool_with(["größe"], "return größe * 2")]
    assert await value(box, "it(2) + it(gr_e=3)") == "10"


async def test_without_an_agent_it_runs_in_a_sandbox_of_its_own(counter):
    assert await counter.call({"by": 4}) == "4 calls"
    assert await counter.call({"by": 4}) == "4 calls"
    with pytest.raises(ToolError, match="wrong arguments: by must be an integer"):
        await counter.call({"by": "many"})


async def test_without_an_agent_it_takes_and_gives_values_as_themselves():
    assert await tool_that("return [x, {'a': (1, 2)}]").call({"x": 2.5}) == [2.5, {"a": (1, 2)}]
    mirrored = await tool_that("return x.transpose(0)").call({"x": Image.new("RGB", (3, 2))})
    assert mirrored.size == (3, 2)
    assert await tool_that("return None").call({"x": 1}) is None
    assert "function" in await tool_that("return lambda: x").call({"x": 1})
    with pytest.raises(ToolError, match="is a module"):
        await tool_that("return x").call({"x": pytest})


@pytest.mark.parametrize("native", [True, False])
async def test_the_agent_that_calls_tools_has_it_run_in_its_sandbox(serve, counter, native):
    call = ("count", {"by": "2", "label": "it's"})
    replies = (
        [Reply(call=call), Reply(call=call)]
        if native
        else 2 * ['{"tool": "count", "arguments": {"by": 2, "label": "it\'s"}}']
    )
    server = serve([*replies, "Done."])
    model = calling(server) if native else model_of(server)
    async with ToolCallingAgent(model, tools=[counter]) as agent:
        events = await events_of(agent)
        assert execution_of(events).error is None
    told = [event.arguments for event in of_kind(events, ToolStarted)]
    assert told == 2 * [{"by": "2", "label": "it's"}]
    assert "4 it's" in str(sent(server)[-1]["content"])


async def test_wrong_arguments_and_a_failure_of_a_json_call(serve, counter):
    server = serve([Reply(call=("count", {"by": []})), Reply(call=("it", {"x": 0})), "Sorry."])
    async with ToolCallingAgent(calling(server), tools=[counter, tool_that("return 1 / x"), python]) as agent:
        await events_of(agent)
    assert "count(by: int = 1" in sent(server)[3]["content"] and "by must be an integer" in sent(server)[3]["content"]
    assert "it failed: ZeroDivisionError: division by zero" in sent(server)[-1]["content"]


async def test_it_takes_no_name_that_means_something_else(box: Sandbox):
    box.tools = [tool_that("return 'it was the tool'", name="print")]
    execution = await box.run("print('hello')\nprint_2(1)")
    assert (execution.stdout, execution.value) == ("hello\n", "it was the tool")


async def test_odd_arguments():
    tool, deep = tool_that("return repr(x)"), []
    for _ in range(300):
        deep = [deep]
    odd = [float("nan"), float("inf"), -float("inf"), {"a": None, "b": True}, "\"'\n\U0001f600"]
    assert await tool.call({"x": odd}) == repr(odd)
    with pytest.raises(ToolError, match="nested too deep"):
        await tool.call({"x": deep})
    with pytest.raises(ToolError, match="number is too long"):
        await tool.call({"x": 1 << 50_000})


async def test_a_json_call_works_where_code_gave_the_name_to_something_else(serve, counter):
    server = serve([Reply(call=("python", {"code": "count = count()"})), Reply(call=("count", {})), "Done."])
    async with ToolCallingAgent(calling(server), tools=[counter, python]) as agent:
        await events_of(agent)
    assert "2 calls" in sent(server)[-1]["content"]
