"""What the chat shows of a turn. How the browser renders it is tested in tests/browser."""

import base64
import html
import re

import pytest

from agent_core.events import (
    AnswerRefused,
    CodeDelta,
    Displayed,
    Event,
    FinalAnswer,
    PermissionAsked,
    QuestionAsked,
    ReplyCut,
    RunFinished,
    RunResumed,
    RunStarted,
    StepFinished,
    StepStarted,
    ThoughtDelta,
    ToolFinished,
)
from agent_core.execution import Display, Execution, ExecutionError, FileNote
from agent_core.usage import Usage
from ui.view.assets import Assets
from ui.view.chat_messages import ChatMessage, turn_messages
from ui.view.transcript import Transcript
from ui.view.turn_view import Asked, NoteView, StepView, TurnView
from ui.view.usage_text import usage_text

AT = "files/secret"
CITY = QuestionAsked("city", "Which city?", ("Bern", "Bonn"))
PNG = b"\x89PNG these are not really pixels"
PICTURE = Display({"text/plain": "<Figure>", "image/png": base64.b64encode(PNG).decode()})
TABLE = Display({"text/plain": "a 1", "text/html": "<table><tbody><tr><td>1</td></tr></tbody></table>"})


@pytest.fixture
def assets() -> Assets:
    return Assets.of_chat("secret")


def is_picture(message: ChatMessage) -> bool:
    return bool(
        re.fullmatch(r'<img src="pictures/secret/[0-9a-f]+" alt="A picture made by the code">', message["content"])
    )


def done(step: int = 1, execution: Execution | None = None) -> StepFinished:
    return StepFinished(step, 1.26, Usage(1_000, 234, 1), execution)


def answered(text: str) -> Display:
    return Display({"text/plain": text, "text/markdown": text})


def line_of(words: str) -> str:
    """The title of the line that opens to the steps."""
    return f'<span class="work">{words}</span>'


def only_step(step: StepView, assets: Assets, **turn: object) -> ChatMessage:
    messages = turn_messages(TurnView("why?", [step], **turn), assets)  # pyright: ignore[reportArgumentType]
    return next(
        message for message in messages if "status" in message.get("metadata", {}) and "id" not in message["metadata"]
    )


def test_a_finished_turn_is_question_steps_answer(assets):
    step = StepView(1, prose="I try.", code="# Say hi\nprint('hi')", finished=done(execution=Execution(stdout="hi\n")))
    turn = TurnView("why?", [step, StepView(2, prose="So **it** is.", finished=done(2))], answered("So **it** is."))
    turn.finished = RunFinished("answer")
    turn.finished = RunFinished("answer", seconds=7.8)
    question, line, first, answer, copies = turn_messages(turn, assets, number=3)
    assert (question["role"], question["content"]) == ("user", "why?")
    assert line["metadata"] == {"title": line_of("Worked in 1 step · 8 s"), "status": "done", "id": "turn-3"}
    assert "1,234 tokens" in line["content"]
    details = {"status": "done", "log": "1,234 tokens", "duration": 1.3}
    assert first["metadata"] == {"title": "✓ Say hi", "parent_id": "turn-3", **details}
    assert first["content"] == "I try.\n\n```python\n# Say hi\nprint('hi')\n```\n\n**Output**\n\n```text\nhi\n```"
    assert answer == {"role": "assistant", "content": "So **it** is."}
    addresses = re.findall('href="([^"]*)"', copies["content"])
    assert addresses == ["chats/secret/turns/3/text", "chats/secret/turns/3/text?steps"]


def test_code_that_is_being_written_only_grows(assets):
    step = StepView(1, prose="I try.", code="x = 1\n```")
    shown = []
    for more in ("print(", "x)"):
        step.code += more
        shown.append(only_step(step, assets)["content"])
    assert shown[1] == f"{shown[0]}x)", "the browser is sent what is new"
    step.running = True
    assert only_step(step, assets)["content"].endswith("x)\n````"), "its end is an end"


