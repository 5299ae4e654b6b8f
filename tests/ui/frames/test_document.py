"""What becomes of HTML on its way into a frame."""

import pytest

from ui.frames.document import frame_document

AT = "../../libraries"


def body(html: str) -> str:
    return frame_document(html, AT).partition("</style>")[2]


def test_scripts_and_styles_come_from_the_app():
    html = (
        '<script charset="utf-8" src="https://cdn.plot.ly/plotly-4.1.1.min.js" integrity="sha256-x"></script><p>1</p>'
    )
    assert f'<script src="{AT}/plotly.js"></script><p>1</p>' in body(html)
    sheet = '<link rel="stylesheet" href="https://unpkg.com/leaflet@1.9.4/dist/leaflet.css"/>'
    assert f'<link rel="stylesheet" href="{AT}/leaflet.css">' in body(sheet)


def test_what_is_not_here_is_named():
    text = body("<script src='https://d3js.org/d3.v7.min.js'></script><p>1</p>")
    assert '<p id="glassbox-missing">' in text and "<b>d3js.org</b>" in text and "<script" not in text
    assert '<p id="glassbox-missing" hidden>' in body("<p>1</p>")


@pytest.mark.parametrize(
    "html",
    [
        "<iframe srcdoc='x'>",
        "<IFRAME\nsrc=x>",
        "<object/data=x>",
        "<embed >",
        "<link\trel=dns-prefetch href=//x>",
        "<frame>",
    ],
)
def test_nothing_that_loads_or_holds_documents_is_left(html: str):
    assert "&lt;" + html[1:] in body(f"<p>{html}")


@pytest.mark.parametrize("html", ["<script>for (i = 0; i<frames.length; i++) {}</script>", "<linearGradient id='a'>"])
def test_what_only_looks_like_it_stays(html: str):
    assert html in body(html)


def test_the_guard_comes_first():
    document = frame_document("<script>mine()</script>", AT)
    assert document.index("trustedTypes.createPolicy") < document.index("mine()")
    assert "<script" not in document.partition("<script>")[0]
