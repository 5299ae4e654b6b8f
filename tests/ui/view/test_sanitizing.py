"""What models and code write becomes no element that could leave its message. The browser: browser/test_overlays.py."""

import random
import re
import time

import pytest

from ui.view.escaping import Formulas, escape, fence
from ui.view.sanitizing import clean_html, clean_markdown, is_light_enough

EVIL = '<div style="position:fixed">'
# In the line that begins it there can be a formula, of which the page makes something else before.
_FENCES = re.compile(r"(?ms)^(`{3,})(?:\$\$.*?\$\$|[^`\n])*\n.*?^\1`* *$|^(~{3,})(?:\$\$.*?\$\$|[^\n])*\n.*?^\2~* *$")
_TAGS = re.compile(r"<(?=[a-zA-Z/!?])[^>\n]*>?")
_HARMLESS = re.compile(
    r"</?(?:b|i|u|s|em|strong|small|sub|sup|mark|kbd|code|del|ins|pre|details|summary)>|<br ?/?>|<https?://\S+>"
    r"|<[\w.]+@[\w.]+>"
)


def tags_outside_fences(text: str) -> list[str]:
    """What could be a tag, wherever it is not certain to be code: between fences in the first column alone."""
    return [tag for tag in _TAGS.findall(_FENCES.sub("", text)) if not _HARMLESS.fullmatch(tag)]


def folds_stand_alone(cleaned: str) -> bool:
    """Whether what begins and ends folded parts has lines of its own, between empty ones: its HTML goes no further."""
    rest = _FENCES.sub("", cleaned)
    lines = ["", *rest.split("\n"), ""]
    for at, line in enumerate(lines):
        if re.search("<(?:/?details|summary)>", line):
            own = re.fullmatch(r"\s*(?:</details>|(?:<details>)?(?:<summary>[^<>`]*</summary>)?)", line)
            if not own or lines[at - 1].strip() or lines[at + 1].strip():
                return False
    return rest.count("<details>") == rest.count("</details>")


@pytest.mark.parametrize(
    "text",
    [
        "a < b, 1<2, a <- b, <3",
        "**bold** _it_ [link](https://x.org/a_(b)) <https://x.org/?a=b&c> <me@x.org>",
        "| a | b |\n|---|:-:|\n| 1 | `x` |",
        "- one\n  - two\n\n1. three\n\n> four\n> five",
        "$$ a < b $$ and \\( x < y \\) and \\[\n\\frac{a}{b}\n\\]",
        "H<sub>2</sub>O, x<sup>2</sup>, <kbd>Ctrl</kbd>, one<br>two",
        "![dot](data:image/png;base64,AAAA)",
        "a `code` and ``a ` b``",
        "1. Install:\n\n   ```bash\n   pip install x\n   ```\n\nmore",
        "[1]: https://x.org/a",
        "&lt;b&gt; &amp;",
    ],
)
def test_what_is_harmless_stays(text: str):
    assert clean_markdown(text) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (EVIL, '&lt;div style="position:fixed">'),
        ("x<y and List<int> and </p>", "x&lt;y and List&lt;int> and &lt;/p>"),
        ("<b onclick=x>", "&lt;b onclick=x>"),
        ("half <b sty", "half &lt;b sty"),
        ("\\<b x>", "&lt;b x>"),
        ("`<div>`", "&#8203;<code>&#60;div&#62;</code>"),
        ("\\( x<y \\)", "\\( x< y \\)"),
        ("\\( never closed", "&#92;&#40; never closed"),
        ("![q][r]", "[q][r]"),
        ("<br>\n", "&#8203;<br>"),
        ("a\n<b>\nc", "a\n&#8203;<b>\nc"),
        ('[a]: x "\n', '[a]&#58; x "'),
        ("a\0b\u202ec\ud800", "a\ufffdb\ufffdc\ufffd"),
        ("- ```html\n  <i x>\n  ```\nx", "- <pre><code>&#60;i x&#62;</code></pre>\nx"),
        ("> text\n>\n>     <i x>", "> text\n>\n> <pre><code>&#60;i x&#62;</code></pre>"),
    ],
)
def test_what_could_be_an_element_shows_as_text(text: str, cleaned: str):
    assert clean_markdown(text) == cleaned


