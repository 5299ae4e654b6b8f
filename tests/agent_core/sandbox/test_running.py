"""Pieces of code, one after the other, in one namespace."""

import pytest

from agent_core.errors import Busy, SandboxError
from agent_core.events import Displayed, OutputDelta
from agent_core.execution import Execution
from agent_core.sandbox import Sandbox
from tests.agent_core.sandbox.support import collect, failure, value


async def test_last_expression_is_the_value_and_variables_persist(box: Sandbox):
    first = await box.run("x = 20\nprint('hello')\nx + 1")
    assert (first.stdout, first.value, first.error, first.answer) == ("hello\n", "21", None, None)
    assert await value(box, "x * 2") == "40"
    assert await value(box, "x = 3") is None
    assert await value(box, "None") is None


async def test_text_is_its_own_value(box: Sandbox):
    assert await value(box, "'a\\nb'") == "a\nb"


async def test_numbers_of_numpy_are_plain_numbers(box: Sandbox):
    assert await value(box, "import numpy as np\nnp.float64(1.5)") == "1.5"
    assert await value(box, "[np.int64(3), np.float64(0.5)]") == "[3, 0.5]"


async def test_what_is_defined_belongs_to_main(box: Sandbox):
    code = """
import pickle
from dataclasses import dataclass
@dataclass
class Point:
    x: int
(pickle.loads(pickle.dumps(Point(3))), __name__)
"""
    assert await value(box, code) == "(Point(x=3), '__main__')"


async def test_await_at_the_top_level(box: Sandbox):
    assert await value(box, "import asyncio\nasync def f():\n    return 7\nawait f()") == "7"


async def test_traceback_has_the_lines_of_the_agent_and_nothing_else(box: Sandbox):
    await box.run("def half(x):\n    return x / 0")
    error = await failure(box, "y = 1\nhalf(y)")
    assert (error.kind, error.message) == ("exception", "ZeroDivisionError: division by zero")
    assert 'File "<step 2>", line 2' in error.traceback
    assert "half(y)" in error.traceback
    assert "return x / 0" in error.traceback  # of the step before
    error = await failure(box, "import json\njson.loads('{')")
    assert "json.loads('{')" in error.traceback
    assert ".py" not in error.traceback


async def test_syntax_error_names_its_line(box: Sandbox):
    error = await failure(box, "x = 1\ny = = 2")
    assert error.kind == "syntax"
    assert error.message == "SyntaxError: invalid syntax (line 2)"
    assert "y = = 2" in error.traceback


@pytest.mark.parametrize("code", ["x = '\x00'", "(" * 5000, "-" * 100_000 + "1"])
async def test_code_that_no_compiler_takes(box: Sandbox, code: str):
    assert (await failure(box, code)).kind == "syntax"
    assert await value(box, "1 + 1") == "2"


async def test_endless_recursion_is_an_exception(box: Sandbox):
    error = await failure(box, "def f():\n    f()\nf()")
    assert error.message.startswith("RecursionError")
    assert len(error.traceback) < 3000


async def test_exit_ends_the_step_and_not_the_worker(box: Sandbox):
    await box.run("kept = 1")
    assert (await box.run("exit()\nprint('not reached')")).error is None
    assert (
        await failure(box, "import sys\nsys.exit('no data')")
    ).message == "The code ended itself with exit('no data')."
    assert await value(box, "kept") == "1"


async def test_input_says_what_to_do_instead(box: Sandbox):
    assert "ask your question in the reply" in (await failure(box, "input('name? ')")).message


async def test_final_answer_ends_the_step_at_once(box: Sandbox):
    done = await box.run("try:\n    final_answer({'a': 1})\nexcept Exception:\n    pass\nprint('not reached')")
    assert done.answer is not None
    assert str(done.answer) == "{'a': 1}"
    assert (done.error, done.stdout) == (None, "")
    assert (await box.run("1")).answer is None


@pytest.mark.parametrize(
    ("made", "answer"),
    [
        ("datetime.date(2023, 4, 24)", "2023-04-24"),
        ("datetime.timedelta(hours=1.5)", "1:30:00"),
        ("fractions.Fraction(1, 3)", "1/3"),
        ("pathlib.Path('a.csv')", "a.csv"),
        ("numpy.mean([12, 15])", "13.5"),
    ],
)
async def test_an_answer_reads_as_print_writes_it(box: Sandbox, made: str, answer: str):
    done = await box.run(f"import datetime, fractions, pathlib, numpy\nfinal_answer({made})")
    assert str(done.answer) == answer


async def test_what_is_printed_streams_while_the_code_runs(box: Sandbox):
    await box.start()
    stream = box.stream("import time\nprint('first')\ntime.sleep(30)")
    assert await anext(stream) == OutputDelta("first\n")
    await stream.aclose()


