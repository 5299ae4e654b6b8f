import re

import pytest

from agent_core.events import (
    AnswerRefused,
    CodeDelta,
    CodeReady,
    Displayed,
    FinalAnswer,
    ModelWaiting,
    OutputDelta,
    PermissionAnswered,
    PermissionAsked,
    PlanDelta,
    PlanReady,
    ReasoningDelta,
    RunFinished,
    RunStarted,
    SourceRead,
    StepFinished,
    StepStarted,
    ThoughtDelta,
    ToolFinished,
    ToolProgress,
    ToolStarted,
)
from agent_core.execution import Display, Execution, ExecutionError, FileNote
from agent_core.sources import Source
from agent_core.usage import Usage
from tests.agent_core.console.support import HOSTILE, PICTURE, TABLE, events_with, printed

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
OURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")  # colours, and what moves the cursor and erases lines
ANSWER = Display({"text/plain": "**Three**", "text/markdown": "**Three**"})
RUN = [
    RunStarted("What is it?", (FileNote("a.csv", 1_200, "text/csv"),)),
    StepStarted(1),
    ThoughtDelta("I cal"),
    ThoughtDelta("culate."),
    CodeDelta("x = 1\nprint("),
    CodeDelta("x)"),
    CodeReady("x = 1\nprint(x)"),
    ToolStarted("1", "web_search", {"query": "x"}),
    SourceRead("1", Source(1, "https://example.org/", "An example")),
    ToolFinished("1", "web_search", 0.2, None),
    OutputDelta("10 %"),
    OutputDelta("100 %\ndone\n", erased=4),
    StepFinished(1, 1.25, Usage(1_000, 34, 1, cost=0.0012), Execution(stdout="100 %\ndone\n", value="1")),
    FinalAnswer(ANSWER),
    RunFinished("answer", "", 1, 62.0, Usage(1_000, 34, 1, cost=0.0012)),
]


def test_a_run_reads_from_top_to_bottom_in_plain_lines():
    rule = "─" * 71
    assert printed(RUN).splitlines() == [
        "❯ What is it?",
        "  a.csv (text/csv, 1 kB)",
        "",
        f"─ Step 1 {rule}",
        "",
        "I calculate.",
        "",
        "  x = 1",
        "  print(x)",
        "",
        "  read [1] An example — example.org",
        "  web_search(query=x) · 0.2 s",
        "",
        "  │ 100 %",
        "  │ done",
        "",
        "  = 1",
        "",
        "  1.2 s · 1,034 tokens · $0.0012",
        "",
        f"─ Answer {rule}",
        "",
        "**Three**",
        "",
        "✓ Answer · 1 step · 1 min 2 s · 1,034 tokens · $0.0012",
    ]


def test_a_terminal_shows_the_same_with_markdown_and_colours():
    shown = OURS.sub("", printed(RUN, terminal=True))
    plain = [line.strip() for line in printed(RUN).replace("**", "").splitlines() if line.strip()]
    at = 0
    for line in plain:
        at = shown.index(line, at) + len(line)


def test_the_terminal_is_left_as_it_was():
    shown = printed(RUN[:6], terminal=True)  # in the midst of a reply
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h") == 1  # the cursor was hidden, and is there again
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("detail", ["quiet", "normal", "verbose"])
def test_nothing_that_was_said_controls_the_terminal(terminal, detail, tmp_path):
    shown = printed(events_with(HOSTILE), detail=detail, terminal=terminal, pictures=tmp_path)
    rest = OURS.sub("", shown) if terminal else shown
    assert not CONTROLS.search(rest), CONTROLS.search(rest)
    if terminal:  # of these codes, the text has none either: it has no ESC
        assert "\x1b[2J" not in shown and "\x1b[31mm" not in shown and "\x1b]8" not in shown
    assert "␛]0;owned␇" in rest or detail == "quiet"


def test_an_answer_in_prose_is_not_shown_twice():
    said = Display({"text/plain": "It is 3.", "text/markdown": "It is 3."})
    shown = printed([StepStarted(1), ThoughtDelta("It is 3."), StepFinished(1, 1.0, Usage()), FinalAnswer(said)])
    assert shown.count("It is 3.") == 1


def test_an_answer_that_repeats_the_thought_before_its_code_is_shown():
    events = [
        StepStarted(1),
        ThoughtDelta("3"),
        CodeReady("final_answer(3)"),
        FinalAnswer(Display({"text/plain": "3"})),
    ]
    assert "Answer" in printed(events)


def test_quietly_only_the_answer_is_shown_and_why_there_is_none():
    assert printed(RUN, detail="quiet") == "**Three**\n"
    failed = RunFinished("error", "There is no key.")
    assert printed([*RUN[:5], failed], detail="quiet") == "  There is no key.\n"


def test_reasoning_is_shown_when_it_is_wanted():
    events = [StepStarted(1), ReasoningDelta("Hm, "), ReasoningDelta("let me see."), ThoughtDelta("So.")]
    assert "let me see" not in printed(events)
    assert "Hm, let me see.\n" in printed(events, detail="verbose")