def test_a_turn_without_code_has_no_line_for_steps(assets):
    step = StepView(1, reasoning="Hm.", prose="So.", finished=done())
    turn = TurnView("why?", [step], answered("So."), finished=RunFinished("answer"))
    _, thought, answer, _ = turn_messages(turn, assets)
    assert (thought["metadata"]["title"], thought["metadata"]["status"]) == ("Thought", "done")
    assert (thought["content"], answer["content"]) == ("> Hm.", "So.")
    step.reasoning = ""
    assert [message["content"] for message in turn_messages(turn, assets)[:2]] == ["why?", "So."]


def test_prose_stands_where_the_answer_will_until_it_turns_out_to_lead_to_code(assets):
    first = StepView(1, code="# Begin\nx", finished=done(execution=Execution()))
    turn = TurnView("why?", [first])
    _, line, opened = turn_messages(turn, assets)
    assert (line["metadata"]["title"], line["metadata"]["status"]) == (line_of("Working"), "done")
    assert opened["metadata"] | {"title": "✓ Begin", "status": "pending"} == opened["metadata"], "until there is more"
    turn.items.append(StepView(2))
    assert turn_messages(turn, assets)[2] == opened
    turn.items[1] = StepView(2, reasoning="Hm.")
    _, line, begun, thought = turn_messages(turn, assets)
    assert [line["metadata"]["title"], begun["metadata"]["status"]] == [line_of("1 step done"), "done"]
    assert (thought["metadata"], thought["content"]) == ({"title": "Thinking", "status": "pending"}, "> Hm.")
    turn.items[1] = StepView(2, reasoning="Hm.", prose="So it")
    *_, thought, prose = turn_messages(turn, assets)
    assert (thought["metadata"]["status"], thought["content"], prose["content"]) == ("done", "> Hm.", "So it")
    turn.items[1] = StepView(2, reasoning="Hm.", prose="So it", code="# End\ny")
    *_, step = turn_messages(turn, assets)
    assert (step["metadata"]["title"], step["metadata"]["status"]) == ("End", "pending")
    assert step["content"].startswith("> Hm.\n\nSo it\n\n```python")


def test_prose_of_a_run_that_was_stopped_stays_where_it_is(assets):
    turn = TurnView("why?", [StepView(1, prose="So it")], finished=RunFinished("stopped", "Stopped."))
    said = [message["content"] for message in turn_messages(turn, assets)]
    assert said[:3] == ["why?", "So it", "■ Stopped."]


def test_a_step_that_was_cut_off_is_closed(assets):
    end = RunFinished("stopped", "Stopped.")
    turn = TurnView("why?", [StepView(1, code="f()")], finished=end)
    _, _, step, ending, copies = turn_messages(turn, assets)
    assert "Copy with steps" in copies["content"] and "Copy the answer" not in copies["content"]
    assert step["metadata"]["status"] == "done"
    assert ending["content"] == "■ Stopped."
    assert [len(turn_messages(TurnView("why?", [StepView(1)], finished=end), assets))] == [2], "nothing came of it"


@pytest.mark.parametrize(("reason", "sign"), [("error", "⚠️"), ("max_steps", "ℹ️"), ("budget", "ℹ️")])
def test_a_run_that_ends_otherwise_says_why(assets, reason, sign):
    turn = TurnView("why?", finished=RunFinished(reason, "It is *so*."))
    ending = turn_messages(turn, assets)[-1]["content"]
    assert html.unescape(ending) == f"{sign} It is *so*."
    assert "*" not in ending


def test_a_failure_that_the_settings_can_mend_says_so(assets):
    turn = TurnView("why?", finished=RunFinished("error", "No key.", code="no_key"))
    assert turn_messages(turn, assets)[-1]["content"] == "⚠️ No key. You can type one in the settings."


def test_a_step_that_failed_says_so(assets):
    error = ExecutionError("exception", "ZeroDivisionError: division by zero", "line 1: 1 / 0")
    message = only_step(StepView(1, code="1 / 0", finished=done(execution=Execution(error=error))), assets)
    assert message["metadata"]["title"] == "○ Ran some Python – did not work"
    assert "**Error**\n\n```text\nZeroDivisionError: division by zero\nline 1: 1 / 0\n```" in message["content"]


