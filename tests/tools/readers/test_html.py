import pytest

from tools.readers.html import read_html
from tools.web.page import Document, Link

BREAD = """<!doctype html><html><head><title> A  page
about bread </title><style>p {color: red}</style><script>track()</script></head><body>
<nav><a href="/home">Home</a></nav>
<main><h1>Bread</h1><p>Mix <b>flour</b>, see <a href="../salt?x=1">salt</a> or <a href="mailto:a@b.c">write</a>.</p>
<img src="https://elsewhere.example/pixel.png?secret" alt="pixel">
<table><tr><th>Flour</th><th>Water</th></tr><tr><td>500 g</td><td>330 g</td></tr></table>
<pre><code class="language-python">def bake():


    return "snake_case * 2"
</code></pre></main><footer>All rights reserved</footer></body></html>"""


def read(body: str) -> Document:
    return read_html(f"<body>{body}</body>", "https://site.example/food/bread")


def test_html_becomes_markdown():
    document = read_html(BREAD, "https://site.example/food/bread")
    assert document.title == "A page about bread"
    assert "Mix **flour**, see [salt](https://site.example/salt?x=1) or write." in document.text
    assert "| Flour | Water |\n|---|---|\n| 500 g | 330 g |" in document.text
    assert '```python\ndef bake():\n\n    return "snake_case * 2"\n```' in document.text
    for noise in ("track()", "color: red", "Home", "All rights reserved", "pixel"):
        assert noise not in document.text


def test_links_are_absolute_unique_and_those_of_the_content_come_first():
    document = read(
        '<nav><a href="/">Home</a></nav><p><a href="b#part">B</a> <a href="b">again</a> <a href="https://o.example/">O</a>'
        '<a href="javascript:x()">no</a> <a href="http://[bad">bad</a></p>'
    )
    assert document.links == [
        Link("B", "https://site.example/food/b"),
        Link("O", "https://o.example/"),
        Link("Home", "https://site.example/"),
    ]
    assert "no bad" in document.text


def test_a_name_for_a_place_is_no_link():
    assert read('<h2><a name="x">Salt</a></h2><a href="">here</a>').text == "## Salt\n\nhere"


def test_links_follow_the_base_element():
    html = '<head><base href="https://cdn.example/docs/"></head><body><a href="intro">Intro</a></body>'
    assert read_html(html, "https://site.example/").text == "[Intro](https://cdn.example/docs/intro)"


def test_many_links_to_the_pages_own_site_are_written_short():
    document = read("".join(f'<p><a href="/{name}">{name}</a></p>' for name in "abc"))
    assert document.text == "[a](/a)\n\n[b](/b)\n\n[c](/c)"
    assert document.links[0].url == "https://site.example/a"


def test_a_page_that_needs_a_browser_gives_its_description():
    head = '<meta name="description" content="Times of all  ferries">'
    text = read_html(f"<head>{head}</head><body><div id=app></div></body>", "https://site.example/").text
    assert text == "(This page shows its text only in a browser. It describes itself so: Times of all ferries)"


def test_what_nobody_sees_is_no_content():
    document = read(
        "<h1>Seen</h1><p hidden>one</p><p style='display: none'>two</p><p style='visibility:hidden'>three</p>"
        "<p aria-hidden=true>four</p><template>five</template><noscript>Turn on JavaScript</noscript><!-- six -->"
    )
    assert document.text == "# Seen"


def test_what_a_click_unfolds_is_content():
    document = read(
        '<h1>Help</h1><h3><button aria-controls="p1">What does it cost?</button></h3><div id="p1" hidden>Nothing.</div>'
        '<div role="tabpanel" hidden>On Fedora</div><details><summary>More</summary>It is small.</details>'
        '<button aria-expanded="false">May I come back?</button><div style="display:none">Any time.</div>'
        '<button aria-controls="m">Menu</button><ul id="m" hidden><li><a href="/x">Branches</a></li></ul>'
    )
    for seen in ("### What does it cost?\n\nNothing.", "On Fedora", "**More**\n\nIt is small.", "Any time."):
        assert seen in document.text
    assert "Branches" not in document.text


def test_a_box_is_dropped_by_its_name_only_where_it_is_small():
    text = "<p>" + "Words of the text. " * 100 + "</p>"
    assert "Buy" not in read(f'<h1>T</h1>{text}<div class="promo-box"><p>Buy now</p></div>').text
    assert "Buy" in read("<h1>T</h1>" + '<div class="promo"><p>Buy a bicycle, 90 pounds</p></div>' * 5).text


