"""What a person sees of a file first: read by a confined process of its own, within bounds."""

import csv
import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from agent_core import GlassboxError
from agent_core.execution import FilePreview
from agent_core.sandbox import Sandbox
from agent_core.sandbox.host import file_preview
from tests.tools.readers.pdfs import make_pdf

SALES = pd.DataFrame({"city": "Bern", "sales": np.arange(500)})
WRITERS = {
    "csv": lambda path: SALES.to_csv(path, index=False),
    "tsv": lambda path: SALES.to_csv(path, index=False, sep="\t"),
    "xlsx": lambda path: SALES.to_excel(path, index=False),
    "ods": lambda path: SALES.to_excel(path, index=False, engine="odf"),  # pyright: ignore[reportArgumentType]
    "parquet": lambda path: SALES.to_parquet(path, index=False),
    "feather": lambda path: SALES.to_feather(path),
}


async def previewed(box: Sandbox, path: Path) -> FilePreview:
    [note] = await box.add_files([path])
    return await box.preview_file(note.name)


def rows(preview: FilePreview) -> list[list[str]]:
    return list(csv.reader(io.StringIO(preview.table)))


@pytest.mark.parametrize("ending", WRITERS)
async def test_tables_show_their_first_rows(tmp_path: Path, ending: str):
    WRITERS[ending](path := tmp_path / f"sales.{ending}")
    async with Sandbox() as box:
        preview = await previewed(box, path)
    assert preview.note == "500 rows and 2 columns. The first 100 rows are shown."
    assert rows(preview)[:2] == [["city", "sales"], ["Bern", "0"]] and len(rows(preview)) == 101


async def test_texts_and_documents_show_their_beginning(tmp_path: Path):
    files = {"code.py": b"print(1)\n", "old.txt": "Zürich".encode("cp1252"), "long.log": b"x" * 150_000, "empty": b""}
    files |= {"page.html": b"<script>alert(1)</script>", "paper.pdf": make_pdf(["Dear reader"]), "odd.bin": b"\0\1"}
    async with Sandbox() as box:
        shown = {}
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
            shown[name] = await previewed(box, tmp_path / name)
    assert shown["code.py"].text == "print(1)\n" and shown["old.txt"].text == "Zürich"
    assert len(shown["long.log"].text) == 100_000 and "first 100 kB" in shown["long.log"].note
    assert shown["page.html"].text == "<script>alert(1)</script>"
    assert "Dear reader" in shown["paper.pdf"].text and shown["paper.pdf"].note == "1 page."
    assert shown["empty"] == FilePreview("It is empty.")
    assert shown["odd.bin"] == FilePreview("There is no preview of this kind of file.")


async def test_what_is_broken_wide_or_endless_is_bounded(tmp_path: Path, monkeypatch):
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 or not")
    (tmp_path / "wide.csv").write_text(",".join("x" * 600 for _ in range(200)) + "\n")
    async with Sandbox() as box:
        assert "cannot be read" in (await previewed(box, tmp_path / "broken.parquet")).note
        [wide] = rows(await previewed(box, tmp_path / "wide.csv"))
        assert len(wide) == 100 and len(wide[0]) == 501
        with (box.workspace / "hole.csv").open("wb") as file:
            file.write(b"a,b\n" * 20_000)
            file.truncate(2**40)
        monkeypatch.setattr(file_preview, "SECONDS", 0.5)
        assert "no preview" in (await box.preview_file("hole.csv")).note


async def test_only_files_of_the_workspace_are_read(tmp_path: Path):
    (tmp_path / "secret.txt").write_text("secret")
    async with Sandbox() as box:
        (box.workspace / "link.txt").symlink_to(tmp_path / "secret.txt")
        (box.workspace / "out").symlink_to(tmp_path)
        os.mkfifo(box.workspace / "pipe.txt")
        for name in ("link.txt", "out/secret.txt", "../secret.txt", str(tmp_path / "secret.txt"), "pipe.txt", "gone"):
            with pytest.raises(GlassboxError):
                await box.preview_file(name)


async def test_files_are_listed_the_last_written_first():
    async with Sandbox() as box:
        (box.workspace / "out").mkdir()
        for age, name in enumerate(("new.csv", "out/old.txt", ".hidden", "odd\nname")):
            (box.workspace / name).write_text("x" * age)
            os.utime(box.workspace / name, (0, 1_000_000 - age))
        (box.workspace / "link").symlink_to("/etc/passwd")
        listed = await box.list_files()
    assert [(file.note.name, file.note.size, file.modified) for file in listed] == [
        ("new.csv", 0, 1_000_000),
        ("out/old.txt", 1, 999_999),
    ]