def test_of_a_long_output_the_ends_are_shown():
    text = "".join(f"line {number}\n" for number in range(100))
    events = [StepStarted(1), CodeReady("f()"), OutputDelta(text), StepFinished(1, 1.0, Usage(), Execution(text))]
    shown = printed(events)
    assert "line 0\n" in shown and "line 99\n" in shown and "line 50\n" not in shown
    assert "… 60 lines left out …" in shown
    assert "line 50\n" in printed(events, detail="verbose")


def test_output_that_streamed_only_in_part_is_shown_from_the_step():
    execution = Execution(stdout="head\n… 9 characters left out …\ntail\n")
    shown = printed([StepStarted(1), CodeReady("f()"), OutputDelta("head\n"), StepFinished(1, 1.0, Usage(), execution)])
    assert shown.count("head") == 1 and "tail" in shown


def test_code_that_runs_otherwise_than_it_was_written_is_shown_as_it_runs():
    events = [StepStarted(1), CodeDelta("a = 1\nb = 2\n"), CodeDelta("c = 3\n"), CodeReady("z = 0")]
    assert "z = 0" in printed(events) and "a = 1" not in printed(events)
    shown = OURS.sub("", printed(events, terminal=True))
    assert "This is the code that runs:" in shown and "z = 0" in shown


def test_an_error_says_where_and_what_to_do():
    error = ExecutionError(
        "exception", "KeyError: 'b'", "Traceback …\n  line 2", "The columns are a.", "line 2: df['b']"
    )
    events = [StepStarted(1), CodeReady("df['b']"), StepFinished(1, 1.0, Usage(), Execution(error=error))]
    assert "  line 2: df['b']\n  KeyError: 'b'\n  The columns are a.\n" in printed(events)
    assert "Traceback …" in printed(events, detail="verbose")


def test_a_table_is_a_table_and_says_what_is_left_out():
    assert [line.split() for line in printed([Displayed(TABLE)]).splitlines()] == [["a", "b"], ["─" * 7], ["1", "two"]]
    lines = ["n," + ",".join(f"column{i}" for i in range(20))]
    lines += [f"{row}," + ",".join(["x" * 100] * 20) for row in range(50)]
    big = Display({"text/plain": "", "text/html": "<table></table>", "text/csv": "\n".join(lines) + "\n"})
    shown = printed([Displayed(big)], terminal=True)
    assert "30 more rows" in shown and "13 more columns" in shown
    assert max(len(OURS.sub("", line)) for line in shown.splitlines()) <= 80


def test_a_table_without_csv_is_read_from_its_html():
    html = {name: text for name, text in TABLE.data.items() if name != "text/csv"}
    assert re.search(r"^ +0 +1 +two", printed([Displayed(Display(html))]), re.MULTILINE)


def test_a_picture_is_a_file(tmp_path):
    shown = printed([Displayed(PICTURE), Displayed(PICTURE)], pictures=tmp_path / "new", width=400)
    paths = [tmp_path / "new" / f"picture-{number}.png" for number in (1, 2)]
    assert [f"  Picture: {path}" for path in paths] == shown.splitlines()
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    broken = Display({"text/plain": "", "image/png": "no base64 at all!"})
    assert "could not be written" in printed([Displayed(broken)], pictures=tmp_path / "new" / "picture-1.png")


def test_what_happens_beside_the_steps_is_said():
    shown = printed(
        [
            PlanDelta("1. Look"),
            PlanReady("1. Look\n2. Say", 1.5, Usage()),
            StepStarted(1),
            ThoughtDelta("I be"),
            ModelWaiting("The service is busy.", 2.0, "a/b"),
            ThoughtDelta("I begin."),
            PermissionAsked("p", "import", "requests", "It speaks to the web."),
            PermissionAnswered("p", "deny"),
            ToolStarted("1", "read", {"url": "x" * 500}),
            ToolProgress("1", "read", "half"),
            ToolFinished("1", "read", 2.0, "Nothing is there."),
            AnswerRefused(ANSWER, "It is too short."),
            RunFinished("max_steps", "This is the best answer so far.", 12, 3.0),
        ],
        width=300,
    )
    for said in (
        "1. Look\n2. Say",
        "The service is busy. Asks a/b in 2 s.",
        "The code asks to use “requests”.",
        "Not allowed.",
        "…) · 2.0 s\n  Nothing is there.",
        "The answer was sent back: It is too short.",
        "■ Ended at the limit of steps · 12 steps · 3.0 s\n  This is the best answer so far.",
    ):
        assert said in shown, said


def test_long_lines_are_whole_where_no_terminal_is():
    line = "word " * 100
    execution = Execution(stdout=line, error=ExecutionError("exception", line))
    shown = printed(
        [StepStarted(1), ThoughtDelta(line), CodeReady(f"# {line}"), StepFinished(1, 1.0, Usage(), execution)]
    )
    assert shown.count(line.strip()) == 4
