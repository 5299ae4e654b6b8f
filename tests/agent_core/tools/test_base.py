"""Tools: arguments checked, failures as sentences."""

import asyncio
import sys
import threading
from dataclasses import dataclass

import pytest

from agent_core import Tool, ToolError, tool


@dataclass(frozen=True)
class Hit:
    title: str


@tool
def find(query: str, most: int = 3) -> list[Hit]:
    """Find hits (title)."""
    return [Hit(query)] * most


def test_the_stub_is_the_signature_and_the_docstring():
    assert find.stub() == 'def find(query: str, most: int = 3) -> list[Hit]:\n    """Find hits (title)."""'


async def test_a_call_checks_and_converts_its_arguments():
    assert await find.call({"query": "x", "most": "2"}) == [Hit("x"), Hit("x")]


@pytest.mark.parametrize("arguments", [{}, {"query": "x", "most": "many"}, {"query": "x", "colour": "red"}])
async def test_wrong_arguments_say_what_was_expected(arguments):
    with pytest.raises(ToolError, match=r"find\(query: str, most: int = 3\)"):
        await find.call(arguments)


async def test_a_sync_tool_does_not_hold_up_the_loop():
    released = threading.Event()

    @tool
    def wait() -> str:
        """Wait until released."""
        assert released.wait(10)
        return "released"

    call = asyncio.create_task(wait.call({}))
    await asyncio.sleep(0)
    released.set()
    assert await call == "released"


async def test_a_failure_and_a_slow_call_are_tool_errors():
    @tool
    def broken() -> None:
        """Fail."""
        raise OSError("disk on fire")

    @tool
    def exhausted() -> int:
        """Take the first of nothing."""
        return next(iter([]))

    @tool
    def leave() -> None:
        """End the program."""
        sys.exit(3)

    async def sleep_long() -> None:
        """Take long."""
        await asyncio.sleep(60)

    with pytest.raises(ToolError, match="broken failed: OSError: disk on fire"):
        await broken.call({})
    with pytest.raises(ToolError, match=r"exhausted failed: .*StopIteration"):
        await exhausted.call({})
    with pytest.raises(ToolError, match="leave failed: SystemExit: 3"):
        await leave.call({})
    with pytest.raises(ToolError, match=r"within 0\.05 seconds"):
        await Tool(sleep_long, timeout=0.05).call({})


def test_tools_that_never_return_hold_up_nobody():
    released = threading.Event()

    def hang() -> None:
        """Wait much too long."""
        released.wait(15)

    async def use() -> list[object]:
        slow = Tool(hang, timeout=0.05)
        failures = await asyncio.gather(*(slow.call({}) for _ in range(50)), return_exceptions=True)
        assert {str(failure) for failure in failures} == {"hang gave no result within 0.05 seconds."}
        async with asyncio.timeout(10):
            return await find.call({"query": "x", "most": 1})

    try:
        assert asyncio.run(use()) == [Hit("x")]  # which also waits for the loop's own threads to end
    finally:
        released.set()


def test_a_tool_needs_types_and_a_docstring():
    with pytest.raises(ToolError, match="docstring"):
        Tool(lambda: None, name="nothing")

    def untyped(x) -> None:
        """Do nothing."""

    with pytest.raises(ToolError, match=r"'x'.*needs a type"):
        tool(untyped)


def test_a_tool_still_works_as_a_function():
    assert find("x", most=1) == [Hit("x")]


@pytest.mark.parametrize("kind", [RuntimeError, ToolError])
async def test_a_failure_tells_no_key_of_the_environment(monkeypatch, kind):
    monkeypatch.setenv("SEARCH_API_KEY", "very-secret-value")

    @tool
    def look_up(word: str) -> str:
        """Look a word up."""
        raise kind("401 for https://search.example/?key=very-secret-value&q=x")

    with pytest.raises(ToolError, match="401 for") as caught:
        await look_up.call({"word": "x"})
    assert "very-secret-value" not in str(caught.value)


async def test_a_renamed_tool_is_another_that_does_the_same():
    other = find.renamed("look_up")
    assert (find.name, other.name) == ("find", "look_up")
    assert other.stub().startswith("def look_up(query: str")
    assert await other.call({"query": "x", "most": 1}) == [Hit("x")]
    assert find.renamed("final_answer").return_direct and not other.return_direct
    with pytest.raises(ToolError, match=r"look_up\(query"):
        await other.call({})
    with pytest.raises(ToolError, match="cannot be named"):
        find.renamed("display")


def test_a_class_in_the_manner_of_smolagents_says_what_its_method_is_called():
    class Theirs(Tool):
        name, description = "echo", "Say it again."

        def forward(self, text):
            return text

    with pytest.raises(ToolError, match="Call the method `forward` so, and give its parameters types"):
        Theirs()
