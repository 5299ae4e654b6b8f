import pytest

from agent_core.events import ToolProgress, ToolStarted
from ui.view.titles import progress_text, title_of


def call(tool: str, **arguments: str) -> ToolStarted:
    return ToolStarted("id", tool, arguments)


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("# Compute the cube root of 27\nimport math", "Compute the cube root of 27"),
        ("x = 1\n    # Then print it:\nprint(x)", "Then print it"),
        ("#!/usr/bin/python\n# -----\n## Add the numbers ...\n1 + 1", "Add the numbers"),
        ("import pandas as pd\nfrom numpy.random import rand", "Computed with numpy and pandas"),
        ("import matplotlib.pyplot", "Computed with matplotlib"),
        ("import pandasx\nprint('# pandas')", "Ran some Python"),
        ("print(", "Ran some Python"),
        ("x\0y", "Ran some Python"),
        ("-" * 100_000 + "1", "Ran some Python"),
        ("from . import pandas", "Ran some Python"),
        ("", "Ran some Python"),
    ],
)
def test_the_code_gives_a_title(code, title):
    assert title_of(code, []) == title


@pytest.mark.parametrize(
    ("calls", "title"),
    [
        ([call("web_search", query="rye bread")], "Searched the web for “rye bread”"),
        ([call("visit_webpage", url="https://bread.example/rye?x=1")], "Read a page of bread.example"),
        ([call("visit_webpage", url="http://[broken")], "Read a page of the web"),
        ([call("visit_webpage", url="no address")], "Read a page of the web"),
        ([call("weigh_bread", loaf="1")], "Used weigh bread"),
        ([call("web_search", query="a"), call("visit_webpage", url="x")], "Searched the web for “a” and 1 more"),
        ([call("web_search", query=city) for city in "abc"], "Searched the web for “a” and 2 more"),
        ([call("ask_user", question="Which city?")], "Asked you: “Which city?”"),
        ([call("web_search")], "Searched the web for “”"),
    ],
)
def test_the_tools_it_called_give_a_title(calls, title):
    assert title_of("import pandas", calls) == title


def test_the_comment_comes_before_the_tools_and_a_long_one_is_cut():
    assert title_of("# Look it up\nweb_search('x')", [call("web_search", query="x")]) == "Look it up"
    title = title_of(f"# {'very ' * 50}long", [])
    assert len(title) <= 80 and title.endswith("very…")


@pytest.mark.parametrize(
    ("tool", "text", "line"),
    [
        ("web_search", "asking the next engine …", "Searching the web: asking the next engine …"),
        ("visit_webpage", "2 of 5 MB", "Reading a page: 2 of 5 MB …"),
        ("weigh_bread", "the first\nloaf.", "Using weigh bread: the first loaf …"),
        ("weigh_bread", " ", "Using weigh bread …"),
    ],
)
def test_a_report_of_a_tool_is_one_line_in_plain_words(tool, text, line):
    assert progress_text(ToolProgress("id", tool, text)) == line
