"""Tables sort by their columns, and download as a whole; formulas are drawn."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visitor import DESK, PHONE, Visitor, code, keep_screenshot

FRAME = {
    "city": ["Zürich", "Åre", "item 10", "item 9"],
    "price": ["1,234.5", "-3", "nan", "20"],
    "share": ["12%", "5%", "100%", "-1%"],
    "day": ["2024-02-01", "2023-12-24", "2024-01-05", "2024-01-31"],
}
ORDERS = {
    "city": ["Åre", "item 9", "item 10", "Zürich"],
    "price": ["-3", "20", "1,234.5", "nan"],
    "share": ["-1%", "5%", "12%", "100%"],
    "day": ["2023-12-24", "2024-01-05", "2024-01-31", "2024-02-01"],
}
SHOW = code(f"import pandas as pd\nfinal_answer(pd.DataFrame({FRAME!r}))")
LARGE = "import numpy as np\nimport pandas as pd\nfrom datetime import date\nframe = pd.DataFrame({'n': range(2300)})\n"
LARGE += "frame['name'] = 'Zoë ' + frame['n'].astype(str)\nframe['day'] = pd.Timestamp('2024-01-31')\n"


def column(visitor: Visitor, number: int) -> Locator:
    return visitor.answers.last.locator(f"tbody tr > :nth-child({number + 1})")


def fetched(visitor: Visitor, name: str) -> Path:
    with visitor.page.expect_download() as caught:
        visitor.answers.last.get_by_role("link", name=name).click()
    path = Path(caught.value.path())
    return path.rename(path.with_name(caught.value.suggested_filename))


def test_a_press_on_the_head_sorts_the_rows(revisit, serve):
    visitor = revisit(**DESK)
    visitor.connect(serve([SHOW]))
    visitor.get_answer("show me")
    heads = visitor.answers.last.locator("thead th")
    before = visitor.answers.last.bounding_box()
    for number, (name, order) in enumerate(ORDERS.items(), 1):
        head, filled = heads.nth(number), [text for text in order if text != "nan"]
        head.click()
        expect(column(visitor, number)).to_have_text(order)
        expect(head).to_have_attribute("aria-sort", "ascending")
        head.click()
        expect(column(visitor, number)).to_have_text([*reversed(filled), *order[len(filled) :]])
        expect(head).to_have_attribute("aria-sort", "descending")
        assert visitor.answers.last.bounding_box() == before
        if name == "share":
            keep_screenshot(visitor, "table-sorted")
        head.click()
        expect(column(visitor, number)).to_have_text(FRAME[name])
        expect(visitor.answers.last.locator("[aria-sort]")).to_have_count(0)


def test_the_keyboard_sorts_too(revisit, serve):
    markdown = "| a | b |\n|---|---|\n| 10 | x |\n| 9 | y |"
    visitor = revisit(**DESK)
    visitor.connect(serve([markdown]))
    visitor.get_answer("show me")
    visitor.answers.last.locator("thead th").first.focus()
    where = visitor.page.evaluate("scrollY")
    for key, order in (("Enter", ["9", "10"]), (" ", ["10", "9"]), ("Enter", ["10", "9"])):
        visitor.page.keyboard.press(key)
        expect(column(visitor, 0)).to_have_text(order)
    assert visitor.page.evaluate("scrollY") == where
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    expect(visitor.answers.last.locator("thead th").nth(1)).to_have_attribute("aria-sort", "ascending")


def test_groups_sort_row_by_row(revisit, serve):
    grouped = "pd.DataFrame({'g': ['x', 'x', 'y'], 'h': [1, 2, 1], 'v': [5, 9, 7]}).set_index(['g', 'h'])"
    visitor = revisit(**DESK)
    visitor.connect(serve([code(f"import pandas as pd\nfinal_answer({grouped})")]))
    visitor.get_answer("show me")
    visitor.answers.last.locator("thead tr:first-child th").last.click()  # not the last row of the head
    expect(visitor.answers.last.locator("[aria-sort]")).to_have_count(0)
    visitor.answers.last.locator("thead tr:last-child th").last.click()
    rows = visitor.answers.last.locator("tbody tr")
    assert [text.split() for text in rows.all_inner_texts()] == [["x", "1", "5"], ["y", "1", "7"], ["x", "2", "9"]]


def test_a_table_downloads_as_a_whole(revisit, serve):
    visitor = revisit(**DESK)
    visitor.connect(serve([code(LARGE + "final_answer(frame)")]))
    assert "First 100 of 2,300 rows shown." in visitor.get_answer("show me")
    for name, read in (("CSV", pd.read_csv), ("Excel", pd.read_excel)):
        back = read(fetched(visitor, name))
        assert len(back) == 2_300 and list(back.columns) == ["n", "name", "day"]
        assert back.iloc[-1].astype(str).to_list()[:2] == ["2299", "Zoë 2299"]
        assert (pd.to_datetime(back["day"]) == "2024-01-31").all()


def test_formulas_of_code_are_drawn(revisit, serve):
    expression = "import sympy as sp\nx = sp.Symbol('x')\ndisplay(sp.Matrix([[1, x], [x**2 / 3, 4]]))\n"
    evil = r"\href{javascript:alert(1)}{x}\htmlClass{options}{x}\includegraphics{https://x.org/a.png}"
    shows = f"from IPython.display import Latex, Markdown\ndisplay(Latex({evil!r}), Markdown('## Head'))\n"
    server = serve([code(expression + shows + "sp.solve(x**2 - 2, x)"), code("final_answer(sp.Integral(1 / x, x))")])
    visitor = revisit(**DESK)
    visitor.connect(server)
    visitor.get_answer("show me")
    expect(visitor.answers.last.locator(".katex")).to_have_count(1)
    visitor.open_steps()
    visitor.unfold(visitor.steps.first.locator(".title").first)
    expect(visitor.steps.first.locator(".katex")).to_have_count(3)
    expect(visitor.steps.first.locator("h2")).to_have_text("Head")
    expect(visitor.page.locator("#history .katex :is(a, img, .options)")).to_have_count(0)
    assert "Value: [-sqrt(2), sqrt(2)]" in server.requests[1].body["messages"][-1]["content"]
    keep_screenshot(visitor, "formulas")


@pytest.mark.parametrize(
    ("name", "size"), [("desk", DESK), ("dark", DESK | {"color_scheme": "dark"}), ("phone", PHONE)]
)
def test_tables_fit_everywhere(revisit, serve, name: str, size: dict[str, Any]):
    wide = LARGE + "for n in range(8):\n    frame[f'column {n}'] = np.arange(2300) * 1.25\nfinal_answer(frame)"
    visitor = revisit(**size)
    visitor.connect(serve([code(wide)]))
    visitor.get_answer("show me")
    head = visitor.answers.last.locator("thead th").nth(1)
    if size is PHONE:
        head.tap()
        head.tap()
    else:
        head.dblclick()
    expect(column(visitor, 1).first).to_have_text("99")
    assert not visitor.scrolls_sideways()
    visitor.answers.last.locator(".table-files").scroll_into_view_if_needed()
    keep_screenshot(visitor, f"table-{name}-foot")
    head.scroll_into_view_if_needed()
    keep_screenshot(visitor, f"table-{name}")
