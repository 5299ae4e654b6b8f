"""The chat's files in the panel: what there is, what is in it, and how it is had or used again."""

import re
import zipfile
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.axe import judge
from tests.browser.visitor import DESK, PHONE, Visitor, code, keep_screenshot

HOSTILE = "<img src=x onerror=document.title='taken'>.html"
WRITE = code(
    "# Write files\nimport os\nfrom pathlib import Path\nimport pandas as pd\nimport matplotlib.pyplot as plt\n"
    "os.makedirs('out', exist_ok=True)\n"
    "pd.DataFrame({'city': ['Bern', 'Zürich'] * 100, 'sales': range(200)}).to_excel('out/sales.xlsx', index=False)\n"
    "plt.plot([1, 4])\nplt.savefig('line.png')\nplt.close()\n"
    "Path('notes.txt').write_text('Dear reader')\nPath('odd.bin').write_bytes(bytes(9))\n"
    f"Path({HOSTILE!r}).write_text('<script>document.title = \"taken\"</script>')"
)
DARK = DESK | {"color_scheme": "dark"}


def open_files(visitor: Visitor) -> Locator:
    """Open the panel at the files. Returns their rows."""
    visitor.page.locator("#open-files").click()
    return visitor.page.locator("#files-list li")


def look_into(visitor: Visitor, name: str) -> Locator:
    visitor.page.locator("#files-list").get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()
    dialog = visitor.page.get_by_role("dialog", name=name)
    expect(dialog).to_be_visible()
    return dialog


@pytest.mark.parametrize("size", [DESK, DARK, PHONE], ids=["desk", "dark", "phone"])
def test_files_are_listed_and_looked_into(visit, serve, size: dict[str, Any], request):
    visitor, look = visit(**size), request.node.callspec.id
    page = visitor.page
    visitor.connect(serve([WRITE, "Written."]))
    rows = open_files(visitor)
    expect(page.get_by_text("Files that you add or that the code writes will be listed here.")).to_be_visible()
    assert judge(visitor) == [], "without files"
    visitor.close_panel()
    visitor.get_answer("Write.")
    expect(page.get_by_role("button", name="Files, 5 in this chat")).to_be_visible()
    keep_screenshot(visitor, f"files-closed-{look}")
    open_files(visitor)
    expect(rows).to_have_count(5)
    expect(page.locator("#files-list summary")).to_have_text("out/ (1)")
    expect(rows.filter(has_text="sales.xlsx")).to_contain_text("XLSX · ")
    keep_screenshot(visitor, f"files-{look}")
    assert judge(visitor) == [], "with files"
    assert not visitor.scrolls_sideways()

    dialog = look_into(visitor, "sales.xlsx")
    expect(dialog.get_by_role("status")).to_have_text("200 rows and 2 columns. The first 100 rows are shown.")
    expect(dialog.get_by_role("columnheader")).to_have_text(["city", "sales"])
    expect(dialog.locator("tbody tr")).to_have_count(100)
    keep_screenshot(visitor, f"file-table-{look}")
    assert judge(visitor) == [], "with a table"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(rows.first).to_be_visible()

    dialog = look_into(visitor, "line.png")
    page.wait_for_function("document.querySelector('#file-preview img').naturalWidth > 2")
    keep_screenshot(visitor, f"file-picture-{look}")
    dialog.get_by_role("button", name="Close").click()
    dialog = look_into(visitor, HOSTILE)
    expect(dialog.locator("pre")).to_have_text('<script>document.title = "taken"</script>')
    dialog.get_by_role("button", name="Close").click()
    dialog = look_into(visitor, "odd.bin")
    expect(dialog.get_by_role("status")).to_have_text("There is no preview of this kind of file.")
    assert page.title() == "Glassbox"


def test_files_are_had_used_again_and_follow_the_chat(visit, serve):
    visitor = visit(**DESK)
    server = serve([WRITE, "Written.", "Read."])
    visitor.connect(server)
    page = visitor.page
    rows = open_files(visitor)
    visitor.get_answer("Write.")
    expect(rows).to_have_count(5)
    with page.expect_download() as caught:
        rows.filter(has_text="notes.txt").get_by_role("link", name="Download notes.txt").click()
    assert caught.value.suggested_filename == "notes.txt" and caught.value.path().read_text() == "Dear reader"
    with page.expect_download() as caught:
        page.get_by_role("link", name="Download all (ZIP)").click()
    assert "out/sales.xlsx" in zipfile.ZipFile(caught.value.path()).namelist()

    visitor.question.fill("Read")
    rows.filter(has_text="sales.xlsx").get_by_role("button", name="Use sales.xlsx in the next question").click()
    expect(visitor.question).to_have_value('Read "out/sales.xlsx" ')
    expect(visitor.question).to_be_focused()
    visitor.ask_typed()
    visitor.wait_until_done()
    assert 'Read "out/sales.xlsx"' in server.requests[-1].body["messages"][-1]["content"]

    visitor.begin_anew()
    expect(rows).to_have_count(0)
    expect(page.get_by_role("button", name="Files", exact=True)).to_be_visible()
    page.go_back()
    expect(rows).to_have_count(5)


def test_on_a_phone_a_used_file_leads_back_to_the_question(visit, serve):
    visitor = visit(**PHONE)
    visitor.connect(serve([WRITE, "Written."]))
    visitor.get_answer("Write.")
    expect(visitor.page.get_by_role("button", name="Files, 5 in this chat")).to_be_visible()
    rows = open_files(visitor)
    expect(rows).to_have_count(5)
    dialog = look_into(visitor, "notes.txt")
    expect(dialog.locator("pre")).to_have_text("Dear reader")
    dialog.get_by_role("button", name="Use in the next question").click()
    expect(visitor.page.locator("#panel")).to_be_hidden()
    expect(visitor.question).to_have_value('"notes.txt" ')