def test_reasoning_values_and_tool_errors_stand_in_the_step(assets):
    step = StepView(1, reasoning="One.\nTwo.", code="x", finished=done(execution=Execution(value="43")))
    step.tool_errors = [ToolFinished("1", "web_search", 0.1, "None of 6 engines answered.")]
    content = html.unescape(only_step(step, assets)["content"])
    assert content.startswith("> One.\n> Two.\n\n```python\nx\n```")
    assert "Tool **web_search**: None of 6 engines answered." in content
    assert content.endswith("**Result**\n\n```text\n43\n```")


def test_an_open_question_comes_last_with_its_buttons(assets):
    asked = [PermissionAsked(name, "import", name, "It is good.") for name in ("socket", "ctypes")]
    step = StepView(1, code="f()", running=True, asked=[*asked, CITY], replies={"socket": "always"}, displays=[PICTURE])
    _, _, picture, decided, running, question = turn_messages(TurnView("why?", [step]), assets)
    assert running["metadata"]["status"] == "pending" and is_picture(picture)
    assert "You allowed “socket” for this chat." in decided["content"] and "options" not in decided
    assert "ctypes" in question["content"] and len(question["options"]) == 3
    step.replies["ctypes"] = "deny"
    *_, denied, _, question = turn_messages(TurnView("why?", [step]), assets)
    assert "“ctypes” was not allowed." in denied["content"] and "options" not in denied
    assert "Which city?" in question["content"] and len(question["options"]) == 2
    step.replies["city"] = "Bern"
    *_, answered, last = turn_messages(TurnView("why?", [step]), assets)
    assert "You answered: Bern" in answered["content"] and "options" not in answered
    assert "options" not in last


def test_a_table_takes_the_place_of_its_text_and_a_picture_stands_outside(assets):
    step = StepView(1, code="df", displays=[TABLE, PICTURE], finished=done(execution=Execution(value="a 1")))
    table, picture, shown = turn_messages(TurnView("why?", [step]), assets)[2:]
    assert table == {"role": "assistant", "content": TABLE.data["text/html"]}
    assert "Result" not in shown["content"] and "<table>" not in shown["content"]
    assert is_picture(picture)


def test_only_the_last_table_stands_beside_the_answer_and_only_once(assets):
    other = Display({"text/plain": "b 2", "text/html": "<table><tbody><tr><td>2</td></tr></tbody></table>"})
    steps = [StepView(n, code="df", displays=[shown], finished=done(n)) for n, shown in enumerate((TABLE, other))]
    turn = TurnView("why?", [*steps, StepView(3, code="x", finished=done(3))], TABLE)
    _, _, first, second, _, beside, answer = turn_messages(turn, assets)
    assert TABLE.data["text/html"] in first["content"] and "<table>" not in second["content"]
    assert (beside["content"], answer["content"]) == (other.data["text/html"], TABLE.data["text/html"])
    turn.answer = other
    _, _, _, second, _, answer = turn_messages(turn, assets)
    assert other.data["text/html"] in second["content"] and answer["content"] == other.data["text/html"]


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (Display({"text/plain": "3.0"}), "3.0"),
        (Display({"text/plain": "a*b"}), "a&#42;b"),
        (Display({"text/plain": "a\n b"}), "```text\na\n b\n```"),
        (TABLE, TABLE.data["text/html"]),
        (answered("**3**"), "**3**"),
    ],
)
def test_an_answer_is_shown_as_what_it_is(assets, answer, content):
    assert turn_messages(TurnView("why?", [], answer), assets)[-1]["content"] == content


def test_a_table_can_be_downloaded_where_it_shows(assets):
    table = Display(TABLE.data | {"text/csv": "a\n1\n"})
    large = Display({"text/plain": "large", "text/html": "<p>1</p>" * 99_000, "text/csv": "b\n1\n"})
    step = StepView(1, code="df", displays=[table, TABLE, large], finished=done(execution=Execution(value="a 1")))
    *_, beside, too_large, answer = turn_messages(TurnView("why?", [step], table), assets)
    hrefs = [re.findall('href="([^"]*)"', message["content"]) for message in (too_large, answer)]
    assert "href" not in beside["content"]
    hrefs[0] = [*hrefs[1], *hrefs[0]]
    names = re.findall(r"tables/secret/([0-9a-f]{24})\.(?:csv|xlsx)", " ".join(hrefs[0]))
    assert names[0] == names[1] and names[2] == names[3] and hrefs[1] == hrefs[0][:2]
    found = [assets.tables.find(name) for name in (names[0], names[2], "0", "")]
    assert [display and display.data["text/csv"] for display in found] == ["a\n1\n", "b\n1\n", None, None]
    events = [Displayed(table), FinalAnswer(large)]
    assert Assets.of_chat("secret", events).tables.find(names[2]) is large, "as when the chat is opened again"


