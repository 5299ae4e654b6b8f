"""What becomes of a display on its way into a frame."""

import json
import re

import pytest

from agent_core.execution import Display
from ui.frames.document import frame_document

PLOTLY = "application/vnd.plotly.v1+json"


def document(html: str) -> str:
    return frame_document(Display({"text/plain": "x", "text/html": html}), "../../libraries")


def body(html: str) -> str:
    return document(html).partition("<body")[2]


def scripts(text: str) -> list[str]:
    return re.findall(r"<script[^>]*>", text)


def test_a_chart_is_data_that_ends_in_its_element():
    figure = {"data": [{"name": "</script><script>mine()</script><!--"}], "layout": {}}
    text = frame_document(Display({"text/plain": "x", PLOTLY: json.dumps(figure)}), "../../libraries")
    data = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert [json.loads(found) for found in data] == [figure]
    assert [script for script in scripts(text) if "src=" not in script] == [
        '<script type="application/json" id="data">'
    ]
    assert '<script src="../../libraries/plotly.js">' in text


@pytest.mark.parametrize(
    "html",
    [
        "<script>mine()</script>",
        "<script src=https://cdn.plot.ly/plotly.min.js></script>",
        "<p onclick='mine()'>a</p>",
        "<a href='javascript:mine()'>a</a>",
        "<a href='data:text/html,mine'>a</a>",
        "<iframe srcdoc='mine'></iframe>",
        "<IFRAME\nsrc=mine></IFRAME>",
        "<object/data=mine></object>",
        "<embed src=mine>",
        "<link rel=dns-prefetch href=//mine.example>",
        "<meta http-equiv=refresh content='0;url=//mine.example'>",
        "<base href=//mine.example>",
        "<form action=//mine.example><input name=a></form>",
        "<img src=//mine.example srcset='//mine.example 2x'>",
        "<video src=//mine.example poster=//mine.example></video>",
        "<svg><image href=//mine.example /><use href='//mine.example#a'/><script>mine()</script></svg>",
        "<svg><foreignObject><iframe srcdoc='mine'></iframe></foreignObject></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=mine()&gt;'>",
        "<noscript><p title='</noscript><script>mine()</script>'>",
        "<template><script>mine()</script></template>",
        "<div id=x><template shadowrootmode=open><script>mine()</script></template></div>",
        "<style></style ><script>mine()</script>",
    ],
)
def test_nothing_of_it_runs_loads_or_leads_elsewhere(html: str):
    text = body(f"<p>before</p>{html}<p>after</p>")
    assert not re.search(
        r"<(?:script(?! src=\"\.\./\.\./libraries/)|iframe|object|embed|link|meta|base|form|image|math)\b", text
    )
    tags = re.findall(r"<[^>]*>", text)
    assert not [tag for tag in tags if re.search(r"\son\w+=|mine", tag) and "title=" not in tag], tags


@pytest.mark.parametrize(
    "html",
    [
        "<style>b { color: red }</style>",
        '<p style="color: teal">a</p>',
        '<svg viewBox="0 0 9 9"><defs><linearGradient id="a"></linearGradient></defs><path d="M0 0"></path></svg>',
        '<audio controls="" src="data:audio/wav;base64,AA=="></audio>',
        '<img src="data:image/png;base64,AA==" width="9">',
        "<details><summary>a</summary>b</details>",
        '<input type="checkbox" checked="">',
    ],
)
def test_how_it_looks_and_sounds_stays(html: str):
    assert html in body(html)


def test_links_open_a_page_of_their_own():
    link = body('<a href="https://site.example/">a</a>')
    assert '<a href="https://site.example/" target="_blank" rel="noopener noreferrer">a</a>' in link


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("<script>draw()</script><div id='chart'></div>", True),
        ("<h1>Chart</h1><svg id=c></svg><script>draw()</script>", True),
        ("<script>draw()</script>", True),
        ("<style>p {}</style><p>Model</p><script>function copy() {}</script>", False),
        ("<p>Text</p><div id='a'></div>", False),
    ],
)
def test_what_only_a_script_would_fill_says_so(html: str, says: bool):
    assert ("Scripts that the code writes do not run here." in body(html)) is says


def test_what_is_nested_too_deep_is_a_sentence():
    assert "nested too deep" in body("<div style='color: red'>" * 100_000)