@pytest.mark.parametrize("code", [EVIL, "if a<b: pass", "$$ x $$", "re.match(r'\\(a\\)', b)", "![x](y)", "a\n\n    b"])
def test_code_blocks_keep_their_code(code: str):
    assert code in clean_markdown(f"Look:\n\n```html\n{code}\n```\n\nThere.").split("```")[1]
    assert code in fence(code, "text")


@pytest.mark.parametrize(
    "place",
    [
        "logout",
        "/logout",
        "?view=api",
        "#composer",
        "//x.org/",
        "<logout>",
        " logout",
        "\nlogout",
        "`logout`",
        "blob:http://x.org/",
        "tel:123",
        "java&Tab;script:x",
        "&#104;ttps://x.org",
        "data:text/html;base64,AAAA",
    ],
)
def test_links_lead_to_other_sites_and_mailboxes_alone(place: str):
    assert "](" not in clean_markdown(f"press [here]({place}) now")
    kept = "[a]( https://x.org) [b](<http://x.org>) [c](MAILTO:a@x.org) ![d](data:image/png;base64,AA)"
    assert clean_markdown(kept) == kept
    assert clean_markdown("see ftp://x.org/a") == "see ftp&#58;//x.org/a"


@pytest.mark.parametrize("turn", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_nothing_turns_the_direction_of_what_follows(turn: str):
    assert turn not in fence(f"a = 'b {turn}' ;c", "python") + clean_markdown(f"a {turn} b") + escape(f"a {turn} b")


def test_no_formula_can_be_put_into_code_from_elsewhere():
    """The page marks the places of formulas with these words, and puts the formulas back wherever they stand."""
    mark = "%%%LATEX_BLOCK_0%%%"
    for text in (f"`{mark}`", f"``` {mark} ```", f"```python\n{mark}\n```", f"    {mark}", f"- ```\n  {mark}\n  ```"):
        assert mark not in clean_markdown(f"$$x$$\n\n{text}")
    assert mark not in fence(mark, "python")


def test_a_diagram_stays_code():
    assert "```mermaid" not in clean_markdown(f"```mermaid\ngraph TD\nA[{EVIL}]\n```")


@pytest.mark.parametrize(
    "opened", ["```", "~~~~", "$$", "\\[", "\\(", "> ```", "- ```", "`", '[a]: b "', "<b>", "```mermaid"]
)
def test_nothing_goes_on_into_what_is_put_after_it(opened: str):
    for text in (opened, f"text\n{opened}", f"text {opened}\ntext"):
        cleaned = clean_markdown(text)
        assert not Formulas(cleaned).has_open
        assert len(re.findall(r"(?m)^(?:```|~~~)", cleaned)) % 2 == 0
        assert not re.search(r"(?m)^[> -]+```", cleaned)
    for code in ("a $$ b", "x = '\\\\['", "\\("):
        assert not Formulas(fence(code, "python")).has_open


def test_random_mixes_leave_no_tag():
    chance = random.Random(5)
    pieces = [
        *(
            "```",
            "````",
            "~~~",
            "```html",
            "```mermaid",
            "`",
            "``",
            "$$",
            "\\(",
            "\\)",
            "\\[",
            "\\]",
            "\\",
            "<!--",
            "-->",
        ),
        *(
            EVIL,
            "<b x>",
            "</b>",
            "<b>",
            "<br>",
            "<pre>",
            "</pre>",
            "<details>",
            "\n<details>\n<summary>",
            "</summary>\n",
            "\n</details>\n",
            "$",
            "[^1]",
            "\n[^1]: ",
            "![a](https://x.org/",
            "<img src=https://x.org/ ",
            "<style>",
            "<![CDATA[",
            "<?x",
            '<a href="`">',
        ),
        *(
            "\n",
            "\n\n",
            "\n    ",
            "\n   ",
            "\n- ",
            "\n> ",
            "\n1. ",
            "\n\t",
            "\r",
            "\u2028",
            "\x0b",
            " ",
            "text",
            "|a|\n|-|\n|",
        ),
        *(
            "[a](",
            "[a]: b ",
            '"',
            "'",
            "(",
            ")",
            "![",
            "](x)",
            "https://x.org/",
            "<https://x.org>",
            "*",
            "_",
            "---",
            "===",
            "# ",
        ),
    ]
    for _ in range(4_000):
        text = "".join(chance.choices(pieces, k=chance.randrange(1, 40)))
        cleaned = clean_markdown(text)
        assert tags_outside_fences(cleaned) == [], (text, cleaned)
        assert not Formulas(cleaned).has_open, (text, cleaned)
        assert folds_stand_alone(cleaned), (text, cleaned)


def test_html_keeps_tables_and_loses_what_could_leave():
    row = '<tr><th colspan="2" style="x" align="right">a_b</th><td id="stop">1</td></tr>'
    cleaned = clean_html(f'<table class="x" border="0">{row}</table>')
    assert cleaned == ('<table><tbody><tr><th colspan="2" align="right">a&#95;b</th><td>1</td></tr></tbody></table>')
    evil = (
        "<form><input><button>Allow once</button></form><dialog open>d</dialog><svg><rect style='x'/>s</svg>"
        "<style>p{}</style>"
        "<p style=x id=x class=x name=x role=x tabindex=1 popover onclick=x data-x=1 hidden>p</p><img src=/logout>"
        "<a href='https://x.org/' ping='https://y.org/' target='stop' download>l</a><a href='javascript:x'>j</a>"
        "<a href='#stop'>h</a><td title='\n\n<b style=x>'>t</td><img src='https://x.org/a.png' width=9999>"
    )
    link = '<a href="https://x.org/" rel="noopener noreferrer">l</a>'
    empty = '<a rel="noopener noreferrer">'
    assert clean_html(evil) == f"Allow once<p>p</p><img>{link}{empty}j</a>{empty}h</a>t<img>"


BAR = "background: linear-gradient(90deg, #d65f5f 50.0%, transparent 50.0%)"


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("background-color: #ff0000; color: white", "background-color: #ff0000; color: white"),
        (f"width: 10em; {BAR}", BAR),
        (
            "font-weight: bold; position: fixed; color: rgba(0, 0, 0, 0.5)",
            "font-weight: bold; color: rgba(0, 0, 0, 0.5)",
        ),
        ("background: url(https://x.org/a.png); background-color: url(x)", None),
        ("color: red!important; color: var(--x); background: red url(x); font-weight: bold}", None),
        ("color: re/**/d; color: \\72 ed; inset: 0; opacity: 0", None),
    ],
)
def test_cells_keep_their_colours_and_nothing_else(style: str, kept: str | None):
    cell = f'<td style="{kept}">' if kept else "<td>"
    assert clean_html(f'<table><tr><td style="{style}">x</td></tr></table>') == (
        f"<table><tbody><tr>{cell}x</td></tr></tbody></table>"
    )


