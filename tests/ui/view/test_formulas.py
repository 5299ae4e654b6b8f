"""LaTeX from code becomes formulas that stay in their message. In the browser: browser/test_displays.py."""

import random
import time

import pytest

from ui.view.escaping import Formulas
from ui.view.formulas import LONGEST_LATEX, formula_markdown


@pytest.mark.parametrize(
    ("latex", "markdown"),
    [
        (r"$\displaystyle \frac{x}{2}$", r"$$\displaystyle \frac{x}{2}$$"),
        (r"\begin{align} a &= b \\[2pt] &= c \end{align}", r"$$\begin{align} a &= b \\[2pt] &= c \end{align}$$"),
        ("$$ a\n\nb $$", "$$a b$$"),
        (r"\[x\]", "$$x$$"),
        ("where $x$ is *big*", r"where \(x\)&#160;is &#42;big&#42;"),
        ("$a<b$", r"$$a\lt b$$"),
    ],
)
def test_formulas(latex: str, markdown: str):
    assert formula_markdown(latex) == markdown


@pytest.mark.parametrize(
    "latex",
    [
        *("$x", "x\\", "a } { b", "{", "$ $$ x $", r"\def\a{\a\a}\a", r"\newcommand{\a}{b}", r"\( $$ \)", ""),
        *(r"\text{%%%LATEX_BLOCK_0%%%}", "x" * (LONGEST_LATEX + 1)),
    ],
)
def test_what_might_not_end_shows_as_text(latex: str):
    assert formula_markdown(latex) is None


def test_random_mixes_end_where_they_end():
    chance = random.Random(7)
    pieces = [
        *"$${}<>&x ",
        "$$",
        "\\[",
        "\\]",
        "\\(",
        "\\)",
        "\\\\",
        "\\",
        "\\text{",
        "<b>",
        "\n\n",
        "%%%LATEX_BLOCK_1%%%",
    ]
    found = 0
    for _ in range(20_000):
        latex = "".join(chance.choices(pieces, k=chance.randrange(1, 12)))
        if (markdown := formula_markdown(latex)) is not None:
            found += 1
            assert not Formulas(markdown).has_open, (latex, markdown)
            assert "<" not in markdown and "\n" not in markdown, (latex, markdown)
    assert found > 1_000


@pytest.mark.parametrize("unit", ["$", "\\(", "{", "$x$", "\\", "<"])
def test_the_time_stays_short(unit: str):
    began = time.process_time()
    formula_markdown(unit * (LONGEST_LATEX // len(unit)))
    assert time.process_time() - began < 2
