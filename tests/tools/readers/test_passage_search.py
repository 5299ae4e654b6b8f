from tools.readers.passage_search import find_passages

PARTS = [
    "# Rivers\n\nAll rivers of the land.\n\n## North\n\nThe **mean flow** of the Aln is small.",
    "## South\n\n| River | Mean flow |\n|---|---|\n" + "\n".join(f"| River {n} | {n} m³/s |" for n in range(200)),
    "## East\n\nNothing is said of the flow. What they mean is open.",
]


def test_a_phrase_is_found_across_marks_and_case_with_heading_and_part():
    text = find_passages("MEAN flow", PARTS, 2_000)
    assert text.startswith("2 matches for 'MEAN flow', in parts 1, 2 of 3.")
    assert "[part 1, under 'North']\nThe **mean flow** of the Aln is small." in text
    assert "| River | Mean flow |" in text


def test_of_a_long_table_only_the_rows_with_a_match_are_shown():
    text = find_passages("river 117", PARTS, 2_000)
    assert text.endswith("[part 2, under 'South']\n| River | Mean flow |\n|---|---|\n| River 117 | 117 m³/s |")


def test_where_the_phrase_is_nowhere_all_its_words_in_one_block_are_looked_for():
    text = find_passages("flow mean said", PARTS, 2_000)
    assert "which stand nowhere as a phrase, in part 3 of 3" in text
    assert "[part 3, under 'East']\nNothing is said of the flow." in text


def test_where_nothing_is_found_the_headings_are_named():
    text = find_passages("lighthouse", PARTS, 2_000)
    assert text.startswith("No match for 'lighthouse' in the 3 parts of this page.")
    assert text.endswith("# Rivers\n## North\n## South\n## East")


def test_a_page_of_one_part_needs_no_numbers():
    assert find_passages("b", ["a b c"], 2_000) == "1 match for 'b'.\n\na b c"


def test_many_passages_stay_within_the_size():
    parts = ["\n\n".join(f"Passage {n} about bread. " + "x" * 100 for n in range(100))]
    text = find_passages("bread", parts, 1_000)
    assert len(text) <= 1_000
    assert "100 matches" in text and "The first 7 of 100 passages are shown" in text


def test_of_a_long_line_what_stands_around_the_match_is_shown():
    text = find_passages("needle", ["x " * 5_000 + "the needle here" + " y" * 5_000], 2_000)
    assert "the needle here" in text
    assert len(text) < 1_000


def test_of_a_long_listing_the_lines_around_the_match_are_shown():
    listing = "```\n" + "\n".join(f"line {n:03}: {'x' * 20}" for n in range(200)) + "\n```"
    text = find_passages("line 100", [listing], 2_000)
    assert [line[:8] for line in text.split("\n")[2:]] == ["…", *(f"line {n:03}" for n in range(98, 103)), "…"]


def test_a_phrase_that_reaches_over_a_line_is_found():
    text = find_passages("one two", ["x\n" * 500 + "and one\ntwo and\n" + "y\n" * 500], 2_000)
    assert "and one\ntwo and" in text


def test_signs_of_patterns_are_taken_as_they_are():
    assert find_passages("f(x)* [a", ["f(x)* [a"], 500).startswith("1 match")


def test_a_table_that_goes_on_in_the_next_part_counts_its_columns_once():
    parts = ["| Flow |\n|---|\n| 1 |", "| Flow |\n|---|\n| 2 |"]
    assert find_passages("flow", parts, 500).startswith("1 match for 'flow', in part 1 of 2.")