def test_a_question_about_cookies_is_dropped_and_an_offer_of_them_is_not():
    notice = "<div>Our vendors use cookies.<button>Accept</button></div>"
    assert "vendors" not in read(f"<h1>T</h1>{notice}<p>{'Words of the text. ' * 9}</p>").text
    assert "Oat" in read("<h1>Shop</h1><div>Oat cookies, £3<button>Add to basket</button></div><p>Text</p>").text


def test_a_page_of_links_keeps_its_asides_and_an_article_does_not():
    aside = '<aside><ul><li><a href="/soup">Twelve soups</a></li></ul></aside>'
    story = "<h1>News</h1><p>" + "A long story. " * 30 + "</p>"
    assert "Twelve soups" in read('<h1>News</h1><p><a href="/a">The first headline of the day</a></p>' + aside).text
    assert "Twelve soups" not in read(story + aside).text


def test_a_footer_keeps_what_can_be_a_fact():
    story = "<h1>T</h1><p>" + "A long story. " * 30 + "</p>"
    text = read(
        f"{story}<footer><p>12 Weir Street</p><p>© 2024 Us</p><ul><li><a href=/a>About</a></li></ul></footer>"
    ).text
    assert "12 Weir Street" in text
    assert "©" not in text and "About" not in text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "more than 10<sup>6</sup> or 10<sup>−6</sup>, x<sub>2</sub>, the 5<sup>th</sup>",
            "more than 10⁶ or 10⁻⁶, x₂, the 5th",
        ),
        ("a<sup>k+m</sup> as said<sup>[1]</sup>", "a^k+m as said[1]"),
        ("<math><mi>x</mi><mo>=</mo><mfrac><mn>1</mn><mi>n</mi></mfrac></math>", "x=1/n"),
        (
            "<math><semantics><mi>x</mi><annotation encoding='application/x-tex'>x_1</annotation></semantics></math>",
            "$x_1$",
        ),
        ("<img class=tex alt='\\frac{1}{2}'>", "$\\frac{1}{2}$"),
        ("<img alt='A white tower on a low rock'>", "(Image: A white tower on a low rock)"),
        ("<div role=img aria-label='4 of 5'>★★★★☆</div>", "4 of 5"),
        ("<abbr title='Belgium'>BEL</abbr>", "BEL (Belgium)"),
        ("<ruby>船<rp>（</rp><rt>ふね</rt><rp>）</rp></ruby>", "船（ふね）"),
        ("<span>Size</span><span>14 m²</span>", "Size 14 m²"),
        ("<div><div>Log</div><div><b>14</b> days</div></div>", "Log | **14** days"),
        ("<span>log.</span><span>write</span>", "log.write"),
        ("<select><option>Slate<option>Moss</select>", "[Slate | Moss]"),
        ("a&nbsp;b\u200bc", "a bc"),
        ("<a href='/x'><h3>Stove</h3><p>83 g</p></a>", "### [Stove](https://site.example/x)\n\n83 g"),
        ("<dl><dt>Holiday</dt><dd>31 days</dd></dl>", "Holiday\n: 31 days"),
        ("<ol start=4><li>a<li>b<ol type=a><li>c</ol></ol>", "4. a\n5. b\n   a. c"),
        ("<ol><li>a<li value=5>b</ol>", "1. a\n5. b"),
        ("<pre>a<br>  b</pre>", "```\na\n  b\n```"),
        ("<blockquote>said</blockquote>", "> said"),
    ],
)
def test_what_is_no_plain_text_is_written_out(body, text):
    assert read(body).text.strip() == text


def test_the_numbers_beside_a_listing_are_left_out():
    table = "<table><tr><td><pre>1\n2\n</pre></td><td><pre>a = 1\n  b</pre></td></tr></table>"
    assert read(table).text == "```\na = 1\n  b\n```"


def test_a_table_of_contents_of_the_page_is_left_out():
    contents = "<ul><li><a href='#a'>One</a><li><a href='#b'>Two</a><li><a href='#c'>Three</a></ul>"
    assert read(f"<h1>T</h1>{contents}<h2 id=a>One<a href='#a'>¶</a></h2>").text == "# T\n\n## One"


def test_malformed_addresses_become_text():
    html = '<head><base href="http://[bad"></head><body><a href="http://[worse">One</a> <a href="#top">Two</a></body>'
    assert read_html(html, "https://site.example/").text == "One Two"
