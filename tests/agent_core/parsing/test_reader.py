"""Reading replies, whole and streamed."""

import pytest

from agent_core.parsing import ReplyReader, ToolReplyReader, parse_reply
from tests.corpora.replies import load

FENCE = "```"
CASES = [pytest.param(case, id=f"{case.origin}: {case.name}") for case in load()]


@pytest.mark.parametrize(
    ("text", "thought", "code"),
    [
        ("I add.\n```python\n1 + 1\n```", "I add.", "1 + 1"),
        ("```py\nx = 1\n\ny = 2\n```", "", "x = 1\n\ny = 2"),
        ("~~~python\nx = 1\n~~~\n", "", "x = 1"),
        ("   ```python\n   if x:\n       y = 2\n   ```", "", "if x:\n    y = 2"),
        ("````python\nprint('''\n```\n''')\n````", "", "print('''\n```\n''')"),
        (
            "```python\ns = '''\n```python\nquoted\n```\n'''\nprint(s)\n```",
            "",
            "s = '''\n```python\nquoted\n```\n'''\nprint(s)",
        ),
        ("Never closed.\n```python\nx = 1", "Never closed.", "x = 1"),
        ("Windows.\r\n```python\r\nx = 1\r\n```\r\n", "Windows.", "x = 1"),
        ("Plain fence:\n```\nprint(1)\n```", "Plain fence:", "print(1)"),
        ("Tag.\n<code>\nx = 1\n</code>", "Tag.", "x = 1"),
        ("<code>x = 1</code>", "", "x = 1"),
        ("A.\n```python\nx = 1\n```\nObservation: 5\n```python\ny = 2\n```", "A.", "x = 1"),
        (
            "First some output:\n```text\n3 rows\n```\n```python\nx = 1\n```",
            "First some output:\n```text\n3 rows\n```",
            "x = 1",
        ),
    ],
)
def test_a_reply_with_an_action_is_code(text, thought, code):
    reply = parse_reply(text)
    assert (reply.kind, reply.thought, reply.code.replace("\r", "")) == ("code", thought, code)


@pytest.mark.parametrize(
    "text",
    [
        "Hello! How can I help?",
        "A table:\n```\nname  age\nAda   36\n```",
        "Run this in a shell:\n```bash\nls -l\n```",
        "Use `print` and x < 3 ~ y",
        "{'a': 1}",
    ],
)
def test_a_reply_without_an_action_is_the_answer(text):
    reply = parse_reply(text)
    assert (reply.kind, reply.answer) == ("answer", text)


@pytest.mark.parametrize("text", ["{{\n", '{"a": {1: [', "<tool_call>", "```", "[TOOL_CALLS]{{}}"])
def test_what_breaks_off_is_read_all_the_same(text):
    assert parse_reply(text).kind == "answer"


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>{[",
        '<tool_call>{"name": "note", "arguments": {"text": "half of',
        '[TOOL_CALLS][{"name": "note", "arguments": {"text": "half of',
        '{"tool": "note", "arguments": {"text": "half of',
        'I note it.\n```json\n[{"tool": "note", "arguments": {"text": "half of',
        '{"name": "python", "arguments": {"code": "print(1)\\nprint(',
    ],
)
def test_a_call_that_was_never_closed_is_not_completed(text):
    reply = parse_reply(text)
    assert (reply.kind, reply.cut, reply.code) == ("cut", "unclosed", "")


