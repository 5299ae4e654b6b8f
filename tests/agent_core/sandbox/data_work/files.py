"""The files of the table: small, and in the formats, encodings and conditions in which people bring them."""

import gzip
import json
import pickle
import sqlite3
import struct
import wave
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw


@dataclass(frozen=True)
class DataFile:
    """A file that comes with a question.

    Attributes:
        name: Its name in the workspace.
        content: Its bytes, or what writes them to a path.
        told: How the overview begins that the model is given.
    """

    name: str
    content: bytes | Callable[[Path], object]
    told: str


CITIES = ("Berlin", "Paris", "Rome", "Madrid")
SALES = pd.DataFrame(
    {
        "date": [(date(2024, 1, 1) + timedelta(days=9 * number)).isoformat() for number in range(40)],
        "city": [CITIES[number % 4] for number in range(40)],
        "product": ["tea" if number % 3 else "coffee" for number in range(40)],
        "units": [(number * 7) % 23 + 1 for number in range(40)],
        "price": [2.5 + number % 5 for number in range(40)],
    }
)
TYPED = SALES.assign(date=pd.to_datetime(SALES["date"]))
GERMAN = "Kunde;Umsatz;Datum\nMüller;1.234,50;31.01.2024\nJäger;99,90;01.02.2024\nGroß;1.000,00;15.02.2024\n"
CHINESE = "城市,销售额,日期\n北京,1200,2024-01-31\n上海,3400,2024-02-29\n广州,560,2024-03-31\n"
JAPANESE = "店舗,売上,担当者\n東京支店,1200,田中\n大阪支店,3400,鈴木\n名古屋支店,560,佐藤\n"
TITLED = "Quarterly report\nInternal use only\n\nregion,q1,q2\nNorth,10,12\nSouth,20,18\n"
OLD_JAPANESE = "日付,場所\n月曜日,東京タワー\n火曜日,大阪のカフェ\n"
KOREAN = "도시,매출,날짜\n서울,1200,2024-01-31\n부산,3400,2024-02-29\n"
TAIWANESE = "城市,銷售額,日期\n台北,1200,2024-01-31\n高雄,3400,2024-02-29\n"
RUSSIAN = "Имя,Город,Сумма\nИван,Москва,12\nПётр,Казань,7\nМария,Самара,9\n"
THOUSANDS = 'region,turnover\nNorth,"1,234.50"\nSouth,"12,000.00"\n'
SURVEY = "id,age,score,comment\n1,34,7,good\n2,,9,\n3,n/a,x,bad\n4,51,,-\n"
BOOK = (
    "its formulas have no values, and read as empty: openpyxl.load_workbook(name) shows the formulas\n"
    "sheets: Sales (41 rows × 5 columns), Report (5 rows × 3 columns)"
)
PLACES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": city},
            "geometry": {"type": "Point", "coordinates": [2.0 + number, 41.0 + number]},
        }
        for number, city in enumerate(CITIES)
    ],
}
NESTED = {
    "shop": "Corner",
    "orders": [
        {"id": number, "customer": {"name": city}, "items": [{"sku": "a", "qty": number}, {"sku": "b", "qty": 1}]}
        for number, city in enumerate(CITIES, 1)
    ],
}
NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Sales"]},
        {"cell_type": "code", "metadata": {}, "source": ["total = 6 * 7"], "outputs": [], "execution_count": 1},
        {"cell_type": "code", "metadata": {}, "source": ["print('total', total)"], "outputs": [], "execution_count": 2},
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}
LOG = "".join(
    f"2024-05-01 10:{minute:02}:00 {'ERROR' if minute % 4 == 0 else 'INFO'} request {minute} took {minute * 3} ms\n"
    for minute in range(30)
)
PAGE = """<html><head><title>Prices</title></head><body><h1>Prices</h1>
<table><tr><th>item</th><th>price</th></tr><tr><td>tea</td><td>2.5</td></tr><tr><td>coffee</td><td>3.5</td></tr></table>
</body></html>"""
FEED = (
    "<?xml version='1.0'?><shop>" + "".join(f"<item><name>{c}</name><n>{len(c)}</n></item>" for c in CITIES) + "</shop>"
)


