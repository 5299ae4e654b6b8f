"""Host tools, called from the agent's code."""

import asyncio
import gc
import threading
import time
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from pydantic import BaseModel

from agent_core.errors import ToolError
from agent_core.events import ToolFinished, ToolStarted
from agent_core.sandbox import Limits, Sandbox
from agent_core.tools.base import Tool, tool
from tests.agent_core.sandbox.support import collect, failure, value


@dataclass
class Page:
    title: str
    text: str


class Hit(BaseModel):
    url: str
    page: Page | None = None


@tool
def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    return a + b


@tool
async def search(query: str, *, count: int = 2) -> list[Hit]:
    """Find pages."""
    return [Hit(url=f"{query}/{n}", page=Page(query, "long text " * 100)) for n in range(count)]


@tool
def fail(why: str) -> str:
    """Fail."""
    if why == "unexpected":
        raise KeyError(why)
    raise ToolError(f"No luck: {why}.")


def echo(argument: Any) -> Any:
    """Give the argument back."""
    return argument


async def test_calls_with_every_kind_of_argument(box: Sandbox):
    box.tools = [add]
    assert await value(box, "[add(1), add(1, 1), add(a=5, b=6), add(b=1, a=1)]") == "[3, 2, 11, 2]"


async def test_a_call_and_its_end_are_told(box: Sandbox):
    box.tools = [search]
    started, finished, _ = await collect(box, f"hits = search('{'q' * 300}', count=1)")
    assert isinstance(started, ToolStarted)
    assert (started.tool, started.arguments) == ("search", {"query": "q" * 200 + "…", "count": "1"})
    assert isinstance(finished, ToolFinished)
    assert (finished.call_id, finished.tool, finished.error) == (started.call_id, "search", None)


async def test_wrong_arguments(box: Sandbox):
    box.tools = [add]
    error = await failure(box, "add()")
    assert error.message == "TypeError: add(a: int, b: int = 2) was called with wrong arguments: a is missing."
    assert "inside" not in error.traceback
    assert (await failure(box, "add(1, 2, 3, d=4)")).message == (
        "TypeError: add(a: int, b: int = 2) was called with wrong arguments: there is no parameter 'd'; "
        "3 arguments were given without a name, and 2 are the most."
    )
    assert (await failure(box, "add('x')")).message == (
        "ToolError: add(a: int, b: int = 2) was called with wrong arguments: a must be an integer, not 'x'."
    )
    assert "of type complex cannot be given to a tool" in (await failure(box, "add(1j)")).message


async def test_arguments_become_plain_data(box: Sandbox):
    box.tools = [Tool(echo)]
    code = "import numpy as np, datetime, pathlib\n"
    assert await value(box, code + "echo([np.int64(1), np.arange(2), np.bool_(True)])") == "[1, [0, 1], True]"
    assert await value(box, "echo([datetime.date(2024, 1, 2), pathlib.Path('a'), {1}, (2,), {3: None}])") == str(
        ["2024-01-02", "a", [1], [2], {"3": None}]
    )


async def test_help_shows_the_tool(box: Sandbox):
    box.tools = [search]
    assert "Find pages." in (await box.run("print(search.__doc__)")).stdout
    shown = (await box.run("help(search)")).stdout
    assert "search(query: str, *, count: int = 2) -> list[" in shown
    assert "Find pages." in shown


async def test_records_have_fields(box: Sandbox):
    box.tools = [search]
    await box.run("hit, other = search('x')")
    assert await value(box, "(hit.url, hit['url'], hit.page.title, sorted(dict(hit)), hit == other)") == str(
        ("x/0", "x/0", "x", ["page", "url"], False)
    )
    shown = await value(box, "hit")
    assert shown is not None
    assert shown.startswith("Hit(url='x/0', page=Page(title='x', text='long text")
    assert "..." in shown
    assert len(shown) < 600
    assert (await box.run("print(hit.page)")).stdout == f"title: x\ntext: {'long text ' * 100}\n"
    assert await value(box, "import pandas\nlist(pandas.DataFrame([hit, other])['url'])") == "['x/0', 'x/1']"
    assert "the fields are: url, page" in (await failure(box, "hit['nope']")).message


async def test_results_of_every_kind(box: Sandbox):
    results = {"a": [1, 2.5, None, True], ("k", 7): ("t", {"record": 1}), "day": date(2024, 1, 2), "raw": b"x"}

    def give() -> dict[Any, Any]:
        """Give something."""
        return results

    box.tools = [Tool(give)]
    assert await value(box, "import datetime\ngive() == " + repr(results)) == "True"
    results["large"] = results
    assert (await failure(box, "give()")).message == (
        "ToolError: The tool's result cannot be passed on: it is nested too deep, or holds itself."
    )


async def test_errors_are_raised_in_the_code(box: Sandbox):
    box.tools = [fail]
    events = await collect(box, "fail('none')")
    assert events[-1].error.message == "ToolError: No luck: none."
    assert events[1].error == "No luck: none."
    caught = "try:\n    fail('unexpected')\nexcept ToolError as error:\n    message = str(error)\nmessage"
    assert await value(box, caught) == "fail failed: KeyError: 'unexpected'"


