"""Markdown as people know it, where the page's parser needs help. The browser: browser/test_markdown.py."""

import html
import re

import pytest

from ui.exports.static_html import markdown_html
from ui.view.sanitizing import clean_markdown


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("so $E = mc^2$, $x$ and $|x|$.", r"so \(E = mc^2\), \(x\) and \(|x|\)."),
        (r"$\alpha_1 < \beta$", r"\(\alpha_1 < \beta\)"),
        (r"$P(\text{rain or snow}) = 0.5$", r"\(P(\text{rain or snow}) = 0.5\)"),
        ("| $a$ | $b*c*d$ |", r"| \(a\) | \(b*c*d\) |"),
        ("$x<y$", r"\(x< y\)"),
    ],
)
def test_formulas_between_dollars(text: str, cleaned: str):
    assert clean_markdown(text) == cleaned
    assert clean_markdown(text, dollars=False).count("$") == text.count("$")
    assert "<math" in markdown_html(text)


@pytest.mark.parametrize(
    "text",
    [
        "it costs $5 and $10, or $3-$4, US$ 6, A$7, 8$ or 9$",
        "$5/month or ($6/month)",
        "$5, the other one costs 6$.",
        "$HOME/$USER and $PATH$",
        "\\$x\\$ and `$x$`",
        "```\n$x$\n```",
        "from $5 to the $price of $it",
    ],
)
def test_prices_stay(text: str):
    assert "\\(" not in clean_markdown(text) and clean_markdown(text).count("$") == text.count("$")


def test_footnotes():
    text = "One.[^1] Two.[^note] [^a-z] is `[^1]`.\n\n[^1]: Here, *really*.\n[^note]: https://x.org/a"
    assert clean_markdown(text) == (
        "One.<sup>1</sup> Two.<sup>note</sup> [^a-z] is `[^1]`.\n\n"
        "&#8203;<sup>1</sup> Here, *really*.\n&#8203;<sup>note</sup> https://x.org/a"
    )


def test_folded_parts():
    text = "<details>\n<summary>The <b>*rest*</b></summary>\n\n- one\n\n```\n</details>\n```\n\n</details>\nAfter."
    cleaned = re.sub(r"\n{3,}", "\n\n", clean_markdown(text))
    assert "\n<details><summary>The &#42;rest&#42;</summary>\n\n- one\n" in cleaned
    assert "```\n</details>\n```" in cleaned and cleaned.endswith("\n</details>\n\nAfter.")
    assert clean_markdown("<details>\n\nNever closed.").endswith("Never closed.\n\n</details>")
    assert "<" not in clean_markdown("Never opened.\n\n</details>\n\nHere.")
    assert "<details" not in clean_markdown("a <details> b\n<details class=x>\n> <details>\n`<details>`")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "![A cat](https://x.org/c_t.png)",
            "Picture not loaded: [A cat — https://x.org/c_t.png](<https://x.org/c_t.png>)",
        ),
        (
            '![](https://x.org/a_(b).png "t")',
            "Picture not loaded: [https://x.org/a_(b).png](<https://x.org/a_(b).png>)",
        ),
        (
            '<img alt="A cat" src="https://x.org/c.png">',
            "Picture not loaded: [A cat — https://x.org/c.png](<https://x.org/c.png>)",
        ),
        ("[![b](https://x.org/b.svg)](https://x.org)", "[Picture not loaded: b — https://x.org/b.svg](https://x.org)"),
        ("![p](logout)", "[p]( logout)"),
    ],
)
def test_pictures_from_elsewhere_say_that_they_are_not_loaded(text: str, shown: str):
    assert html.unescape(clean_markdown(text)) == shown.replace("( logout)", "(logout)")


def test_a_tilde_before_a_number_means_about():
    assert clean_markdown("~5%–~10%, ~~no~~, https://x.org/~5") == "&#126;5%–&#126;10%, ~~no~~, https://x.org/~5"
