"""An answer's value: the object itself, as the program that asked gets it."""

import datetime
import json
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

import numpy
import pandas
import polars
import pytest
from PIL import Image
from polars.testing import assert_frame_equal

from agent_core.errors import GlassboxError
from agent_core.events import FinalAnswer, StepFinished
from agent_core.execution import VALUE, Display
from agent_core.record import event_from_json, event_to_json
from agent_core.sandbox import Sandbox
from agent_core.usage import Usage


@pytest.fixture
def box(shared_box: Sandbox) -> Sandbox:
    return shared_box


async def answer_of(box: Sandbox, code: str) -> Display:
    done = await box.run(code)
    assert done.error is None and done.answer is not None, done
    return done.answer


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -1,
        10**5_000,
        2.5,
        "text, *not* JSON: {}",
        "long " * 40_000,
        [1, [2, "three"]],
        {"a": 1, 2: (3, 4)},
        {1, 2},
        b"\x00\xff",
        datetime.date(2024, 2, 29),
        datetime.timedelta(days=1),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_plain_values(box: Sandbox, value: Any):
    literal = hex(value) if type(value) is int else repr(value)
    answer = await answer_of(box, f"import datetime\nfinal_answer({literal})")
    assert answer.value == value and type(answer.value) is type(value)
    assert answer.value is answer.value


async def test_numbers_and_paths(box: Sandbox):
    code = "from decimal import Decimal\nfrom pathlib import Path\nimport numpy\n"
    answer = await answer_of(box, f"{code}final_answer([Decimal('1.5'), Path('a/b'), numpy.int8(3), float('inf')])")
    assert answer.value == [Decimal("1.5"), PurePosixPath("a/b"), 3, float("inf")]
    assert type(answer.value[1]) is PurePosixPath  # which opens nothing of this machine by itself


async def test_dates_of_numpy_and_missing_ones(box: Sandbox):
    code = "import numpy, pandas\nmissing = [numpy.datetime64('NaT'), numpy.timedelta64('NaT'), pandas.NaT]\n"
    answer = await answer_of(box, f"{code}final_answer([numpy.datetime64('2024-02-29'), *missing])")
    assert answer.value == [datetime.datetime(2024, 2, 29), None, None, None]
    assert (await answer_of(box, f"{code}final_answer(numpy.datetime64('NaT'))")).value is None


async def test_records(box: Sandbox):
    code = "from dataclasses import dataclass\nfrom collections import namedtuple\nPoint = namedtuple('Point', 'x y')\n"
    code += "@dataclass\nclass Hit:\n    title: str\n    rank: int = 1\n"
    answer = await answer_of(box, f"{code}final_answer([Hit('a'), Point(1, 2)])")
    hit, point = answer.value
    assert (hit.title, hit["rank"], repr(hit)) == ("a", 1, "Hit(title='a', rank=1)")
    assert (point.x, point[1], type(point).__name__) == (1, 2, "Point")


async def test_tables_of_pandas(box: Sandbox):
    code = """
import pandas
table = pandas.DataFrame({
    'n': [1, 2, 3], 's': ['x', None, 'ß😀'],
    'day': pandas.to_datetime(['2024-01-01', None, '2024-02-03']),
    'zone': pandas.to_datetime(['2024-01-01'] * 3).tz_localize('Europe/Berlin'),
    'c': pandas.Categorical(['u', 'v', None]),
    'i': pandas.array([1, None, 3], dtype='Int64'), 'mixed': [1, 'x', [1]],
}, index=pandas.Index(['p', 'q', 'r'], name='key'))
"""
    space: dict[str, Any] = {}
    exec(code, space)
    table = (await answer_of(box, f"{code}final_answer(table)")).value
    pandas.testing.assert_frame_equal(table, space["table"])
    series = (await answer_of(box, "final_answer(table['c'])")).value
    pandas.testing.assert_series_equal(series, space["table"]["c"])
    code = "final_answer(table.groupby(['s', 'c'], observed=True)['n'].agg(['sum', 'mean']))"
    grouped = (await answer_of(box, code)).value
    assert grouped.index.names == ["s", "c"] and grouped.columns.tolist() == ["sum", "mean"]
    for code in (
        "pandas.DataFrame()",
        "pandas.DataFrame(index=range(3))",
        "pandas.DataFrame([[1, 2]], columns=['a', 'a'])",
    ):
        expected = eval(code, {"pandas": pandas})
        pandas.testing.assert_frame_equal((await answer_of(box, f"final_answer({code})")).value, expected)


