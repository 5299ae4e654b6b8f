"""Names of files stay as people wrote them, as far as a file can have them, and say what a file is."""

import pytest

from agent_core.execution import FileNote
from agent_core.file_names import safe_name


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("Umsätze 2024 (final).csv", "Umsätze 2024 (final).csv"),
        ("Umsa\u0308tze.csv", "Umsätze.csv"),
        ("売上 👩‍💻 #1 'x' $5 & <y>.xlsx", "売上 👩‍💻 #1 'x' $5 & <y>.xlsx"),
        ("a/b\0c\nd\u2028e\u202ef\udc80.txt", "a_b_c_d_e_f_.txt"),
        (".env", ".env"),
        ("..", "file"),
        ("", "file"),
        ("x" * 300 + ".csv", "x" * 251 + ".csv"),
        ("字" * 100 + ".csv", "字" * 83 + ".csv"),
        ("See e.g. " + "x" * 300, ("See e.g. " + "x" * 300)[:255]),
    ],
)
def test_a_name_stays_as_far_as_a_file_can_have_it(given: str, safe: str):
    assert safe_name(given) == safe
    assert safe_name(safe) == safe


def test_files_of_one_name_are_numbered_before_the_ending():
    assert safe_name("data.csv", 2) == "data_2.csv"
    assert safe_name(".env", 3) == ".env_3"
    assert safe_name("x" * 300 + ".csv", 12) == "x" * 248 + "_12.csv"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jsonl", "application/jsonl"),
        ("a.LOG", "text/plain"),
        ("a.md", "text/markdown"),
        ("a.tsv", "text/tab-separated-values"),
        ("a.ipynb", "application/x-ipynb+json"),
        ("a.parquet", "application/vnd.apache.parquet"),
        ("a.feather", "application/vnd.apache.arrow.file"),
        ("a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.csv", "text/csv"),
        ("a.csv.gz", "application/gzip"),
        ("a.heic", "image/heic"),
        ("no ending", "application/octet-stream"),
    ],
)
def test_the_type_of_a_file_is_that_of_its_name(name: str, kind: str):
    assert FileNote.of(name, 1).kind == kind