async def test_threads_call_tools_at_the_same_time(box: Sandbox):
    together = asyncio.Barrier(4)

    async def meet(n: int) -> int:
        """Wait for the others."""
        await together.wait()
        return n * n

    box.tools = [Tool(meet)]
    code = "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as pool:\n"
    assert await value(box, code + "    squares = list(pool.map(meet, range(8)))\nsquares") == str(
        [n * n for n in range(8)]
    )


async def test_a_slow_call_does_not_keep_a_quick_one_waiting(box: Sandbox):
    released = asyncio.Event()

    async def slow() -> str:
        """Take long."""
        await released.wait()
        return "slow"

    async def release() -> str:
        """Let the slow one go."""
        released.set()
        return "quick"

    box.tools = [Tool(slow), Tool(release)]
    code = "import threading\nthread = threading.Thread(target=slow)\nthread.start()\nresult = release()\nthread.join()"
    assert await value(box, f"{code}\nresult") == "quick"


async def test_the_clock_stands_still_while_a_tool_works(box: Sandbox):
    async def rest() -> None:
        """Rest."""
        await asyncio.sleep(0.6)

    box.tools = [Tool(rest)]
    box.limits = Limits(step_seconds=0.4)
    done = await box.run("rest()")
    assert done.error is None
    assert done.seconds < 0.4
    assert (await failure(box, "rest()\nwhile True: pass")).kind == "timeout"


async def test_stop_cancels_the_calls(box: Sandbox):
    cancelled = asyncio.Event()

    async def hang() -> None:
        """Hang."""
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    box.tools = [Tool(hang)]
    await box.run("kept = 1")
    pool = "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as pool:\n"
    for code in (
        "hang()",
        f"{pool}    [pool.submit(hang) for n in range(9)]",
        "try:\n    hang()\nfinally:\n    hang()",
    ):
        cancelled.clear()
        stream = box.stream(code)
        assert isinstance(await anext(stream), ToolStarted)
        before = time.monotonic()
        await stream.aclose()
        assert time.monotonic() - before < 1
        assert cancelled.is_set()
        assert await value(box, "kept") == "1"


async def test_stop_does_not_wait_for_threads_of_the_host(box: Sandbox):
    release = threading.Event()

    def block() -> None:
        """Block a thread."""
        release.wait(30)

    box.tools = [Tool(block)]
    pool = "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(40) as pool:\n"
    stream = box.stream(pool + "    [pool.submit(block) for n in range(40)]")
    try:
        await anext(stream)
        await asyncio.sleep(0.1)
        before = time.monotonic()
        await stream.aclose()
        assert time.monotonic() - before < 1
    finally:
        release.set()
    assert await value(box, "1 + 1") == "2"


async def test_a_call_that_outlives_its_step(box: Sandbox):
    async def hang() -> None:
        """Hang."""
        await asyncio.sleep(60)

    box.tools = [Tool(hang)]
    code = """
import threading, time
told = []
def work():
    try:
        hang()
    except ToolError as error:
        told.append(str(error))
thread = threading.Thread(target=work)
thread.start()
time.sleep(0.1)
"""
    events = await collect(box, code)
    assert isinstance(events[0], ToolStarted)
    assert isinstance(events[1], ToolFinished)
    assert events[1].error == "The step ended before the result came."
    assert await value(box, "thread.join()\ntold") == "['The step ended before the result came.']"


async def test_a_tool_that_fails_while_it_is_cancelled_fails_in_silence(box: Sandbox, caplog: pytest.LogCaptureFixture):
    ended = asyncio.Event()

    async def clumsy() -> None:
        """Fail when cancelled."""
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
            raise OSError("no cleaning up")

    box.tools = [Tool(clumsy)]
    start = "import threading, time\nthreading.Thread(target=clumsy, daemon=True).start()\ntime.sleep(0.2)"
    assert (await box.run(start)).error is None
    assert ended.is_set()
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_too_many_calls_at_once_are_refused(box: Sandbox):
    async def hang() -> None:
        """Hang."""
        await asyncio.sleep(60)

    box.tools = [Tool(hang)]
    code = """
import threading
refused = threading.Event()
def work():
    try:
        hang()
    except ToolError as error:
        print(error)
        refused.set()
for n in range(65):
    threading.Thread(target=work).start()
refused.wait()
"""
    assert "64 requests are going on already" in (await box.run(code)).stdout


async def test_tools_come_and_go_between_steps(box: Sandbox):
    box.tools = [add]
    await box.run("def f():\n    return add(1)")
    assert await value(box, "f()") == "3"
    box.tools = [fail]
    assert (await failure(box, "f()")).message == "NameError: name 'add' is not defined"
    assert (await failure(box, "fail('x')")).message.startswith("ToolError")
    box.tools = [add]
    assert await value(box, "f()") == "3"


async def test_a_tool_may_take_the_place_of_a_builtin(box: Sandbox):
    def open(n: int) -> int:
        """Count."""
        return n + 1

    box.tools = [Tool(open)]
    assert await value(box, "open(1)") == "2"
    box.tools = []
    assert await value(box, "open('x', 'w').write('ab')") == "2"


async def test_the_code_may_use_a_tool_s_name_for_itself(box: Sandbox):
    box.tools = [add]
    assert (await box.run("add = 5\nadd + 1")).value == "6"
    assert await value(box, "(add_, add(1))") == "(5, 3)"  # in the next step the tool is there again
