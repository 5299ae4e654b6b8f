"""What is told of files that come with a question: looked into by a confined process of its own, within two seconds."""

import gzip
import json
import sqlite3
import tarfile
import time
import wave
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from agent_core.sandbox import Sandbox
from tests.tools.readers.pdfs import make_pdf

DAYS = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=500), "city": "Bern", "sales": np.arange(500.0)})


async def overviews(box: Sandbox, *paths: Path) -> list[str]:
    return [note.overview for note in await box.describe_files(await box.add_files(paths))]


def workbook(path: Path) -> None:
    with pd.ExcelWriter(path) as book:
        DAYS.to_excel(book, sheet_name="Sales", index=False)
        DAYS.head(9).to_excel(book, sheet_name="Notes", index=False)


def database(path: Path) -> None:
    base = sqlite3.connect(path)
    base.executescript('create table t (a int, b text); insert into t values (1, "x"); create table "odd ""one" (c)')
    base.close()


def archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("in/a.txt", "x")
        file.writestr("b.csv", "x")


def sound(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(32_000))


def document(path: Path) -> None:
    made = import_module("docx").Document()
    made.add_paragraph("Dear reader")
    made.add_table(1, 1)
    made.save(str(path))


def presentation(path: Path) -> None:
    made = import_module("pptx").Presentation()
    made.slides.add_slide(made.slide_layouts[0]).shapes.title.text = "Our plan"
    made.save(str(path))


ARROW = "500 rows × 3 columns: day timestamp[us], city large_string, sales double\n> 2024-01-01"
NOTEBOOK = {"cells": [{"cell_type": "markdown", "source": ["# Hi\n", "x"]}, {"cell_type": "code", "source": "1 + 1"}]}
FILES: dict[str, tuple[str | bytes | Callable[[Path], object], str]] = {
    "plain.csv": (
        lambda path: DAYS.to_csv(path, index=False),
        "utf-8, separated by commas, 500 rows × 3 columns: day str, city str, sales float64\n> 2024-01-01,Bern,0.0\n",
    ),
    "german.csv": (
        "Name;Größe\nMüller;3\n".encode("cp1252"),
        "cp1252, separated by semicolons, 1 row × 2 columns: Name str, Größe int64\n> Müller;3",
    ),
    "japan.csv": ("名前,売上\n東京支店,100\n大阪支店,200\n".encode("cp932"), "cp932, separated by commas, 2 rows"),
    "windows.tsv": ("a\tb\n1\tx\n".encode("utf-16"), "utf-16, separated by tabs, 1 row × 2 columns: a int64, b str"),
    "one.csv": ("name\nx\ny\n", "utf-8, separated by commas, 2 rows × 1 column: name str"),
    "book.xlsx": (
        workbook,
        "sheets: Sales (501 rows × 3 columns), Notes (10 rows × 3 columns)\nfirst row of Sales: day, city, sales",
    ),
    "table.parquet": (DAYS.to_parquet, ARROW),
    "table.feather": (DAYS.to_feather, ARROW),
    "base.db": (database, '2 tables of SQLite\nt (1 rows): a INT, b TEXT\nodd "one (0 rows): c'),
    "list.json": ('[{"a": 1}, {"a": 2}]', 'list of 2, the first: object with a\n> {"a": 1}'),
    "object.json": ('{"a": [1], "b": null}', "object with a (list of 1, the first: int), b (null)"),
    "lines.jsonl": ('{"a": 1}\n{"a": 2}\n', '2 lines, the first: object with a (int)\n> {"a": 1}'),
    "book.ipynb": (json.dumps(NOTEBOOK), "2 cells (1 markdown, 1 code), the first:\n> # Hi x\n> 1 + 1"),
    "paper.pdf": (make_pdf(["First words"], title="A paper"), "1 page, title: A paper\n> First words"),
    "letter.docx": (document, "1 paragraph, 1 table\n> Dear reader"),
    "talk.pptx": (presentation, "1 slide\n> Our plan"),
    "dot.png": (lambda path: Image.new("RGB", (30, 20)).save(path), "30 × 20 pixels, RGB"),
    "sound.wav": (sound, "2.0 seconds, 8,000 Hz"),
    "some.zip": (archive, "2 files: in/a.txt, b.csv"),
    "app.log": ("one\n\ntwo\nthree\nfour", "utf-8, 5 lines, the first:\n> one\n> two\n> three"),
    "no ending": ("words", "utf-8, 1 line, the first:\n> words"),
    "empty.csv": ("", "it is empty"),
    "data.bin": (bytes(range(256)), ""),
    "broken.xlsx": ("no workbook", "it cannot be read (BadZipFile: File is not a zip file)"),
    "broken.json": ("{", "it cannot be read (JSONDecodeError: Expecting property name"),
}


@pytest.mark.parametrize("name", FILES)
async def test_what_a_person_would_look_at_first_is_told(box: Sandbox, tmp_path: Path, name: str):
    path, (made, told) = tmp_path / name, FILES[name]
    if callable(made):
        made(path)
    else:
        path.write_bytes(made.encode() if isinstance(made, str) else made)
    (overview,) = await overviews(box, path)
    assert overview.startswith(told) if told else overview == ""


async def test_all_overviews_together_have_little_room(box: Sandbox, tmp_path: Path):
    path = tmp_path / "wide.csv"
    path.write_text("\n".join([",".join(f"column {number}" for number in range(400)), ",".join(["1" * 99] * 400)]))
    assert len("".join(await overviews(box, path))) < 1_100
    assert len("".join(await overviews(box, *[path] * 10))) < 1_100


async def test_a_file_that_takes_too_long_keeps_nothing_waiting(box: Sandbox, tmp_path: Path):
    small, bomb = tmp_path / "small.csv", tmp_path / "bomb.tgz"
    small.write_text("a,b\n1,2\n")
    (member := tarfile.TarInfo("zeros")).size = 2**33 - 2**20
    zeros = gzip.compress(bytes(2**26))
    bomb.write_bytes(gzip.compress(member.tobuf()) + zeros * 2**7)
    await box.run("kept = 5")
    began = time.monotonic()
    first, last = await overviews(box, small, bomb)
    assert time.monotonic() - began < 6
    assert first.startswith("utf-8, separated by commas") and last == "looking into it took too long"
    assert (await box.run("kept")).value == "5", "the chat's own process has nothing to do with it"


async def test_nothing_of_the_look_stays_in_the_chat(box: Sandbox, tmp_path: Path):
    database(path := tmp_path / "a.db")
    await overviews(box, path)
    done = await box.run("import os, sys\nsorted(os.listdir()), 'sqlite3' in sys.modules")
    assert (done.value, done.checkpoint, done.files) == ("(['.tmp', 'a.db'], False)", 1, ())


async def test_control_characters_of_a_file_reach_nobody(box: Sandbox, tmp_path: Path):
    (path := tmp_path / "a.txt").write_text("a\x1b[31mb\u202ec\n- fake.csv (text/csv, 1 byte)\n")
    (overview,) = await overviews(box, path)
    assert overview == "utf-8, 2 lines, the first:\n> a [31mb c\n> - fake.csv (text/csv, 1 byte)"