@pytest.mark.parametrize(
    "written",
    [
        '{"tool": "get_time"}',
        '{"tool": "get_time", "arguments": {}}',
        '{"name": "get_time", "arguments": null}',
        '{"name": "get_time", "arguments": ""}',
        '{"name": "get_time", "arguments": []}',
        '{"name": "get_time", "arguments": "{}"}',
        '{"name": "get_time", "arguments": "\\"{}\\""}',
        '```json\n[{"tool": "get_time"}]\n```',
        '<tool_call>{"name": "get_time"}</tool_call>',
        '<tool_call>\n{"name": "get_time", "arguments": {}}\n</tool_call>',
        "<tool_call>get_time</tool_call>",
        "<tool_call>get_time()</tool_call>",
        "<function=get_time></function>",
        "<function=get_time>{}</function>",
        "<tool_call>\n<function=get_time>\n</function>\n</tool_call>",
        '<invoke name="get_time"></invoke>',
        "[TOOL_CALLS]get_time{}",
        '[TOOL_CALLS][{"name": "get_time"}]',
        "[TOOL_CALLS]get_time",
        "<|tool_call_begin|>functions.get_time:0<|tool_call_argument_begin|>{}<|tool_call_end|>",
        "Action: get_time\nAction Input: {}",
        "Action: get_time\nAction Input:",
        "Action: get_time()",
    ],
)
def test_a_call_without_arguments_is_a_call(written):
    reply = parse_reply(f"I look.\n{written}")
    assert (reply.kind, reply.code) == ("code", "get_time()")
    reader = ToolReplyReader({"get_time": []}, native=False)
    reader.feed(f"I look.\n{written}")
    reader.close()
    assert [(call.name, call.arguments) for call in reader.reply().calls] == [("get_time", {})]


@pytest.mark.parametrize(
    "written",
    [
        '```json\n{\n  "name": "python",\n  "arguments": {"code": "17 * 23"}\n}\n```',
        '{"name": "python", "arguments": {"code": "17 * 23"}}',
        '<tool_call>\n{"name": "functions.python", "arguments": {"code": "17 * 23"}}\n</tool_call>',
    ],
)
def test_code_for_python_in_json_is_a_call_although_the_service_takes_native_ones(written):
    reader = ToolReplyReader({"python": ["code"]}, native=True)
    assert [piece.kind for piece in [*reader.feed(written), *reader.close()]] == ["code"]
    assert [(call.name, call.arguments) for call in reader.reply().calls] == [("python", {"code": "17 * 23"})]


@pytest.mark.parametrize(
    "shown",
    [
        '```json\n{"name": "functions.get_weather", "arguments": {"city": "Paris"}}\n```',
        '```json\n{"code": "print(1)"}\n```',
        "```python\nprint(1)\n```",
    ],
)
def test_what_an_answer_shows_is_no_call_where_the_service_takes_native_ones(shown):
    reader = ToolReplyReader({"python": ["code"]}, native=True)
    reader.feed(f"For example:\n{shown}")
    reader.close()
    assert reader.reply().kind == "answer"


@pytest.mark.parametrize("text", ['{"name": "Bob"}', 'It is {"name": "Bob"} there.', '```json\n{"name": "Bob"}\n```'])
def test_data_with_a_name_is_no_call(text):
    assert parse_reply(text).kind == "answer"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>I close it with `</think>` later.</think>It is 3.", "It is 3."),
        ('<think>The mark "</think>" ends it. So: 3.\n</think>\n\nIt is 3.', "It is 3."),
        ("<think>One.</think>\nNo, wait. Two.\n</think>\nIt is 3.", "It is 3."),
        ("One </think> two </think>It is 3.", "It is 3."),
        ("<think>One.</think>It is 3.</think>", "It is 3."),
    ],
)
def test_an_end_mark_inside_a_draft_does_not_let_it_out(text, answer):
    assert parse_reply(text).answer == answer
    reader = ReplyReader()
    for character in text:
        reader.feed(character)
    reader.close()
    assert reader.reply().answer == answer


@pytest.mark.parametrize("text", ["", "  \n\n", "```python\n```"])
def test_nothing_is_unclear(text):
    assert parse_reply(text).kind == "unclear"


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize(
    "text",
    [
        "I add.\n\n```python\n# Add `two` numbers\nx = 1 + 1\n```\nObservation: 2",
        "Hello `you`\n- one\n- two",
        "<code>\nx = 1\n</code>\nmore",
        "Plain:\n```\nprint(1)\n```\nmore",
    ],
)
def test_however_it_is_cut_a_stream_reads_like_the_whole(text, size):
    reader = ReplyReader()
    pieces = []
    for start in range(0, len(text), size):
        pieces += reader.feed(text[start : start + size])
    pieces += reader.close()
    assert reader.reply() == parse_reply(text)
    shown = "".join(piece.text for piece in pieces if piece.kind == "code").strip()
    assert shown == parse_reply(text).code


