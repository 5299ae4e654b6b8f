"""What a terminal would show of what code prints."""

import pytest

from agent_core.sandbox.host.output import KEPT, StepOutput


def shown(*pieces: str) -> str:
    output = StepOutput()
    for piece in pieces:
        output.feed(piece.encode())
    return output.text()


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("10%\r50%\r100%\n", "100%\n"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("a long first\rshort\n", "shortg first\n"),
        ("a long first\rshort       \n", "short\n"),
        ("  spaces stay  \n", "  spaces stay  \n"),
        ("\x1b[31mred\x1b[0m, \x1b[1;38;5;12mbold\x1b[m", "red, bold"),
        ("\x1b]8;;http://x.org\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("1/3\b\b\b2/3\b\b\b3/3\n", "3/3\n"),
        ("a\nb\nc\x1b[2A\r\x1b[2KA\x1b[2B\n", "A\nb\nc\n"),  # bars on several lines
        ("frame 1\nx\x1b[2J\x1b[Hframe 2\ny", "frame 2\ny"),
        ("kept\nspinner\r\x1b[K", "kept\n"),
        ("a\x1b[999999999Cb\x1b[;;9999999999999mc", "a" + 1999 * " " + "bc"),
        ("bell\x07, \x1b[?25lhidden cursor\x1b[?25h", "bell, hidden cursor"),
    ],
)
def test_the_last_frame_is_what_is_seen(printed: str, seen: str):
    assert shown(printed) == seen
    assert shown(*printed) == seen  # wherever the pieces end


def test_changes_lead_to_the_same_text():
    output, text = StepOutput(), ""
    for percent in range(101):
        for piece in (f"\rstep {percent:3}%", " ", "\x1b[1mof all\x1b", "[0m\n" if percent == 100 else "[0m"):
            if change := output.feed(piece.encode()):
                text = text[: len(text) - change.erased] + change.added
    assert text == output.text() == "step 100% of all\n"


def test_a_bar_after_a_very_long_output():
    bar = "".join(f"\r{percent}%" for percent in range(101))
    text = shown("x" * 30_000, "\n" * 3, *["y" * 500 + "\n"] * 100, *bar)
    assert len(text) < 2 * KEPT + 100
    assert text.endswith("y\n100%")
    assert "characters left out" in text


def test_redrawing_for_ever_streams_so_much_and_no_more():
    output = StepOutput()
    streamed = [output.feed(b"\r%d" % (number % 10) + b"%d" % (number % 10) * 999) for number in range(1000)]
    assert sum(len(change.added) for change in streamed if change) <= 10 * KEPT
    assert output.text() == "9" * 1000


def test_very_many_codes_do_not_keep_the_app_busy():
    output = StepOutput()
    for _ in range(300):
        output.feed(b"\ra" * 30_000)
    output.feed(b"\n\x1b[1mthe end\n")
    assert output.text().endswith("\nthe end\n")
