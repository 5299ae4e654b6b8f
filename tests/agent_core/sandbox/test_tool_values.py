"""Pictures, tables and arrays go from host tools to the code and back as themselves."""

from dataclasses import dataclass
from typing import Any

import numpy
import numpy.typing
import pandas
import polars
import pytest
from PIL import Image

from agent_core.errors import ToolError
from agent_core.events import ToolStarted
from agent_core.sandbox import Sandbox
from agent_core.tools.base import Tool, tool
from tests.agent_core.sandbox.support import collect, failure, value

TABLE = pandas.DataFrame(
    {"n": [1, 2], "kind": pandas.Categorical(["a", "b"])}, index=pandas.Index(["x", "y"], name="key")
)


@dataclass
class Drawn:
    title: str
    image: Image.Image


@tool
def draw(width: int) -> Image.Image:
    """Draw a picture."""
    return Image.new("RGB", (width, 2), "red")


@tool
def illustrate() -> list[Drawn]:
    """Draw pictures with titles."""
    return [Drawn("one", Image.new("L", (1, 1)))]


@tool
def width_of(image: Image.Image, times: int = 1) -> int:
    """Measure a picture."""
    return image.width * times


@tool
def total(table: pandas.DataFrame) -> pandas.Series:
    """Add up a table's numbers."""
    assert table.index.name == "key" and isinstance(table["kind"].dtype, pandas.CategoricalDtype)
    return table[["n"]].sum()


@tool
def mean(values: numpy.ndarray | None = None) -> float:
    """Return the mean."""
    assert values is not None and values.dtype == "float32"
    return float(values.mean())


@tool
def several(images: list[Image.Image], named: dict[str, polars.DataFrame], of: numpy.typing.NDArray[Any]) -> list[int]:
    """Take several."""
    return [*(image.width for image in images), *(table.height for table in named.values()), of.size]


@tool
def louder(sound: tuple[int, numpy.ndarray]) -> tuple[int, numpy.ndarray]:
    """Double a sound."""
    rate, samples = sound
    return rate, samples * 2


@tool
def plain(values: list[float], rows: Any = None) -> Any:
    """Take lists."""
    return [values, rows]


@pytest.fixture
def box(shared_box: Sandbox) -> Sandbox:
    shared_box.tools = [draw, illustrate, width_of, total, mean, several, plain, louder]
    return shared_box


async def test_pictures(box: Sandbox):
    assert await value(box, "picture = draw(3)\n(type(picture).__name__, picture.mode, picture.size)") == str(
        ("Image", "RGB", (3, 2))
    )
    assert await value(box, "width_of(picture, times=2)") == "6"
    assert await value(box, "width_of(illustrate()[0].image)") == "1"
    done = await box.run("picture")
    assert done.displays[0].kind == "image" and done.variables == {}


async def test_tables_series_and_arrays(box: Sandbox):
    code = (
        "import pandas, numpy, polars\ntable = pandas.DataFrame({'n': [1, 2], 'kind': pandas.Categorical(['a', 'b'])},"
    )
    await box.run(f"{code} index=pandas.Index(['x', 'y'], name='key'))")
    assert await value(box, "total(table).to_dict()") == "{'n': 3}"
    assert await value(box, "mean(numpy.array([1, 2], dtype='float32'))") == "1.5"
    code = "several([draw(3), draw(4)], {'a': polars.DataFrame({'x': [1]})}, numpy.zeros((2, 3)))"
    assert await value(box, code) == "[3, 4, 1, 6]"


async def test_sound(box: Sandbox):
    await box.run("import numpy\nrate, samples = louder((8_000, numpy.ones(3, dtype='i2')))")
    assert await value(box, "(rate, samples.dtype.name, int(samples.sum()))") == "(8000, 'int16', 6)"


async def test_other_parameters_get_lists(box: Sandbox):
    assert await value(box, "import numpy\nplain(numpy.array([1, 2]))") == "[[1.0, 2.0], None]"
    assert await value(box, "import pandas\nplain(pandas.Series([1.5]), pandas.DataFrame({'a': [1]}))") == str(
        [[1.5], [{"a": 1}]]
    )
    assert "picture, which this tool does not take" in (await failure(box, "plain([], draw(1))")).message
    assert "image must be an instance of Image, not [1]" in (await failure(box, "width_of([1])")).message


async def test_what_comes_out_large_goes_back(box: Sandbox):
    code = "import numpy\nfrom PIL import Image\nrandom = numpy.random.default_rng(1)\n"
    code += "noise = random.integers(0, 255, (1400, 1400, 3), dtype='u1')"
    assert await value(box, f"{code}\nwidth_of(Image.fromarray(noise))") == "1400"
    error = await failure(box, "mean(numpy.zeros(2_000_000))")
    assert "An argument of mean is too large: more than 20 MB, and 12 MB are the most" in error.message
    assert await value(box, "1 + 1") == "2"


async def test_events_say_in_words_what_was_given(box: Sandbox):
    events = await collect(box, "width_of(draw(3))")
    assert [event.arguments for event in events if isinstance(event, ToolStarted)] == [
        {"width": "3"},
        {"image": "RGB picture 3×2"},
    ]


async def test_a_call_as_json_may_give_lists():
    assert (await total.call({"table": TABLE}))["n"] == 3

    def shape(table: pandas.DataFrame, array: numpy.ndarray) -> list[Any]:
        """Say what they are."""
        return [list(table.columns), array.shape]

    told = Tool(shape)
    assert await told.call({"table": [{"a": 1, "b": 2}], "array": [[1, 2, 3]]}) == [["a", "b"], (1, 3)]
    assert told.parameters["properties"]["table"]["anyOf"][0] == {"type": "array", "items": {"type": "object"}}
    with pytest.raises(ToolError, match="table must be an instance of DataFrame"):
        await told.call({"table": "x", "array": []})
    assert told.stub().startswith("def shape(table: DataFrame, array: ndarray)")


def test_other_classes_are_still_refused():
    class Own:
        pass

    def take(own: Own) -> None:
        """Take one."""

    with pytest.raises(ToolError, match="cannot be made from JSON"):
        Tool(take)
