"""Whether the code of a reply is run or shown, and which blocks belong together."""

import pytest

from agent_core.parsing import CodeReplyReader, ReplyContext, parse_reply
from tests.corpora import replies, shown_code

SUM = "I add them.\n```python\nx = [1, 2]\n```\n"


def read(text, size=10**6, *, question="", **known):
    """The reply, and what was shown of it while it came."""
    reader, pieces = CodeReplyReader(ReplyContext(question, tools=["web_search"], **known)), []
    for start in range(0, len(text), size):
        pieces += reader.feed(text[start : start + size])
    pieces += reader.close()
    return reader.reply(), pieces


def shown(pieces, kind):
    return "".join(piece.text for piece in pieces if piece.kind == kind)


def right(name):
    """How many replies of a corpus are read right, and how many there are: of those to show, and of those to run."""
    kinds = {"answer": "answer", "run": "code"}
    cases = shown_code.load(name)
    hits = [case.kind for case in cases if read(case.reply, question=case.question)[0].kind == kinds[case.kind]]
    return [(hits.count(kind), sum(case.kind == kind for case in cases)) for kind in ("answer", "run")]


@pytest.mark.parametrize("name", ["tuning", "held_out"])
def test_code_that_answers_is_told_from_code_to_run(name):
    for hits, count in right(name):
        assert hits >= 0.9 * count


@pytest.mark.parametrize("size", [1, 7, 10**6])
@pytest.mark.parametrize("case", shown_code.load("held_out"), ids=lambda case: case.question[:40])
def test_what_streams_is_what_the_reply_says(case, size):
    reply, pieces = read(case.reply, size, question=case.question)
    assert reply == read(case.reply, question=case.question)[0]
    if reply.kind == "answer":
        assert shown(pieces, "prose").strip() == case.reply.strip() == reply.answer
        assert shown(pieces, "code") == ""
    else:
        assert shown(pieces, "code").strip() == reply.code


@pytest.mark.parametrize("size", [3, 10**6])
@pytest.mark.parametrize("case", replies.load(), ids=lambda case: case.name)
def test_a_reply_of_the_corpus_is_read_as_without_a_question(case, size):
    assert read(case.text, size)[0] == parse_reply(case.text)


@pytest.mark.parametrize(
    "between", ["", "\n", "Then I print it:\n\n", "\n## Step 2: print\n\n", "**Now** print the sum\n", "Finally:\n"]
)
@pytest.mark.parametrize("size", [1, 10**6])
def test_blocks_with_a_line_that_leads_on_are_one_program(between, size):
    reply, pieces = read(f"{SUM}{between}```python\nprint(sum(x))\n```\n", size)
    assert (reply.kind, reply.thought) == ("code", "I add them.")
    assert [line for line in reply.code.splitlines() if line and line[0] != "#"] == ["x = [1, 2]", "print(sum(x))"]
    assert [line for line in shown(pieces, "code").splitlines() if line] == [
        line for line in reply.code.splitlines() if line
    ]
    assert ("# " in reply.code) == bool(between.strip())


@pytest.mark.parametrize(
    "between",
    ["Observation: [1, 2]\n", "This prints the list.\n", "```output\n3\n```\n", "The sum is 3.\n", "\nOutput:\n3\n"],
)
def test_a_block_after_what_the_model_made_up_is_dropped(between):
    assert read(f"{SUM}{between}```python\nprint(sum(x))\n```\n")[0].code == "x = [1, 2]"


@pytest.mark.parametrize("first", ["found = web_search('x')", "final_answer(3)"])
def test_a_block_after_a_tool_or_an_answer_is_dropped(first):
    reader = CodeReplyReader(ReplyContext(tools=["web_search"]))
    reader.feed(f"I look.\n```python\n{first}\n```\n")
    assert reader.finished
    reader.close()
    assert reader.reply().code == first


def test_a_block_that_was_not_finished_is_run_with_the_first():
    assert read(f"{SUM}```python\nprint(sum(x))")[0].code == "x = [1, 2]\n\nprint(sum(x))"


@pytest.mark.parametrize("words", ["there is no region; I use quarters", "the file has no names – I take the numbers"])
def test_what_the_model_is_about_to_do_says_so_after_any_sign(words):
    code = "total = sales.groupby('quarter')['sold'].sum()\ntotal.plot()\nplt.show()"
    question = "Draw how the sales of the regions in my csv file developed, please."
    reply, _ = read(
        f"{words.capitalize()}.\n```python\n{code}\n```", question=question, ran=["sales = 1"], has_variables=True
    )
    assert (reply.kind, reply.code) == ("code", code)


QUESTION = "Write a function that doubles a number."


def test_code_with_nothing_around_it_is_run_once_and_then_shown():
    text = "```python\ndef double(x):\n    return 2 * x\n\nprint(double(4))\n```"
    first, _ = read(text, question=QUESTION)
    assert first.kind == "code"
    assert read(text, question=QUESTION, ran=[first.code], has_variables=True)[0].answer == text


def test_code_that_is_certainly_run_streams_at_once():
    reader = CodeReplyReader(ReplyContext(QUESTION))
    reader.feed("I test it.\n```python\n")
    assert [piece.text for piece in reader.feed("print(")] == ["print("]


def test_a_draft_that_was_never_opened_is_not_the_answer():
    draft = "Perhaps:\n```python\nrisky()\n```\nor so.\n</think>\n"
    reply, _ = read(f"{draft}You can double it so:\n```python\ny = 2 * x\n```\nThat doubles x.", 5, question=QUESTION)
    assert reply.kind == "answer" and "risky" not in reply.answer and "y = 2 * x" in reply.answer