async def test_everything_shows_in_the_order_it_happened(box: Sandbox):
    code = """
import os, sys
for n in range(20):
    print('a', n)
    os.write(1, b'b\\n')
    print('c', file=sys.stderr)
    display(n)
    os.write(1, b'd\\n')
"""
    *events, done = await collect(box, code)
    shown = "".join(event.text if isinstance(event, OutputDelta) else f"<{event.display}>" for event in events)
    assert shown == "".join(f"a {n}\nb\nc\n<{n}>d\n" for n in range(20))
    assert [str(display) for display in done.displays] == [str(n) for n in range(20)]
    assert done.displays == tuple(event.display for event in events if isinstance(event, Displayed))


async def test_output_of_c_is_not_left_behind(box: Sandbox):
    box.policy = type(box.policy)(imports=["*"])
    assert (await box.run("import ctypes\nctypes.CDLL(None).printf(b'from C')")).stdout == "from C"


async def test_a_hundred_megabytes_keep_their_head_and_tail(box: Sandbox):
    *events, done = await collect(box, "print('head', 'x' * 100_000_000, 'tail')")
    assert done.error is None
    assert done.stdout.startswith("head xxx")
    assert done.stdout.endswith("xxx tail\n")
    assert "\n… 99,960,011 characters left out …\n" in done.stdout
    assert sum(len(event.text) for event in events) == 20_000


async def test_bytes_that_are_no_text(box: Sandbox):
    assert (await box.run(r"import os; os.write(1, b'\xe2\x82'); os.write(1, b'\xac \xff')")).stdout == "€ �"
    assert (await box.run(r"print('\ud800')")).stdout == "\\ud800\n"
    assert await value(box, r"'\ud800'") == "?"


async def test_a_value_whose_repr_fails(box: Sandbox):
    await box.run("class Bad:\n    def __repr__(self):\n        raise ValueError")
    assert await value(box, "Bad()") == "<Bad; its repr() raised ValueError>"


async def test_a_long_value_is_cut(box: Sandbox):
    text = await value(box, "list(range(1_000_000))")
    assert text is not None
    assert len(text) < 21_000
    assert "characters left out" in text


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.close(1); os.close(2)",
        "import sys; sys.stdout.close()",
        "import sys; sys.stdout = sys.stderr = None",
        "import builtins; [delattr(builtins, name) for name in list(vars(builtins))]",
        "del __builtins__",
        "import sys; del sys.stdout, sys.stderr",
        "import os, shutil; os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
        "import os, shutil; shutil.rmtree(os.getcwd())",
        "import os; os.rmdir('.tmp'); open('.tmp', 'w').close()",
        "import threading, time; threading.Thread(target=time.sleep, args=[3600]).start()",
        "import os; os.fork() or os._exit(0)",
        "import os; os.fork()",
        "import sys; sys.setrecursionlimit(50); sys.modules.clear()",
        "import sys\nfor limit in range(1, 50):\n    try:\n        sys.setrecursionlimit(limit)\n        break\n"
        "    except RecursionError: pass",
    ],
)
async def test_the_next_step_works_whatever_the_last_one_did(box: Sandbox, code: str):
    await box.run(f"kept = 5\n{code}")
    done = await box.run("import os\nprint(os.path.isdir(os.getcwd()))\nkept")
    assert (done.stdout, done.value, done.error) == ("True\n", "5", None)


async def test_an_emptied_workspace_still_takes_temporary_files(box: Sandbox):
    await box.run("import pathlib, shutil, tempfile\ntempfile.gettempdir()")
    await box.run("for path in pathlib.Path().iterdir(): shutil.rmtree(path)")
    assert await value(box, "with tempfile.TemporaryFile() as file: file.write(b'x')\nfile.closed") == "True"


async def test_one_step_at_a_time(box: Sandbox):
    stream = box.stream("print(1)\nimport time\ntime.sleep(30)")
    await anext(stream)
    with pytest.raises(Busy):
        await box.run("1")
    await stream.aclose()
    assert await value(box, "2") == "2"


async def test_a_closed_sandbox(box: Sandbox):
    await box.start()
    workspace = box.workspace
    await box.close()
    await box.close()
    assert not workspace.exists()
    with pytest.raises(SandboxError, match="closed"):
        await box.run("1")


async def test_code_too_long_to_send(box: Sandbox):
    await box.run("kept = 1")
    with pytest.raises(SandboxError, match="too large"):
        await box.run("#" * 70_000_000)
    assert await value(box, "kept") == "1"


async def test_close_while_a_step_runs(box: Sandbox):
    await box.start()
    stream = box.stream("print(1)\nimport time\ntime.sleep(30)")
    await anext(stream)
    await box.close()
    last = [event async for event in stream][-1]
    assert isinstance(last, Execution)
    assert last.error is not None
    assert last.error.kind == "crash"