@pytest.mark.parametrize(
    ("data", "content"),
    [
        ({"text/latex": "$\\displaystyle x < 1$"}, "$$\\displaystyle x \\lt  1$$"),
        ({"text/latex": "$x"}, "```text\na text\n```"),
        ({"text/markdown": "**b** <i x>"}, "**b** &lt;i x>"),
        ({"text/html": "<b>h</b>", "text/latex": "$x$"}, "<b>h</b>"),
    ],
)
def test_what_is_more_than_text_shows_once(assets, data: dict[str, str], content: str):
    display = Display({"text/plain": "a text"} | data)
    step = StepView(1, code="x", displays=[display], finished=done(execution=Execution(value="a text")))
    _, _, *beside, shown = (message["content"] for message in turn_messages(TurnView("why?", [step]), assets))
    assert [shown, *beside] == ["```python\nx\n```", content] if beside else [f"```python\nx\n```\n\n{content}"]
    answer = turn_messages(TurnView("why?", [], display), assets)[-1]["content"]
    assert answer == content


def test_a_picture_can_be_the_answer(assets):
    assert is_picture(turn_messages(TurnView("why?", [], PICTURE), assets)[-1])


def test_output_cannot_end_its_block_and_is_cut_where_it_is_long(assets):
    step = StepView(1, code="x", finished=done(execution=Execution(stdout="```\n# head\n````\n")))
    assert "`````text\n```\n# head\n````\n`````" in only_step(step, assets)["content"]
    step.finished = done(execution=Execution(stdout="a" * 50_000 + "the end"))
    content = only_step(step, assets)["content"]
    assert len(content) < 7_000
    assert "characters left out" in content and "the end" in content


@pytest.mark.parametrize(
    "text", ["a *b* _c_ `d` [e](f) <g> # h | i ~~j~~ $$k$$ \\(l\\) &amp;", "- a\n1. b\n2) c\n+ d\n==="]
)
def test_a_question_has_no_sign_left_that_could_be_markup(assets, text):
    content = turn_messages(TurnView(text), assets)[0]["content"]
    assert html.unescape(content) == text
    assert not re.search(r"[*_`\[\]<>|~$\\]|^[-+=]|^\d[.)]|&(?!#\d+;)|(?<!&)#", content, re.MULTILINE)


def test_estimated_tokens_are_marked():
    assert usage_text(Usage(1_000, 1, 1)) == "1,001 tokens"
    assert usage_text(Usage(1_000, 1, 1, estimated=True)) == "~1,001 tokens"


ANSWER_STEP = (StepStarted(1), ThoughtDelta("About 1."), done())
AT_LIMIT = (FinalAnswer(answered("About 1.")), RunFinished("max_steps", "The limit."), RunResumed())


@pytest.mark.parametrize("after", [AT_LIMIT, (AnswerRefused(answered("About 1."), "Too short."),)])
@pytest.mark.parametrize("later", [(), (StepStarted(2),), (StepStarted(2), RunFinished("stopped", "Stopped."))])
def test_an_answer_that_was_not_the_last_word_shows_once(assets, after: tuple[Event, ...], later: tuple[Event, ...]):
    (turn,) = Transcript([RunStarted("why?"), *ANSWER_STEP, *after, *later]).turns
    showing = [message for message in turn_messages(turn, assets) if "About 1." in message["content"]]
    assert [message["metadata"]["status"] for message in showing] == ["done"]


