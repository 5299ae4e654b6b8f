"""Which variables a step has made, changed or deleted, and what is said where some were lost."""

import pytest

from agent_core.memory.observation import observe
from agent_core.sandbox import Limits, Sandbox
from agent_core.sandbox.aftermath import LOST_BEFORE
from tests.agent_core.sandbox.support import checkpoints_of, failure, value

HOSTILE = """
def loop(self, *_):
    while True: pass
def fail(self, *_):
    raise BaseException
class Meta(type):
    __eq__ = __len__ = __repr__ = __instancecheck__ = __subclasscheck__ = loop
    __hash__ = type.__hash__
class Loops(metaclass=Meta):
    __len__ = __repr__ = __eq__ = __iter__ = __hash__ = __getattribute__ = loop
    __class__ = property(loop)
class Raises(list):
    __len__ = __repr__ = __eq__ = __iter__ = __hash__ = __getattribute__ = fail
    __class__ = property(fail)
"""


@pytest.mark.parametrize(
    ("code", "described"),
    [
        ("v = 12", "12"),
        ("v = 10 ** 100", "int of 333 bits"),
        ("v = 'abc'", "'abc'"),
        ("v = 'x' * 1000", "str of 1,000 characters"),
        ("v = b'abc'", "bytes of 3 bytes"),
        ("v = [1, 2]", "list of 2 int"),
        ("v = (1, 'a')", "tuple of 2 items"),
        ("v = []", "empty list"),
        ("v = {'a': 1, 2: 3}", "dict with keys a, 2 (2)"),
        ("v = {}", "empty dict"),
        ("def v(x, y=1): pass", "function v(x, y)"),
        ("class v: pass", "class"),
        ("import numpy as np\nv = np.zeros((3, 4))", "ndarray 3×4 float64"),
        ("import numpy as np\nv = np.float64(1.5)", "1.5"),
        ("import pandas as pd\nv = pd.DataFrame({'a': [1], 'b': [2]})", "DataFrame 1×2 (a, b)"),
        ("import pandas as pd\nv = pd.Series([1, 2])", "Series of 2 int64"),
        ("import datetime\nv = datetime.date(2024, 1, 2)", "date"),
    ],
)
async def test_what_each_kind_looks_like(box: Sandbox, code: str, described: str):
    assert (await box.run(code)).variables == {"v": described}


async def test_made_changed_changed_in_place_and_deleted(box: Sandbox):
    assert (await box.run("a = 1\nb = [1]\nc = None")).variables == {"a": "1", "b": "list of 1 int", "c": "None"}
    assert (await box.run("a + 1")).variables == {}
    assert (await box.run("a = 2")).variables == {"a": "2"}
    assert (await box.run("b.append(2)")).variables == {"b": "list of 2 int"}
    done = await box.run("del a, c\nd = 3")
    assert done.variables == {"d": "3", "a": "", "c": ""}
    assert observe(done).endswith("Variables: d = 3; deleted: a, c")


async def test_a_table_that_gets_a_column(box: Sandbox):
    await box.run("import pandas as pd\ndf = pd.DataFrame({'a': [1]})")
    assert (await box.run("df['b'] = 2")).variables == {"df": "DataFrame 1×2 (a, b)"}


async def test_modules_and_underscore_names_are_left_out(box: Sandbox):
    assert (await box.run("import json, math as m\n_hidden = 1\n__x__ = 2\ny = 3\ny")).variables == {"y": "3"}


async def test_what_was_made_before_an_error_is_told(box: Sandbox):
    assert (await box.run("x = 1\n1 / 0")).variables == {"x": "1"}
    assert (await box.run("y = = 1")).variables == {}


async def test_after_going_back_what_differs_from_then_is_told(box: Sandbox):
    first = (await box.run("x = 1\nrows = [1]")).checkpoint
    await box.run("x = 2\nrows.append(2)\ny = 1")
    await box.rewind(first)
    assert (await box.run("pass")).variables == {}
    assert (await box.run("x = 2\ny = 1")).variables == {"x": "2", "y": "1"}


async def test_a_step_that_was_rolled_back_changed_nothing(box: Sandbox):
    await box.run("x = 1")
    assert (await box.run("x = 2\ny = 1\nimport os; os._exit(1)")).variables == {}
    assert (await box.run("z = 3")).variables == {"z": "3"}


async def test_of_more_than_twenty_the_rest_is_counted(box: Sandbox):
    done = await box.run("for i in range(2_000): globals()[f'v{i}'] = [i]")
    assert len(done.variables) == 21
    assert done.variables["v0"] == "list of 1 int"
    assert done.variables["…"] == "1,981 more"  # i is one of them
    assert observe(done).endswith("; … 1,981 more")


async def test_among_thousands_the_new_and_the_newest_are_still_seen(box: Sandbox):
    await box.run("for i in range(2_000): globals()[f'v{i}'] = [i]")
    done = await box.run("v5 = 'new'\nv1999.append(1)\nlast = 1\ndel v7")
    assert done.variables == {"v5": "'new'", "v1999": "list of 2 int", "last": "1", "v7": ""}


async def test_hostile_classes_have_no_say(box: Sandbox):
    box.limits = Limits(step_seconds=5)
    done = await box.run(f"{HOSTILE}\nloops = Loops()\nraises = Raises()\nboth = [loops, raises]\nkeys = {{Loops: 1}}")
    assert done.error is None
    assert {name: done.variables[name] for name in ("loops", "raises", "both", "keys")} == {
        "loops": "Loops",
        "raises": "Raises",
        "both": "list of 2 items",
        "keys": "dict with keys Meta (1)",
    }


async def test_what_is_imported_is_none_of_them(box: Sandbox):
    code = (
        "from json import JSONDecodeError, dumps\nimport os\nclass Own(JSONDecodeError): pass\ndef own(): pass\nx = 1"
    )
    assert (await box.run(code)).variables == {"Own": "class", "own": "function own()", "x": "1"}


async def test_frames_of_polars_say_their_size(box: Sandbox):
    done = await box.run("import polars as pl\nframe = pl.DataFrame({'a': [1, 2], 'b': ['x', 'y']})")
    assert done.variables == {"frame": "DataFrame 2×2 (a, b)"}


async def test_names_that_are_none(box: Sandbox):
    code = "class Odd(str):\n    __hash__ = str.__hash__\n"
    code += "globals()[Odd('odd')] = 1\nglobals()['a b'] = 2\nglobals()[3] = 4"
    assert (await box.run(code)).variables == {"Odd": "class"}


async def test_only_the_beginning_of_a_huge_container_is_looked_at(box: Sandbox):
    await box.run("n = 1_000_000\nd = {i: None for i in range(n)}\nrows = list(range(n))\nrows.append('last')")
    box.limits = Limits(step_seconds=1, processor_seconds=1)
    done = await box.run("d['last'] = 1\nrows.append('more')")
    assert done.variables == {
        "d": "dict with keys 0, 1, 2, 3, 4, 5, 6, 7 … (1,000,001)",
        "rows": "list of 1,000,002 int",
    }


@pytest.mark.here
async def test_variables_that_were_lost_between_two_steps_are_told_with_the_next(box: Sandbox):
    await value(box, "x = 1")
    await checkpoints_of(box)._wait_for_background()
    await checkpoints_of(box).processes.close()
    done = await box.run("y = 2\ny")
    assert (done.error, done.note, done.variables) == (None, LOST_BEFORE, {"y": "2"})
    assert observe(done).startswith(f"{LOST_BEFORE}\nValue: 2")
    assert (await box.run("y")).note == ""
    assert "NameError" in (await failure(box, "x")).message
