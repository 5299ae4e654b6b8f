import pytest

from agent_core.execution import Display
from tests.ui.exports.support import HOSTILE, PIXEL
from ui.exports.static_html import code_html, display_html, markdown_html, text_html


def test_python_has_its_parts():
    html = code_html("\n# Add <b>\ndef f(x):\n    return x + 1\n")
    assert '<span class="c1"># Add &lt;b&gt;</span>' in html
    assert '<span class="k">def</span>' in html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("It is **42**.", "<p>It is <strong>42</strong>&#46;</p>"),
        ("| a | b |\n| - | - |\n| 1<br>2 | ~~3~~ |", "<td>1<br>2</td>"),
        ("use `<select>` and <select>", "<code>&lt;select&gt;</code> and &lt;select&gt;"),
        ("[x](javascript:alert(1)) ![y](https://tracker.example/a.png)", '<a href="https:'),
        ("```python\nx < 1\n```", "<pre><code>x &lt; 1&#10;</code></pre>"),
    ],
)
def test_markdown_shows_what_the_page_shows(markdown: str, html: str):
    assert html.replace("&#46;", ".") in markdown_html(markdown).replace("&#46;", ".")


@pytest.mark.parametrize(
    "html",
    [
        markdown_html(HOSTILE),
        text_html(HOSTILE),
        display_html(Display({"text/plain": HOSTILE, "text/html": f"<table><tr><td>{HOSTILE}</table>"})),
        display_html(Display({"text/plain": HOSTILE, "image/png": f'{PIXEL}"><script>1</script>'})),
        display_html(Display({"text/plain": HOSTILE, "application/vnd.plotly.v1+json": HOSTILE})),
    ],
)
def test_nothing_in_it_can_run(html: str):
    for harmful in ("<script", "<style", "<iframe", "<svg", "<img src=x", '<a href="javascript'):
        assert harmful not in html


def test_a_table_too_large_for_a_browser_is_text():
    deep = "<table>" + "<div>" * 2_000
    assert display_html(Display({"text/plain": "a  b", "text/html": deep})) == "<pre>a  b</pre>"


def test_formulas_are_drawn_where_they_are_text():
    html = markdown_html(r"So \(a<b\) and `\(a<b\)` and [\(x\)](https://a.example/\(a<b\)):" "\n\n$$a<b$$")
    assert html.count("<math") == 3
    assert r"<code>\(a&lt;b\)</code>" in html.replace("&#92;", "\\")
    assert html.index('display="inline"') < html.index('display="block"')


def test_a_formula_that_code_shows_is_drawn():
    shown = Display({"text/plain": "x**2", "text/latex": r"$\displaystyle x^{2}$"})
    assert "<msup><mi>x</mi><mrow><mn>2</mn></mrow></msup>" in display_html(shown)


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<script>1</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\class{a\" onclick=\"x}{y}",
        r"\frac{a",
        "{" * 900 + "x" + "}" * 900,
        "x" * 5_000,
        r"\begin{matrix}",
    ],
)
def test_a_hostile_formula_runs_nothing(latex: str):
    html = markdown_html(f"$${latex}$$")
    assert not any(harmful in html for harmful in ("<script", "href=", "style=", "class=", "onclick="))
