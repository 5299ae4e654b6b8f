"""Reading native calls while they stream."""

import json

import pytest

from agent_core.models.base import CallDelta
from agent_core.parsing import ActionCall, ReplyReader


def feed_call(arguments, name="python", size=3):
    """A reader that was given a native call, its arguments in pieces of this size; and the code it showed."""
    reader = ReplyReader()
    pieces = reader.feed("I look.") + reader.feed_call(CallDelta(0, "call_1", name))
    for start in range(0, len(arguments), size):
        pieces += reader.feed_call(CallDelta(0, arguments=arguments[start : start + size]))
    return reader, "".join(piece.text for piece in pieces if piece.kind == "code")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("code", ["x = 1\nprint(x)", 'print("\\\\n", \'"\')', "print('😀 é ☃')", "a\tb\\"])
def test_the_code_of_a_native_call_streams(code, size):
    reader, shown = feed_call(json.dumps({"code": code}), size=size)
    assert shown == code
    assert reader.finished
    reply = reader.reply()
    assert (reply.kind, reply.thought, reply.code) == ("code", "I look.", code)
    assert reply.calls == (ActionCall("call_1", "python", {"code": code}),)


def test_the_code_of_a_native_call_shows_before_it_is_complete():
    reader, shown = feed_call('{"code": "x = 1\\ny')
    assert shown == "x = 1\ny"
    assert not reader.finished
    reader.close()
    reply = reader.reply()
    assert (reply.kind, reply.cut, reply.code, reply.calls) == ("cut", "unclosed", "x = 1\ny", ())


def test_a_native_call_of_another_tool_becomes_python():
    reader, shown = feed_call('{"query": "a \\"b\\"", "limit": 3}', name="web_search")
    assert shown == reader.reply().code == "web_search(query='a \"b\"', limit=3)"


def test_a_native_call_without_arguments_is_complete_at_the_end():
    reader, _ = feed_call("", name="get_time")
    assert not reader.finished
    assert [piece.text for piece in reader.close()] == ["get_time()"]
    assert reader.reply().code == "get_time()"


def test_only_the_first_native_call_is_read():
    reader, _ = feed_call('{"code": "x = 1"}', name="python")
    reader.feed_call(CallDelta(1, "call_2", "python", '{"code": "y = 2"}'))
    assert reader.finished
    assert [(call.id, call.arguments) for call in reader.reply().calls] == [("call_1", {"code": "x = 1"})]


def test_a_block_that_is_complete_comes_before_a_native_call():
    reader = ReplyReader()
    reader.feed("```python\nx = 1\n```\n")
    assert reader.feed_call(CallDelta(0, "call_1", "python", '{"code": "y = 2"}')) == []
    assert (reader.reply().code, reader.reply().calls) == ("x = 1", ())


def test_a_native_call_whose_code_came_without_json():
    reader, _ = feed_call("print(1)")
    reader.close()
    assert reader.reply().code == "print(1)"
