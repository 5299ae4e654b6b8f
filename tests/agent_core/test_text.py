from agent_core.text import truncate, truncate_middle


def test_a_short_text_stays_whole():
    assert truncate("short", 5) == truncate_middle("short", 5) == "short"


def test_a_long_text_says_that_it_was_cut():
    assert truncate("a long text", 6) == "a long…"
    assert truncate_middle("a" * 20 + "z" * 10, 9) == "aaaaaa\n… 21 characters left out …\nzzz"