def _large(path: Path) -> None:
    numbers = np.arange(60_000)
    pd.DataFrame({"n": numbers, "group": numbers % 7, "value": numbers / 3}).to_csv(path, index=False)


def _months(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for month in (1, 2, 3):
            archive.writestr(f"2024-{month:02}.csv", f"day,sold\n1,{month}\n2,{month * 2}\n")


def _workbook(path: Path) -> None:
    openpyxl = import_module("openpyxl")
    book = openpyxl.Workbook()
    sales = book.active
    sales.title = "Sales"
    for row in [list(TYPED.columns), *TYPED.itertuples(index=False)]:
        sales.append([value.to_pydatetime() if isinstance(value, pd.Timestamp) else value for value in row])
    report = book.create_sheet("Report")
    report["A1"] = "Report 2024"
    report.merge_cells("A1:C1")
    for row in (["region", "q1", "q2"], ["North", 10, 12], [None, 11, 13], ["South", 20, 18]):
        report.append(row)
    report.merge_cells("A3:A4")
    formulas = book.create_sheet("Formulas")
    for row in (["n", "double"], [1, "=A2*2"], [2, "=A3*2"], ["sum", "=SUM(B2:B3)"]):
        formulas.append(row)
    book.save(path)


def _old_workbook(path: Path) -> None:
    """Write the records of Excel 2: a beginning, cells of texts and numbers, an end."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def cell(row: int, column: int, value: str | float) -> bytes:
        place = struct.pack("<HH3x", row, column)
        if isinstance(value, str):
            return record(0x04, place + struct.pack("<B", len(value)) + value.encode("cp1252"))
        return record(0x03, place + struct.pack("<d", value))

    rows: list[list[Any]] = [["item", "stock"], ["tea", 12.0], ["coffee", 7.0], ["Müsli", 3.0]]
    cells = [cell(row, column, value) for row, line in enumerate(rows) for column, value in enumerate(line)]
    path.write_bytes(record(0x09, struct.pack("<HH", 7, 0x10)) + b"".join(cells) + record(0x0A, b""))


def _sqlite(path: Path) -> None:
    base = sqlite3.connect(path)
    SALES.to_sql("sales", base, index=False)
    base.execute("create table cities (city text, country text)")
    base.executemany("insert into cities values (?, ?)", zip(CITIES, ("DE", "FR", "IT", "ES"), strict=True))
    base.commit()
    base.close()


def _duckdb(path: Path) -> None:
    with import_module("duckdb").connect(str(path)) as base:
        base.register("frame", SALES)
        base.execute("create table sales as select * from frame")


def _word(path: Path) -> None:
    document = import_module("docx").Document()
    document.add_heading("Minutes", 1)
    document.add_paragraph("We met on Monday.")
    table = document.add_table(rows=0, cols=2)
    for name, task in (("who", "what"), ("Ann", "write"), ("Bob", "read")):
        cells = table.add_row().cells
        cells[0].text, cells[1].text = name, task
    document.save(str(path))


def _slides(path: Path) -> None:
    deck = import_module("pptx").Presentation()
    for title in ("Our plan", "Next steps"):
        deck.slides.add_slide(deck.slide_layouts[5]).shapes.title.text = title
    deck.save(str(path))


def _pdf(path: Path) -> None:
    platypus, styles = import_module("reportlab.platypus"), import_module("reportlab.lib.styles")
    colors = import_module("reportlab.lib.colors")
    rows = [["city", "sold"], *([city, str(10 * len(city))] for city in CITIES)]
    grid = platypus.Table(rows, style=[("GRID", (0, 0), (-1, -1), 1, colors.black)])
    title = platypus.Paragraph("Annual report", styles.getSampleStyleSheet()["Title"])
    platypus.SimpleDocTemplate(str(path), title="Annual report").build([title, grid])


def _picture() -> Image.Image:
    picture = Image.new("RGB", (120, 80), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, 60, 60), fill="red")
    draw.ellipse((70, 20, 110, 60), fill="blue")
    return picture


def _turned(path: Path) -> None:
    """Write a picture as a phone does: lying, with a note that it is to be turned."""
    notes = Image.Exif()
    notes[0x0112], notes[0x0110] = 6, "Phone"
    _picture().save(path, exif=notes)


def _heic(path: Path) -> None:
    import_module("pillow_heif").register_heif_opener()
    _picture().save(path)


def _moving(path: Path) -> None:
    frames = [Image.new("RGB", (40, 30), (40 * number, 0, 0)) for number in range(5)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100, loop=0)


def _film(path: Path) -> None:
    frames = np.zeros((10, 64, 64, 3), dtype="uint8")
    frames[:, 20:40, 20:40] = 255
    import_module("imageio.v3").imwrite(path, frames, plugin="pyav", codec="libx264", fps=10)


def _tone(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes((np.sin(np.arange(8_000) * 2 * np.pi * 440 / 8_000) * 20_000).astype("<i2").tobytes())


def _pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps({"numbers": [1, 2, 3], "frame": SALES.head(2)}))


def _csv(**options: Any) -> bytes:
    return SALES.to_csv(index=False, **options).encode()


FILES = (
    # Tables as text.
    DataFile("sales.csv", _csv(), "utf-8, separated by commas, 40 rows × 5 columns: date str, city str, product str"),
    DataFile("bom.csv", b"\xef\xbb\xbf" + _csv(), "utf-8-sig, separated by commas, 40 rows × 5 columns: date str"),
    DataFile("Umsätze 2024.csv", GERMAN.encode("cp1252"), "cp1252, separated by semicolons, 3 rows × 3 columns: Kunde"),
    DataFile("wide.txt", _csv(sep="\t").decode().encode("utf-16"), "utf-16, 41 lines"),
    DataFile("销售.csv", CHINESE.encode("gb18030"), "gb18030, separated by commas, 3 rows × 3 columns: 城市"),
    DataFile("売上.csv", JAPANESE.encode("cp932"), "cp932, separated by commas, 3 rows × 3 columns: 店舗"),
    DataFile("場所.csv", OLD_JAPANESE.encode("euc_jp"), "euc_jp, separated by commas, 2 rows × 2 columns: 日付"),
    DataFile("매출.csv", KOREAN.encode("cp949"), "cp949, separated by commas, 2 rows × 3 columns: 도시"),
    DataFile("銷售.csv", TAIWANESE.encode("big5"), "big5, separated by commas, 2 rows × 3 columns: 城市"),
    DataFile("имена.csv", RUSSIAN.encode("cp1251"), "cp1251, separated by commas, 3 rows × 3 columns: Имя"),
    DataFile("ragged.csv", b"a,b\n1,2\n3,4,5\n6\n", "utf-8, separated by commas, 3 rows"),
    DataFile("titled.csv", TITLED.encode(), "utf-8, separated by commas"),
    DataFile("thousands.csv", THOUSANDS.encode(), "utf-8, separated by commas, 2 rows × 2 columns: region str"),
    DataFile("days.csv", b"day,n\n31.01.2024,1\n01.02.2024,2\n", "utf-8, separated by commas, 2 rows × 2 columns: day"),
    DataFile("twice.csv", b"id,value,value\n1,2,3\n4,5,6\n", "utf-8, separated by commas, 2 rows × 3 columns: id"),
    DataFile("survey.csv", SURVEY.encode(), "utf-8, separated by commas, 4 rows × 4 columns: id int64, age float64"),
    DataFile("empty.csv", b"", "it is empty"),
    DataFile("header.csv", b"name,amount\n", "utf-8, separated by commas, 0 rows × 2 columns: name"),
    DataFile("large.csv", _large, "utf-8, separated by commas, 60,000 rows × 3 columns: n int64"),
    DataFile("sales.csv.gz", gzip.compress(_csv()), ""),
    DataFile("months.zip", _months, "3 files: 2024-01.csv, 2024-02.csv, 2024-03.csv"),
    # Workbooks.
    DataFile("book.xlsx", _workbook, BOOK),
    DataFile("stock.xls", _old_workbook, "sheets: Sheet 1 (4 rows × 2 columns)"),
    DataFile(
        "plan.ods",
        lambda path: SALES.head(5).to_excel(str(path), index=False),
        "sheets: Sheet1 (6 rows × 5 columns)",
    ),
    # Columns, records and databases.
    DataFile("sales.parquet", TYPED.to_parquet, "40 rows × 5 columns: date timestamp"),
    DataFile("sales.feather", TYPED.to_feather, "40 rows × 5 columns: date timestamp"),
    DataFile(
        "events.jsonl",
        b"".join(
            json.dumps({"user": n % 3, "kind": "click", "at": f"2024-01-0{n}"}).encode() + b"\n" for n in range(1, 9)
        ),
        "8 lines, the first: object with user (int), kind (str), at (str)",
    ),
    DataFile("orders.json", json.dumps(NESTED).encode(), "object with shop (str), orders (list of 4"),
    DataFile("places.geojson", json.dumps(PLACES).encode(), "object with type (str), features (list of 4"),
    DataFile("shop.sqlite", _sqlite, "2 tables of SQLite\nsales (40 rows): date TEXT"),
    DataFile("shop.duckdb", _duckdb, "1 table of DuckDB\nsales (40 rows): date VARCHAR"),
    # Documents and texts.
    DataFile("minutes.docx", _word, "2 paragraphs, 1 table\n> Minutes"),
    DataFile("plan.pptx", _slides, "2 slides\n> Our plan"),
    DataFile("report.pdf", _pdf, "1 page, title: Annual report\n> Annual report"),
    DataFile("prices.html", PAGE.encode(), "utf-8, 3 lines"),
    DataFile("feed.xml", FEED.encode(), "utf-8, 1 line"),
    DataFile("config.yaml", b"name: shop\nports: [80, 443]\ndebug: false\n", "utf-8, 3 lines"),
    DataFile("config.toml", b'name = "shop"\n[limits]\nrows = 10\n', "utf-8, 3 lines"),
    DataFile("server.log", LOG.encode(), "utf-8, 30 lines"),
    DataFile("analysis.ipynb", json.dumps(NOTEBOOK).encode(), "3 cells (2 code, 1 markdown), the first:\n> # Sales"),
    DataFile("helper.py", b"RATE = 1.19\n\ndef gross(net):\n    return net * RATE\n", "utf-8, 4 lines"),
    # Pictures, sound, films.
    DataFile("shapes.png", lambda path: _picture().save(path), "120 × 80 pixels, RGB"),
    DataFile("phone.jpg", _turned, "120 × 80 pixels, RGB"),
    DataFile("phone.heic", _heic, "120 × 80 pixels, RGB"),
    DataFile("shapes.webp", lambda path: _picture().save(path), "120 × 80 pixels, RGB"),
    DataFile("moving.gif", _moving, "40 × 30 pixels"),
    DataFile("clip.mp4", _film, "1.0 seconds, 64 × 64 pixels"),
    DataFile("tone.wav", _tone, "1.0 seconds, 8,000 Hz"),
    # Arrays and objects of Python.
    DataFile("array.npy", lambda path: np.save(path, np.arange(12.0).reshape(3, 4)), ""),
    DataFile("arrays.npz", lambda path: np.savez(path, a=np.arange(3), b=np.eye(2)), ""),
    DataFile("signal.mat", lambda path: import_module("scipy.io").savemat(path, {"x": np.arange(5.0)}), ""),
    DataFile("model.pkl", _pickle, ""),
    DataFile("measure.h5", b"\x89HDF\r\n\x1a\n" + bytes(504), ""),
)
"""All files, the simple ones first."""


def make_files(folder: Path) -> list[Path]:
    """Write all files into a folder. Returns their paths."""
    paths = []
    for file in FILES:
        path = folder / file.name
        if callable(file.content):
            file.content(path)
        else:
            path.write_bytes(file.content)
        paths.append(path)
    return paths
