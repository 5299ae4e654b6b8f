"""Values that code in the sandbox made up: they end in an error, and cost the app neither memory nor time."""

import base64
import io
import json
import pickle
import struct
import tracemalloc
import zlib
from typing import Any

import pytest
from pandas import DataFrame
from PIL import Image, PngImagePlugin

from agent_core.errors import GlassboxError
from agent_core.execution import VALUE, Display
from agent_core.sandbox import Sandbox
from agent_core.tools.base import Tool
from tests.agent_core.sandbox.support import failure, value

_MOST_BYTES = 150 * 2**20  # that reading may take


def binary(data: bytes) -> dict[str, str]:
    return {"bytes": base64.b64encode(data).decode()}


def array(kind: str, shape: list[Any], data: bytes) -> dict[str, Any]:
    return {"array": [kind, shape, binary(data)]}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, second: tuple[int, int] | None = None, rows: bytes = b"") -> dict[str, str]:
    """A picture with a header of its own, and perhaps another one after it."""
    headers = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 6, 0, 0, 0)) for size in [(width, height), second] if size
    ]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(headers) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return {"image": base64.b64encode(data).decode()}


def wordy_png() -> dict[str, str]:
    """A picture whose comment is small when packed, and large else."""
    buffer, info = io.BytesIO(), PngImagePlugin.PngInfo()
    for number in range(60):
        info.add_text(f"c{number}", "x" * 2**22, zip=True)
    Image.new("L", (1, 1)).save(buffer, format="PNG", pnginfo=info)
    return {"image": base64.b64encode(buffer.getvalue()).decode()}


def read(text: str) -> Any:
    return Display({"text/plain": "", VALUE: text}).value


class Evil:
    def __reduce__(self) -> Any:
        return exec, ("raise SystemExit",)