def test_what_cannot_be_shown_is_one_sentence_and_the_rest_shows(assets, caplog):
    broken = Display({"text/plain": "x", "image/svg+xml": None})  # pyright: ignore
    asked: list[Asked] = [PermissionAsked("1", "import", "socket", "It is good.")]
    step = StepView(1, code="f()", running=True, displays=[PICTURE, broken, PICTURE], asked=asked)
    turn = TurnView("why?", [NoteView(None), step], broken)  # pyright: ignore
    shows = [turn_messages(turn, assets) for _ in range(3)]
    assert shows[0] == shows[1] == shows[2]
    question, _, shown, note, first, second, third, asks, answer = shows[0]
    assert question["content"] == "why?" and "f()" in shown["content"]
    assert is_picture(first) and is_picture(third)
    for lost in (note, second, answer):
        assert lost["content"] == "⚠️ This part of the chat cannot be shown."
    assert "socket" in asks["content"] and len(asks["options"]) == 3
    assert len(caplog.records) == 3, "once for each kind, however often it is shown"


def test_a_text_that_was_displayed_shows(assets):
    step = StepView(1, code="x", displays=[Display({"text/plain": "seen"})], finished=done(execution=Execution()))
    assert "```text\nseen\n```" in only_step(step, assets)["content"]
    step = StepView(1, code="x", displays=[Display({"text/plain": "4"})], finished=done(execution=Execution(value="4")))
    assert only_step(step, assets)["content"].count("```text\n4\n```") == 1


def test_a_page_that_is_too_large_shows_as_its_text(assets):
    large = Display({"text/plain": "a table", "text/html": "<table>" + "<tr><td>1</td></tr>" * 100_000})
    step = StepView(1, code="x", displays=[large], running=True)
    _, _, beside, _ = turn_messages(TurnView("why?", [step]), assets)
    content = beside["content"]
    assert "a table\n(Too large to be shown as more than text.)" in content and "<td>" not in content
    half = Display({"text/plain": "half", "text/html": "<p>1</p>" * 25_000})
    step.displays = [half, half]
    content = "".join(message["content"] for message in turn_messages(TurnView("why?", [step]), assets))
    assert content.count("<p>1</p>") == 25_000 and content.count("Too large") == 1


def test_an_answer_shows_files_of_this_turn_and_of_earlier_ones(assets):
    wrote = Execution(files=(FileNote.of("chart.png", 3), FileNote.of("b.csv", 3)))
    text = "![c](chart.png) [b](b.csv) [a](a.csv) [gone](gone.csv)"
    turn = TurnView("why?", [StepView(1, code="1", finished=done(execution=wrote))], answer=answered(text))
    content = turn_messages(turn, assets, earlier_files=frozenset({"a.csv"}))[-2]["content"]
    addresses = ["files/secret/chart.png?picture", "files/secret/b.csv", "files/secret/a.csv"]
    assert re.findall(r'(?:src|href)="([^"]*)"', content) == addresses and "gone.csv" in content


def test_a_reply_that_was_cut_off_says_so_in_its_step(assets):
    begun = (StepStarted(1), ThoughtDelta("I look."), CodeDelta("x = 1\nx = 1\nx = 1"))
    (turn,) = Transcript([RunStarted("why?"), *begun, ReplyCut("It was *cut*.", "x = 1"), done()]).turns
    _, _, step = turn_messages(turn, assets)
    assert step["metadata"]["title"] == "○ Ran some Python – cut off"
    assert step["content"].count("x = 1") == 1
    assert "It was *cut*." in html.unescape(step["content"]).replace("\\", "")
    (turn,) = Transcript(
        [RunStarted("why?"), StepStarted(1), ReplyCut("Think less."), done(), FinalAnswer(answered("Yes."))]
    ).turns
    assert [message["content"] for message in turn_messages(turn, assets)] == ["why?", "✂️ Think less.", "Yes."]


def test_an_answer_that_was_cut_off_can_go_on(assets):
    turn = TurnView("why?", answer=answered("Because"), finished=RunFinished("cut_off", "The answer was cut off."))
    *_, ending = turn_messages(turn, assets, resumable=True)
    assert ending["content"] == "✂️ The answer was cut off."
    assert [option["label"] for option in ending["options"]] == ["Go on"]
    assert ending["options"][0]["value"] == "continue"
