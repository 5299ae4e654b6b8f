import pytest

from tools.readers.html import read_html
from tools.web.page import Table


def tables(body: str) -> list[Table]:
    return read_html(f"<body>{body}</body>", "https://site.example/").tables


def text(body: str) -> str:
    return read_html(f"<body>{body}</body>", "https://site.example/").text


def test_spans_are_filled_in():
    html = (
        "<table><caption>Lamps</caption><tr><th colspan=2>Property</th><th>Big</th><th>Mini</th></tr>"
        "<tr><th rowspan=2>Light</th><th>high</th><td>700</td><td rowspan=2>90</td></tr>"
        "<tr><th>low</th><td>320</td></tr><tr><th colspan=4>Prices</th></tr></table>"
    )
    assert tables(html) == [
        Table(
            "Lamps",
            ["Property", "Property", "Big", "Mini"],
            [["Light", "high", "700", "90"], ["Light", "low", "320", "90"], ["Prices", "", "", ""]],
        )
    ]


def test_a_heading_as_caption_is_a_caption():
    rows = "<tr><td>High</td><td>3 m</td></tr><tr><td>Low</td><td>1 m</td></tr>"
    html = f"<table><caption><h3>Tides</h3></caption>{rows}</table>"
    assert tables(html) == [Table("Tides", [], [["High", "3 m"], ["Low", "1 m"]])]


def test_several_rows_of_heads_become_one():
    html = (
        "<table><thead><tr><th>Stop</th><th colspan=2>Weekdays</th></tr><tr><th></th><th>early</th><th>late</th></tr>"
        "</thead><tbody><tr><td>Mill</td><td>6:00</td><td>22:00</td></tr></tbody></table>"
    )
    assert tables(html)[0].columns == ["Stop", "Weekdays / early", "Weekdays / late"]


def test_the_first_row_in_bold_names_the_columns():
    html = "<table><tr><td><b>Honey</b></td><td><b>250 g</b></td></tr><tr><td>Lime</td><td>4.20</td></tr></table>"
    assert tables(html) == [Table("", ["Honey", "250 g"], [["Lime", "4.20"]])]


def test_rows_with_names_need_no_names_of_columns():
    html = "<table><tr><th>Height</th><td>36 m</td></tr><tr><th>Range</th><td>18 nmi</td></tr></table>"
    assert tables(html) == [Table("", [], [["Height", "36 m"], ["Range", "18 nmi"]])]
    assert text(html) == "|  |  |\n|---|---|\n| Height | 36 m |\n| Range | 18 nmi |"


def test_cells_keep_links_and_code_in_the_text_and_words_in_the_data():
    html = (
        "<table><tr><th>Key</th><th>Meaning</th></tr><tr><td><code>a|b</code></td>"
        "<td>see <a href='https://o.example/x'><b>there</b></a><br>or not</td></tr></table>"
    )
    assert "| `a\\|b` | see [**there**](https://o.example/x) or not |" in text(html)
    assert tables(html)[0].rows == [["a|b", "see there or not"]]


@pytest.mark.parametrize(
    "html",
    [
        "<table role=presentation><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>",
        "<table><tr><td>one column</td></tr><tr><td>of text</td></tr></table>",
        "<table><tr><td>one row</td><td>of boxes</td></tr></table>",
        "<table><tr><th>Author</th><th>Message</th></tr><tr><td>me</td><td><blockquote>no</blockquote></td></tr></table>",
        f"<table><tr><td>{'long ' * 100}</td><td>x</td></tr><tr><td>c</td><td>d</td></tr></table>",
    ],
)
def test_tables_of_layout_are_no_data(html):
    assert tables(html) == []
    assert "|" not in text(html)


def test_a_data_table_inside_layout_is_found_and_the_order_stays():
    inner = "<table><tr><th>{0}</th><th>y</th></tr><tr><td>1</td><td>2</td></tr></table>"
    html = f"<table><tr><td>{inner.format('a')}</td><td>text</td></tr></table>{inner.format('b')}"
    assert [table.columns[0] for table in tables(html)] == ["a", "b"]


def test_tables_by_role_are_tables():
    html = (
        "<div role=table><div role=row><span role=columnheader>Hour</span><span role=columnheader>Gust</span></div>"
        "<div role=row><span role=cell>09</span><span role=cell>65</span></div></div>"
    )
    assert tables(html) == [Table("", ["Hour", "Gust"], [["09", "65"]])]


@pytest.mark.parametrize("span", ["100000000", "0", "-3", "x", "99999999999999999999"])
def test_absurd_spans_do_no_harm(span):
    html = (
        f"<table><tr><td rowspan={span} colspan={span}>a</td><td>b</td></tr>"
        "<tr><td>c</td><td>d</td></tr><tr><td>e</td><td>f</td></tr></table>"
    )
    found = tables(html)
    assert len(found[0].rows) <= 3
    assert all(len(row) <= 200 for row in found[0].rows)
