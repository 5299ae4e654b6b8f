import io
import json
import struct
import zlib

import pytest
from PIL import Image

from agent_core.errors import ToolError
from tests.tools.loopback import Loopback
from tools.readers.data import read_csv, read_image, read_json


async def test_json_comes_as_its_value_and_indented(server):
    data = {"name": "Zoë", "sizes": [1, 2]}
    server.serve("/api", json.dumps(data), content_type="application/vnd.api+json")
    page = await Loopback(server).visit("/api")
    assert page.data == json.loads(page.text) == data
    assert '\n  "name": "Zoë"' in page.text
    assert str(page).endswith("Also: the value in .data")


@pytest.mark.parametrize("text", ['{"a": ', "[" * 100_000, "[" * 500 + "]" * 500, "9" * 5_000])
def test_json_that_cannot_be_read_or_is_deep_stays_text(text):
    document = read_json(text)
    assert (document.text, document.data) == (text, None)


def test_what_indenting_makes_of_json_is_bounded():
    document = read_json("[" + ",".join(["[" * 90 + "]" * 90] * 5_000) + "]")
    assert len(document.text) < 3_000_000
    assert len(document.data) == 5_000


def test_a_csv_comes_as_a_table_and_its_first_rows_as_text():
    document = read_csv("name;price\n" + "".join(f"bread {n};{n},50\n" for n in range(1_000)))
    assert document.tables[0].columns == ["name", "price"]
    assert document.tables[0].rows[999] == ["bread 999", "999,50"]
    assert document.text.startswith(
        "A table of 1,000 rows and 2 columns; all of them are in .tables[0].\n\n| name | price |"
    )
    assert "bread 19 " in document.text and "bread 20 " not in document.text


def test_of_a_wide_csv_only_what_fits_is_shown():
    document = read_csv("\n".join(",".join(f"{row} {'x' * 200}" for _ in range(500)) for row in range(50)))
    assert len(document.text) < 6_000
    assert len(document.tables[0].rows[49]) == 500


def test_a_csv_without_names_has_none():
    assert read_csv("1,2\n3,4\n").tables[0].columns == []


async def test_words_are_found_in_all_rows_of_a_csv(server):
    server.serve("/t.csv", "name,price\n" + "".join(f"bread {n},{n}\n" for n in range(1_000)), content_type="text/csv")
    page = await Loopback(server).visit("/t.csv", find="bread 777")
    assert page.text == "1 match for 'bread 777'.\n\n| name | price |\n|---|---|\n| bread 777 | 777 |"


def test_a_cut_csv_loses_its_last_row_and_says_so():
    document = read_csv("a,b\nx,1\ny,2\nz", is_cut=True)
    assert document.tables[0].rows == [["x", "1"], ["y", "2"]]
    assert "Only its beginning was read" in document.text


@pytest.mark.parametrize("text", ["a," * 100 + "x" * 200_000, "x" * 2_000_000, '"' + "x\n" * 500_000])
def test_one_giant_line_is_no_harm(text):
    document = read_csv(text)
    assert len(document.text) <= len(text) + 200


def test_rows_of_different_length_are_filled_up():
    assert read_csv("name,price\na\nb,1,more\n").tables[0].rows == [["a", "", ""], ["b", "1", "more"]]


async def test_an_image_comes_as_its_bytes_and_a_sentence(server):
    stream = io.BytesIO()
    Image.new("RGB", (640, 480)).save(stream, "PNG")
    server.serve("/i", stream.getvalue(), content_type="image/jpeg")
    page = await Loopback(server).visit("/i")
    assert page.text.startswith("An image: PNG, 640 × 480 pixels, ")
    assert (page.media_type, page.data) == ("image/png", stream.getvalue())


def test_an_image_with_too_many_pixels_is_refused_by_its_head():
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(head)) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    with pytest.raises(ToolError, match="so many pixels"):
        read_image(b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT")


def test_a_broken_image_is_explained():
    with pytest.raises(ToolError, match="broken"):
        read_image(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