def test_html_is_read_as_nothing_else():
    cleaned = clean_html("<p>*a* `b` $$c$$ \\(d\\) [e](f) ![g](h) https://x.org www.x.org m@x.org | # ~ \n\n    i</p>")
    assert not re.search(r"[*`$\\\[\]!|#~@_]|://|\n", re.sub("&#[0-9]+;", "", cleaned))
    attribute = clean_html('<a href="https://x.org/$$">a</a> $$ " style="x" <b title="$$">')
    assert "$" not in attribute and "style" not in re.sub(r">[^<]*<", "><", attribute)


@pytest.mark.parametrize(
    "html",
    ["<div>" * 10_000, "<b>" * 10_000 + "x", "x" * 1_000_000, "<table>" + "<tr><td>1</td></tr>" * 9_999, "\ud800\0"],
)
def test_html_of_any_shape_is_cleaned(html: str):
    if is_light_enough(html):
        clean_html(html).encode()


@pytest.mark.parametrize(
    ("html", "bearable"), [("<div>" * 1_001, False), ("<p></x>" * 2_000, False), ("x" * 400_000, False)]
)
def test_html_that_takes_too_long_is_known_before(html: str, bearable: bool):
    assert is_light_enough(html) is bearable
    assert is_light_enough("<tr><td>1<br></td></tr>" * 10_000)


@pytest.mark.parametrize(
    "unit",
    ["- a\n", "x\n", "<a ", "`", "$$ ", "\\[", "> ", "    <b>\n\n", "[a]: b\n", "![", "```\n", "<b>\n", "1. ", "\n"],
)
def test_the_time_grows_with_the_text_alone(unit: str):
    """Not with its square: that would be minutes."""
    began = time.process_time()
    clean_markdown(unit * (300_000 // len(unit)))
    assert time.process_time() - began < 30