TABLE = ["pandas", 2, None, [[1, 2]], None]
HOSTILE: dict[str, Any] = {
    "no JSON": "nonsense",
    "nothing": "",
    "an unknown kind": {"pickle": base64.b64encode(pickle.dumps(Evil())).decode()},
    "two kinds": {"tuple": [], "set": []},
    "deep": "[" * 200_000,
    "deep and well-formed": '{"tuple":[' * 50_000 + "]}" * 50_000,
    "many parts": "[" + "[]," * 3_000_000 + "[]]",
    "objects in an array": array("|O", [1], pickle.dumps(Evil())),
    "a dtype that is code": array("O, i8", [1], b"\0" * 16),
    "a structured dtype": {"array": [[["a", "|O"]], [1], binary(b"\0" * 8)]},
    "a lying shape": array("<i8", [2**40], b"\0" * 8),
    "a negative shape": array("<i8", [-1], b"\0" * 8),
    "a shape of floats": array("<i8", [1.0], b"\0" * 8),
    "many dimensions": array("<i8", [1] * 100, b"\0" * 8),
    "items of no size": array("<U0", [2**60], b""),
    "items of a huge size": array("<U999999999", [0], b"x"),
    "characters that there are not": array("<U1", [1], b"\xff\xff\xff\xff"),
    "truth that is neither": array("|b1", [2], b"\1\7"),
    "rows without columns": {"table": ["pandas", 2**62, None, [], None]},
    "rows that are not there": {"table": ["pandas", 2**40, None, [[1]], None]},
    "columns of different lengths": {"table": ["pandas", 2, None, [[1, 2], [1]], None]},
    "labels that do not fit": {"table": [*TABLE[:2], [[None], [["a", "b"]]], *TABLE[3:]]},
    "a table of an unknown library": {"table": ["os", 2, None, [[1]], None]},
    "texts that are not there": {
        "series": ["pandas", None, {"texts": ["str", binary(b"\xff\xff\xff\x7f" * 2), "x"]}, None]
    },
    "texts of negative length": {"series": ["pandas", None, {"texts": ["str", binary(b"\xfe\xff\xff\xff"), ""]}, None]},
    "a dtype by name": {"series": ["pandas", None, {"masked": ["object", [1], [False]]}, None]},
    "a zone that is a path": {
        "series": ["pandas", None, {"zoned": [array("<M8[ns]", [1], b"\0" * 8), "dateutil//etc/passwd"]}, None]
    },
    "a frequency that is code": {
        "series": ["pandas", None, {"period": ["M;import os", array("<i8", [1], b"\0" * 8)]}, None]
    },
    "periods of no number": {"series": ["pandas", None, {"period": ["M", ["x"]]}, None]},
    "intervals without ends": {"series": ["pandas", None, {"interval": [[1, 2], [3], "left"]}, None]},
    "intervals that are closed nowhere": {"series": ["pandas", None, {"interval": [[1], [3], "open"]}, None]},
    "codes without categories": {
        "series": ["pandas", None, {"category": [array("|i1", [1], b"\x7f"), ["a"], False]}, None]
    },
    "a bomb": png(40_000, 40_000),
    "two bombs, each almost too large": [png(6_000, 8_000, rows=b""), png(6_000, 8_000, rows=b"")],
    "a picture that grows": png(1, 1, second=(30_000, 30_000)),
    "a picture cut short": png(3_000, 3_000, rows=b"\0" * 100),
    "a comment that grows": wordy_png(),
    "no picture": {"image": base64.b64encode(b"GIF89a" + b"\0" * 100).decode()},
    "a record of many fields": {"record": ["R", [f"f{n}" for n in range(5_000)], [0] * 5_000, {}, None]},
    "a record without fields": {"record": ["R", ["a", "b"], [1], {}, None]},
    "a named tuple of many fields": {"named": ["R", [f"f{n}" for n in range(5_000)], [0] * 5_000]},
    "keys that are all alike": {"dict": [[n * (2**61 - 1), 0] for n in range(1, 30_000)]},
    "items that are all alike": {"set": [n * (2**61 - 1) for n in range(1, 30_000)]},
    "many classes": [{"record": [f"R{n}", ["a"], [1], {}, None]} for n in range(1_000)],
    "many named tuples": [{"named": [f"R{n}", ["a"], [1]]} for n in range(1_000)],
    "many columns": [{"series": ["pandas", None, [], None]}] * 25_000,
    "many pictures": [png(1, 1, rows=b"\0" * 5)] * 25_000,
    "a number in another form": {"int": ["1"]},
    "a date that there is not": {"date": "9999-99-99"},
    "a time without end": {"timedelta": [10**300, 0, 0]},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_encodings_are_errors(name: str):
    content = HOSTILE[name]
    text = content if isinstance(content, str) else json.dumps(content)
    tracemalloc.start()
    try:
        with pytest.raises(GlassboxError) as raised:
            read(text)
        assert tracemalloc.get_traced_memory()[1] < _MOST_BYTES
    finally:
        tracemalloc.stop()
    assert str(raised.value).startswith("The answer ") and len(str(raised.value)) < 300


def test_names_in_records_have_no_meaning():
    names = ["__class__", "__dict__", "__init__", "_text", "_other_names", "keys", "class", "a b", "", "x=print(1)"]
    record = read(json.dumps({"record": ["__import__('os')", names, list(range(10)), {"keys": "__class__"}, None]}))
    assert type(record).__mro__[1].__name__ == "Record" and str(record) and repr(record)
    assert sorted(vars(record).values()) == list(range(10))


def test_texts_of_errors_are_plain():
    for reason in ("\x1b[31mred", "x" * 10**6, None, {"a": 1}):
        with pytest.raises(GlassboxError) as raised:
            read(json.dumps({"nothing": reason}))
        assert "\x1b" not in str(raised.value) and len(str(raised.value)) < 300


async def test_a_tool_that_is_given_them_is_not_called(box: Sandbox):
    def size(image: Image.Image) -> list[int]:
        """Return the size of a picture."""
        return list(image.size)

    box.tools = [Tool(size)]
    assert await value(box, "from PIL import Image\nsize(Image.new('L', (3, 4)))") == "[3, 4]"
    for name in ("a bomb", "two bombs, each almost too large", "deep", "many parts", "an unknown kind"):
        content = HOSTILE[name]
        text = content if isinstance(content, str) else json.dumps(content)
        await box.run(f"text = {text[:1_000_000]!r}")
        error = await failure(box, "size({'__value__': text, 'look': 'a picture'})")
        assert error.message.startswith("ToolError: The argument image ")
    assert "must be" in (await failure(box, "size({'__value__': '[1]', 'look': 'x'})")).message
    assert "must be" in (await failure(box, "size({'__value__': 7})")).message

    def odd(__value__: str) -> str:
        """Take a parameter of an odd name."""
        return __value__

    box.tools = [Tool(odd)]
    assert await value(box, "odd('[1]')") == "[1]"
    assert await value(box, "1 + 1") == "2"


def test_classes_of_the_same_form_are_made_once():
    made = read(json.dumps([{"named": ["R", ["a"], [n]]} for n in range(1_000)]))
    assert len({type(one) for one in made}) == 1 and made[7].a == 7
    made = read(json.dumps([{"record": [f"R{n % 600}", ["a"], [n], {}, None]} for n in range(1_800)]))
    assert len({type(one) for one in made}) == 600


PLAIN: dict[str, tuple[Any, str]] = {
    "a record that looks like a table": ({"record": ["R", ["to_dicts", "columns"], [1, 2], {}, None]}, "neither"),
    "a record that looks like an array": ({"record": ["R", ["tolist", "shape"], [1, 2], {}, None]}, "neither"),
    "a dict": ({"dict": [[1, 2]]}, "neither"),
    "rows without columns": ({"table": ["pandas", 90_000_000, None, [], None]}, "too many items"),
    "lists without items": (array("<i4", [90_000_000, 0], b""), "too many items"),
    "items in many lists": (array("|i1", [200_000] + [1] * 31, b"\0" * 200_000), "too many items"),
}


@pytest.mark.parametrize("name", PLAIN)
async def test_a_tool_that_takes_lists_gets_no_others(box: Sandbox, name: str):
    def count(items: list[Any]) -> int:
        """Count items."""
        return len(items)

    content, reason = PLAIN[name]
    box.tools = [Tool(count)]
    error = await failure(box, f"count({{'__value__': {json.dumps(content)!r}, 'look': 'x'}})")
    assert error.message.startswith("ToolError: The argument items ") and reason in error.message
    assert await value(box, "count([1, 2])") == "2"


async def test_what_the_values_of_a_call_may_take_they_may_all_together(box: Sandbox):
    def count(items: list[list[DataFrame]]) -> int:
        """Count items."""
        return len(items)

    box.tools = [Tool(count)]

    def count_rows(items: list[Any]) -> int:
        """Count items."""
        return len(items)

    columns = json.dumps([{"series": ["pandas", None, [], None]}] * 300)
    code = f"count([[{{'__value__': {columns!r}}}] for _ in range(80)])"
    assert "too many tables, pictures or classes" in (await failure(box, code)).message
    rows = json.dumps({"table": ["pandas", 9_000, None, [], None]})
    box.tools = [Tool(count_rows)]
    code = f"count_rows([{{'__value__': {rows!r}}}] * 1_000)"
    assert "too many items" in (await failure(box, code)).message