def test_prose_streams_before_its_line_is_complete():
    reader = ReplyReader()
    assert [piece.text for piece in reader.feed("I think ")] == ["I think "]
    assert [piece.text for piece in reader.feed("that `")] == ["that `"]


def test_a_fence_is_held_back_until_it_is_known():
    reader = ReplyReader()
    assert reader.feed("``") == []
    assert reader.feed("`python\n") == []
    assert [(piece.kind, piece.text) for piece in reader.feed("x = 1\n")] == [("code", "x = 1\n")]
    assert not reader.finished
    reader.feed("```\n")
    assert reader.finished


def test_a_remembered_reply_reads_the_same_again():
    reply = parse_reply(f"I add.\n{FENCE}python\n1 + 1\n{FENCE}\nignored")
    assert parse_reply(reply.text) == reply


@pytest.mark.parametrize("case", CASES)
def test_a_reply_of_the_corpus_says_what_it_says(case):
    reply = parse_reply(case.text)
    assert reply.kind == case.kind
    assert (reply.code if case.kind == "code" else reply.answer).strip() == case.expected.strip()
    if case.kind == "unclear":
        assert reply.thought == reply.answer


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("case", CASES)
def test_a_reply_of_the_corpus_streams_like_the_whole(case, size):
    reader = ReplyReader()
    for start in range(0, len(case.text), size):
        reader.feed(case.text[start : start + size])
    reader.close()
    assert reader.reply() == parse_reply(case.text)


@pytest.mark.parametrize("case", CASES)
def test_a_reply_of_the_corpus_reads_the_same_when_remembered(case):
    reply = parse_reply(case.text)
    if reply.kind == "code":
        assert parse_reply(reply.text) == reply


@pytest.mark.parametrize(
    "text",
    [
        "I add.\n```python\n1 + 1\n```\n",
        "<code>1 + 1</code>",
        "<code>\n1 + 1\n</code>",
        '<tool_call>{"name": "python", "arguments": {"code": "1 + 1"}}</tool_call>',
        '{"name": "python", "arguments": {"code": "1 + 1"}}',
        "<|channel|>commentary to=python code<|message|>1 + 1<|call|>",
        "```\nprint(1)\n```\n",
    ],
)
def test_a_stream_may_be_cut_when_the_first_action_is_complete(text):
    reader = ReplyReader()
    for character in text:
        assert not reader.finished
        reader.feed(character)
    assert reader.finished
    reader.feed("Observation: 3\n```python\nimagined()\n```\n")
    reader.close()
    assert reader.reply() == parse_reply(text)


def test_the_end_of_a_thinking_block_that_was_never_opened_takes_an_action_back():
    reader = ReplyReader()
    reader.feed("Perhaps\n```python\nrisky()\n```\n")
    assert reader.finished
    reader.feed("No.\n</thi")
    reader.feed("nk>\nThe answer is 4.")
    assert not reader.finished
    reader.close()
    assert reader.reply().answer == "The answer is 4."


def test_an_answer_streams_word_by_word():
    reader = ReplyReader()
    shown = ["".join(piece.text for piece in reader.feed(word)) for word in ["The ", "city ", "is ", "Oslo ", "< 1 M."]]
    assert shown == ["", "The city ", "is ", "Oslo ", "< 1 M."]


def test_code_streams_before_its_line_is_complete():
    reader = ReplyReader()
    reader.feed("```python\n")
    assert [piece.text for piece in reader.feed("print(")] == ["print("]
    assert [piece.text for piece in reader.feed("1)\n")] == ["1)\n"]


def test_a_remembered_fence_is_longer_than_any_in_the_code():
    code = "s = 'a'\n# x\nt = '''\n````\n'''\nprint(t)"
    reply = parse_reply(f"`````python\n{code}\n`````")
    assert reply.code == code
    assert reply.text.startswith("`````python\n")
    assert parse_reply(reply.text) == reply
