"""Tables as files for spreadsheets."""

import csv
import io
import time

import openpyxl
import pytest

from ui.table_files import csv_file, excel_file


def cells(text: str) -> list[list[object]]:
    """What stands in the rows of the Excel file, without the header."""
    sheet = openpyxl.load_workbook(io.BytesIO(excel_file(text))).active
    assert sheet is not None
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row), "no cell is a formula"
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("5", 5), ("-1.25", -1.25), ("1e-05", 1e-05), ("0.1234567890123456", 0.1234567890123456), ("0", 0)],
        *[("00501", "00501"), ("12345678901234567890", "12345678901234567890"), ("12E3", "12E3"), ("inf", "inf")],
        *[("=1+1", "=1+1"), ("+A1", "+A1"), ("@x", "@x"), ("https://x.org", "https://x.org"), ("1,234", "1,234")],
        *[("True", True), ("false", "false"), ("2024-02-30", "2024-02-30"), ("1850-01-01", "1850-01-01")],
        ("x" * 40_000, "x" * 32_767),
    ],
)
def test_excel_has_what_the_table_has(text: str, value: object):
    assert cells(f'a,b\n"{text}",x\n') == [[value, "x"]]


def test_dates_are_dates_in_excel():
    (day, time_of_day), (later, none) = cells("day,time\n2024-01-31,2024-01-31 10:20:30\n2024-02-01,\n")
    assert (str(day), str(time_of_day)) == ("2024-01-31 00:00:00", "2024-01-31 10:20:30")
    assert (str(later), none) == ("2024-02-01 00:00:00", None)


def test_a_column_with_codes_is_text_as_a_whole():
    assert cells("zip,n\n00501,1\n12345,2\n") == [["00501", 1], ["12345", 2]]


@pytest.mark.parametrize(
    "cell", ["=1+1", "=cmd|' /C calc'!A0", "+cmd|' /C calc'!A0", "-HYPERLINK(1)", "@SUM(A1)", " =1", "+LOG10 (1)"]
)
def test_a_csv_file_has_no_formula(cell: str):
    for header, first in (["a", cell], [cell, "1"]):
        text = io.StringIO()
        csv.writer(text).writerows([[header], [first]])
        rows = [*csv.reader(io.StringIO(csv_file(text.getvalue()).decode()))]
        assert f"'{cell}" in (rows[0][0], rows[1][0])


@pytest.mark.parametrize("cell", ["-5", "+5", "+49 (0)30 1234", "@ann", "- a point of a list", "a=b", "-"])
def test_other_cells_of_a_csv_file_stay_as_they_are(cell: str):
    assert csv_file(f"a\n{cell}\n").decode() == f"a\r\n{cell}\r\n"


def test_a_csv_file_says_that_it_is_utf_8_where_it_matters():
    assert csv_file("a\n1\n") == b"a\r\n1\r\n"
    assert csv_file("é\n1\n") == b"\xef\xbb\xbf\xc3\xa9\r\n1\r\n"


@pytest.mark.parametrize("text", ["-" + "a" * 10**6, "," * 10**6, "\n" * 10**6, '"' * 10**6, "-a(" * 300_000, "\0", ""])
def test_any_text_becomes_a_file(text: str):
    began = time.process_time()
    csv_file(text)
    excel_file(text)
    assert time.process_time() - began < 20
