"""A chat taken out of the page: copied, exported, replayed, and brought back. It leaves screenshots."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat_column import Column
from tests.browser.visitor import DESK, PHONE, Visitor, code
from tests.support import App
from tests.ui.exports.support import DEMO

DRAWING = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.show()\nprint('drawn')"
TITLE = "Draw a line"
CLIPBOARD = "navigator.clipboard.readText()"


@pytest.fixture
def drawn(revisit: Callable[..., Visitor], app: App, serve: Callable[..., Any]) -> Iterator[Callable[..., Column]]:
    """Opens the page, with a chat that has two questions, a step with a picture, and its column."""

    def ask(**options: Any) -> Column:
        visitor = revisit(**(options or DESK), permissions=["clipboard-read", "clipboard-write"])
        column = Column(visitor, app)
        column.clear()
        visitor.connect(serve([code(DRAWING, "I draw."), "Here is **the line**.", "Gladly: `x`."]))
        visitor.get_answer(TITLE)
        visitor.get_answer("Thanks")
        expect(column.links).to_have_count(1)
        return column

    yield ask


def shown(page: Page) -> list[str]:
    """What the chat says, without what the open steps of only one of two pages show."""
    return [
        text.strip() for text in page.locator("#history :is([data-testid=user], [data-testid=bot])").all_inner_texts()
    ]


def saved(column: Column, entry: str) -> tuple[str, bytes]:
    """The file that a menu entry saves: its name and its content."""
    with column.page.expect_download() as download:
        column.choose(TITLE, entry)
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_each_kind_of_file_is_saved_from_the_menu(drawn):
    column = drawn()
    expect(column.row(TITLE)).to_be_visible()
    files = {entry: saved(column, entry) for entry in ("Markdown", "Notebook", "Replay (HTML)", "JSON")}
    assert [name for name, _ in files.values()] == [
        f"{TITLE}{ending}" for ending in (".zip", ".ipynb", ".html", ".json")
    ]
    assert files["Markdown"][1].startswith(b"PK")
    cells = json.loads(files["Notebook"][1])["cells"]
    assert any("plt.plot" in "".join(cell["source"]) for cell in cells)
    assert b"Here is <strong>the line</strong>" in files["Replay (HTML)"][1]
    assert [turn["question"] for turn in json.loads(files["JSON"][1])["memory"]["turns"]] == [TITLE, "Thanks"]
    column.row(TITLE).hover()
    column.row(TITLE).get_by_role("button").click()
    expect(column.page.get_by_role("group", name="Export").get_by_role("menuitem")).to_have_count(4)
    column.picture("menu-export")
    column.page.keyboard.press("Escape")


def test_the_export_group_goes_by_keyboard(drawn):
    column = drawn()
    column.links.first.focus()
    keys = column.page.keyboard
    keys.press("Tab")
    keys.press("Enter")
    expect(column.page.get_by_role("menuitem", name="Rename")).to_be_focused()
    for _ in range(3):
        keys.press("ArrowDown")
    expect(column.page.get_by_role("menuitem", name="Markdown")).to_be_focused()
    with column.page.expect_download() as download:
        keys.press("Enter")
    assert download.value.suggested_filename == f"{TITLE}.zip"


def test_an_import_of_an_export_shows_the_same_and_goes_on(drawn, serve):
    column = drawn()
    before, address = shown(column.page), column.page.url
    name, content = saved(column, "JSON")
    with column.page.expect_file_chooser() as chooser:
        column.nav.get_by_role("button", name="Manage chats").click()
        column.page.get_by_role("menuitem", name="Import a chat …").click()
    chooser.value.set_files({"name": name, "mimeType": "application/json", "buffer": content})
    expect(column.links).to_have_count(2)
    column.page.wait_for_function("address => location.href !== address", arg=address)
    expect(column.visitor.questions).to_have_text([TITLE, "Thanks"])
    assert shown(column.page) == before
    expect(column.links.first).to_be_focused()
    column.picture("imported")
    server = serve(["Still here."])
    column.visitor.connect(server)
    assert column.visitor.get_answer("And now?") == "Still here."
    told = json.dumps(server.requests[-1].body if hasattr(server.requests[-1], "body") else server.requests[-1])
    assert "imported from a file" in told and "plt.plot" in told


def test_a_file_that_is_no_chat_is_refused_in_a_sentence(visit, app):
    column = Column(visit(**DESK), app)
    address = column.page.url
    for content, sentence in [(b"{}", "no chat that Glassbox exported"), (b'{"glassbox_chat": 99}', "newer Glassbox")]:
        column.nav.locator(".picker").set_input_files(
            {"name": "a.json", "mimeType": "application/json", "buffer": content}
        )
        expect(column.nav.locator(".problem")).to_have_count(1)
        expect(column.nav.locator(".problem")).to_contain_text(sentence)
    column.picture("import-refused")
    column.nav.locator(".problem").get_by_role("button", name="Close").click()
    expect(column.nav.locator(".problem")).to_have_count(0)
    assert column.page.url == address


def test_a_replay_opens_in_the_page_and_has_nothing_of_it(drawn):
    column = drawn()
    column.choose(TITLE, "Replay")
    dialog = column.page.get_by_role("dialog", name=f"Replay: {TITLE}")
    expect(dialog).to_be_visible()
    inside = column.page.frame_locator("#chats-replay iframe")
    expect(inside.locator(".part:visible")).to_have_count(1)
    inside.get_by_role("button", name="Step").click()
    expect(inside.locator(".part:visible")).to_have_count(2)
    expect(inside.get_by_role("combobox", name="Speed")).to_be_visible()
    frame = next(frame for frame in column.page.frames if frame.url.endswith("/replay"))
    assert frame.evaluate("origin") == "null"
    assert (
        frame.evaluate("() => { try { return document.cookie } catch (error) { return error.name } }")
        == "SecurityError"
    )
    assert frame.evaluate("() => { try { return parent.document.title } catch (error) { return error.name } }") == (
        "SecurityError"
    )
    inside.get_by_role("button", name="Step").click()
    column.picture("replay")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    assert column.page.evaluate("frames.length") == 0


def test_a_replay_fits_a_phone(visit, app):
    visitor = visit(**PHONE)
    visitor.get_answer(DEMO[0])
    column = Column(visitor, app)
    column.toggle.click()
    column.row(DEMO[0]).get_by_role("button").click()
    column.picture("menu-phone")
    column.page.get_by_role("menuitem", name="Replay", exact=True).click()
    expect(column.page.frame_locator("#chats-replay iframe").locator("#controls")).to_be_visible()
    column.picture("replay-phone")


def test_an_answer_is_copied_alone_or_with_its_steps(drawn):
    column = drawn()
    page = column.page
    links = page.locator("#history .copies")
    expect(links).to_have_count(2)
    links.first.get_by_text("Copy", exact=True).click()
    expect(page.locator("#copied")).to_have_text("Copied")
    assert page.evaluate(CLIPBOARD) == "Here is **the line**."
    column.picture("copied")
    expect(page.locator("#copied")).to_be_empty()
    links.first.get_by_text("Copy with steps").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#copied")).to_have_text("Copied")
    text = page.evaluate(CLIPBOARD)
    assert all(part in text for part in (TITLE, "I draw.", "plt.plot", "drawn", "Here is **the line**."))
    links.last.get_by_text("Copy", exact=True).click()
    page.wait_for_function(f"{CLIPBOARD}.then(text => text === 'Gladly: `x`.')")


def test_where_no_page_may_copy_the_link_leads_to_the_text(drawn):
    column = drawn()
    column.page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    with column.visitor.context.expect_page() as opened:
        column.page.locator("#history .copies").first.get_by_text("Copy", exact=True).click()
    expect(opened.value.get_by_text("Here is **the line**.")).to_be_visible()