async def test_months_and_bins_of_pandas(box: Sandbox):
    code = """
import pandas
days = pandas.Series(pandas.to_datetime(['2024-01-05', '2024-02-01', None]), name='day')
table = pandas.DataFrame({'n': [1.0, 2.0, 9.0], 'month': days.dt.to_period('M'), 'week': days.dt.to_period('W-SUN')})
table['bin'] = pandas.cut(table['n'], [0, 2, 5])
table['span'] = pandas.arrays.IntervalArray.from_breaks(pandas.to_datetime(['2024-01-01', *['2024-02-01'] * 3]), 'left')
"""
    space: dict[str, Any] = {}
    exec(code, space)
    table = space["table"]
    pandas.testing.assert_frame_equal((await answer_of(box, f"{code}final_answer(table)")).value, table)
    for by in ("month", "bin"):
        grouped = (await answer_of(box, f"final_answer(table.groupby('{by}', observed=True)[['n']].sum())")).value
        pandas.testing.assert_frame_equal(grouped, table.groupby(by, observed=True)[["n"]].sum())


async def test_tables_of_polars_and_arrays(box: Sandbox):
    code = (
        "polars.DataFrame({'a': [1, None], 's': ['x', None], 'd': [datetime.date(2024, 1, 1), None], 'l': [[1], None]})"
    )
    expected = eval(code, {"polars": polars, "datetime": datetime})
    answer = await answer_of(box, f"import polars, datetime\nfinal_answer({code})")
    assert_frame_equal(answer.value, expected)
    for code in (
        "numpy.arange(6.0).reshape(2, 3)",
        "numpy.array(['ab', 'c'])",
        "numpy.array(5, dtype='i1')",
        "numpy.zeros((0, 5))",
    ):
        expected = eval(code, {"numpy": numpy})
        value = (await answer_of(box, f"import numpy\nfinal_answer({code})")).value
        assert (value.dtype, value.shape, value.tolist()) == (expected.dtype, expected.shape, expected.tolist())


async def test_pictures_and_figures(box: Sandbox):
    answer = await answer_of(box, "from PIL import Image\nfinal_answer(Image.new('RGBA', (4, 3), 'red'))")
    assert VALUE not in answer.data  # what is shown is the picture already
    assert (answer.value.mode, answer.value.size, answer.value.getpixel((0, 0))) == ("RGBA", (4, 3), (255, 0, 0, 255))
    answer = await answer_of(box, "import matplotlib.pyplot as plt\nfinal_answer(plt.figure())")
    assert isinstance(answer.value, Image.Image)
    answer = await answer_of(box, "final_answer({'before': Image.new('L', (2, 2)), 'sound': (16_000, [0, 1])})")
    assert answer.value["before"].size == (2, 2) and answer.value["sound"] == (16_000, [0, 1])


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("final_answer(lambda: 1)", "The answer is a function, which exists only where it was made."),
        ("final_answer([int])", "The answer is a class, which"),
        ("final_answer(open('x', 'w'))", "The answer is an open file, which"),
        ("final_answer(object())", "The answer is an object of the class object, which"),
        ("x = []\nx.append(x)\nfinal_answer(x)", "The answer is nested too deep, or holds itself."),
        ("final_answer(b'x' * 10_000_000)", "The answer is too large: more than"),
        ("final_answer('\"' * 7_000_000)", "The answer is too large"),
        ("import plotly.graph_objects as go\nfinal_answer(go.Figure())", "an object of the class Figure"),
    ],
)
async def test_what_cannot_be_one_says_why_and_is_shown_all_the_same(box: Sandbox, code: str, reason: str):
    answer = await answer_of(box, code)
    assert str(answer)
    with pytest.raises(GlassboxError) as raised:
        _ = answer.value
    assert str(raised.value).startswith("The answer ") and reason in str(raised.value)


async def test_what_was_only_shown_has_no_value(box: Sandbox):
    done = await box.run("import pandas\ndisplay(pandas.DataFrame({'a': [1]}))")
    with pytest.raises(GlassboxError, match="only a run's answer has a value"):
        _ = done.displays[0].value


async def test_a_small_value_is_kept_with_the_chat_and_a_large_one_is_not(box: Sandbox):
    for code, is_kept in (("final_answer({'a': {1, 2}})", True), ("final_answer(list(range(300_000)))", False)):
        execution = await box.run(code)
        assert execution.answer and execution.answer.value
        for event in (FinalAnswer(execution.answer), StepFinished(1, 0.5, Usage(), execution)):
            again: Any = event_from_json(json.loads(json.dumps(event_to_json(event))))
            answer = again.answer if isinstance(event, FinalAnswer) else again.execution.answer
            if is_kept:
                assert again == event and answer.value == {"a": {1, 2}}
            else:
                with pytest.raises(GlassboxError, match="was too large to be kept with the chat"):
                    _ = answer.value
