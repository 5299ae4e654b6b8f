import re

from tools.readers.text_splitter import split_lines, split_markdown


def test_a_short_text_is_one_part():
    assert split_markdown("# A\n\ntext", 100) == ["# A\n\ntext"]
    assert split_markdown("", 100) == [""]


def test_parts_are_cut_between_blocks_and_none_is_too_long():
    text = "\n\n".join(f"Paragraph {number} " + "x" * 40 for number in range(50))
    parts = split_markdown(text, 300)
    assert all(len(part) <= 300 for part in parts)
    assert "\n\n".join(parts) == text


def test_a_heading_goes_with_what_it_is_about():
    parts = split_markdown("x" * 80 + "\n\n## Next\n\n" + "y" * 50, 100)
    assert parts == ["x" * 80, "## Next\n\n" + "y" * 50]


def test_a_cut_table_has_its_columns_in_each_part_and_whole_rows():
    rows = [f"| {number} | {'x' * 20} |" for number in range(100)]
    parts = split_markdown("\n".join(["| n | x |", "|---|---|", *rows]), 400)
    assert len(parts) > 5
    assert all(part.startswith("| n | x |\n|---|---|\n") and len(part) <= 400 for part in parts)
    assert [row for part in parts for row in part.split("\n")[2:]] == rows


def test_a_cut_listing_keeps_its_fences_lines_and_empty_lines():
    lines = [f"    line_{number} = {number}" if number % 5 else "" for number in range(1, 100)]
    parts = split_markdown("\n".join(["```python", *lines, "```"]), 300)
    assert all(part.startswith("```python\n") and part.endswith("\n```") and len(part) <= 300 for part in parts)
    assert [line for part in parts for line in part.split("\n")[1:-1] if line] == [line for line in lines if line]


def test_a_blank_line_in_a_listing_does_not_end_it():
    text = "```\na\n\n# no heading\n```"
    assert split_markdown(text + "\n\n" + "x" * 30, 30)[0] == text


def test_a_long_paragraph_is_cut_after_a_sentence_and_a_long_word_anywhere():
    parts = split_markdown(("A sentence of words. " * 20).strip(), 100)
    assert all(part.endswith("words.") for part in parts)
    assert [len(part) for part in split_markdown("x" * 250, 100)] == [100, 100, 50]


def test_a_fence_that_never_ends_and_a_table_wider_than_a_part_are_cut_too():
    assert all(len(part) <= 50 for part in split_markdown("```\n" + "code\n" * 100, 50))
    assert all(len(part) <= 50 for part in split_markdown("| " + "x" * 90 + " |\n|---|\n| y |\n" * 3, 50))


def test_plain_text_is_cut_between_lines_and_otherwise_stays_as_it_is():
    text = "def f():\n\n\n    return 1\n" * 40
    parts = split_lines(text, 200)
    assert all(len(part) <= 200 for part in parts)
    assert re.sub(r"\n", "", "".join(parts)) == re.sub(r"\n", "", text)
    assert split_lines("a\n\n\nb", 200) == ["a\n\n\nb"]
