"""What circles is noticed, what only repeats itself is not."""

from random import Random

import pytest

from agent_core.parsing.circling import circles, without_circle

PARAGRAPH = "The first thing to know is that the answer depends on the question that was asked in the first place.\n\n"
REFRAIN = "Oh the wind and the rain,\nand the rain it raineth every day.\n"


def noticed(text: str, question: str = "") -> int:
    """After how many characters, of a stream that is looked at now and then, the text is cut; 0 for never."""
    return next((end for end in range(256, len(text) + 256, 256) if circles(text[:end], question)), 0)


@pytest.mark.parametrize(
    ("before", "period"),
    [
        ("Hello! ", "I'm a friendly AI. "),
        ("Paris is the capital.\n", "What is the capital of France?\nThe capital of France is Paris.\n"),
        ("", PARAGRAPH),
        ("Let me see. ", PARAGRAPH * 3 + "But then again, no. "),
        ("x = 1\n", "print(result.value)\n"),
        ("東京は日本の首都です。", "私は親切なAIアシスタントです。"),
    ],
)
def test_a_circle_is_noticed_and_one_period_kept(before: str, period: str):
    text = before + period * 300
    assert 0 < noticed(text) < len(before) + max(1_300, 7 * len(period) + 256)
    assert without_circle(text[:3_000] if len(period) < 500 else text) == (before + period).strip()


VERSES = [
    "When that I was and a little tiny boy,",
    "But when I came to man's estate,",
    "But when I came, alas, to wive,",
]
PLAIN = {
    "zeros": "x = [" + "0, " * 1_000 + "0]",
    "a board": ("    ['', '', '', '', '', '', '', ''],\n" * 8 + "\n") * 4,
    "lines": ("-" * 80 + "\n") * 20,
    "empty cells": "| Name | Paid |\n|---|---|\n" + "|  |  |\n" * 200,
    "a table": "".join(f"| Monday | {number} | open | closed | open |\n" for number in range(200)),
    "a poem": "".join(
        f"{verse}\n{REFRAIN}With hey, ho, {number}.\n{REFRAIN}" for number, verse in enumerate(VERSES * 9)
    ),
    "a refrain sung thrice": "Hey!\n" + REFRAIN * 3,
    "code": "".join(f"axes[{number}].plot(x, y)\naxes[{number}].grid(True)\n" for number in range(60)),
    "a turtle": "turtle.forward(100)\nturtle.right(90)\n" * 12,
    "HTML": "<tr><td></td><td></td><td></td></tr>\n" * 60,
    "primes": ", ".join(map(str, range(2_000))),
    "a long text": "".join(Random(1).choices("abcdefg ", k=20_000)),
}


@pytest.mark.parametrize("name", PLAIN)
def test_what_only_repeats_itself_is_no_circle(name: str):
    assert noticed(PLAIN[name]) == 0


LINE = "I will not talk in class again.\n"


@pytest.mark.parametrize(
    "question",
    [
        "Write this line 100 times: I will not talk in class again.",
        "write 'I will not talk in class again.' on every line of a page",
        "Give me 200 lines like on Bart's blackboard",
        "a hundred copies of a punishment sentence pls",
        "Say you won't talk in class, over and over",
        "repeat a sentence about talking in class until the page is full",
        "Fill the page with one sentence about talking",
        "Schreib hundertmal, also 100 Mal, dass ich nicht rede",
        "Écris 100 fois que je ne parlerai plus",
        "Escribe 100 veces que no hablaré",
        "写100遍",
        "“I will not talk in class again” – go on with this without an end",
    ],
)
def test_repetition_that_is_asked_for_is_no_circle(question: str):
    assert noticed(LINE * 200, question) == 0


@pytest.mark.parametrize(
    "question",
    [
        "What is 12 times 30?",
        "Why did Rome fall?",
        "How many lines has a sonnet?",
        "Translate: where is the station?",
        "Say 'hello' to me",
        "Fill in the missing values of the table",
        "Explain: what is a loop that runs 3 times 4?",
    ],
)
def test_repetition_that_nobody_asked_for_circles(question: str):
    assert noticed(LINE * 200, question)
