"""Streams that differ from OpenAI's form in ways that real servers do, through both real clients."""

import json

import pytest

from agent_core import CodeAgent
from agent_core.errors import ModelError
from agent_core.models.base import Message
from tests.agent_core.models.support import make
from tests.doubles.openai_server import OpenAIServer, Reply

QUESTION: list[Message] = [{"role": "user", "content": "Hello?"}]
DONE = "data: [DONE]\n\n"


def event(delta: object, finish: str | None = None, **more: object) -> dict[str, object]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {"id": "r", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice], **more}


def lines(*events: object, mark: str = "data: ") -> str:
    return "".join(f"{mark}{json.dumps(event)}\n\n" for event in events)


def whole(message: dict[str, object]) -> str:
    """A reply that does not stream."""
    choices = [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}]
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    return json.dumps(
        {"id": "r", "object": "chat.completion", "created": 0, "model": "m", "choices": choices, "usage": usage},
        indent=1,
    )


CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "search", "arguments": '{"q": 1}'}}
END = event({}, "stop")
TEXTS = {
    "content in parts": lines(
        event({"content": [{"type": "text", "text": "It is"}]}),
        event({"content": [{"type": "text", "text": " 3."}]}),
        END,
    ),
    "thoughts in parts": lines(
        event({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]}),
        event({"content": "It is 3."}),
        END,
    ),
    "all in reasoning_content": lines(event({"reasoning_content": "It is "}), event({"reasoning_content": "3."}), END),
    "all in reasoning": lines(event({"reasoning": "It is 3.", "content": None}), event({"content": ""}, "stop")),
    "no stream": whole({"content": "It is 3.", "tool_calls": None, "refusal": None}),
    "no stream, in parts": whole({"content": [{"type": "text", "text": "It is 3."}]}),
    "no stream, all in reasoning": whole({"content": "", "reasoning_content": "It is 3."}),
    "a refusal": lines(event({"refusal": "It is "}), event({"refusal": "3.", "content": None}), END),
    "a refusal without a stream": whole({"content": None, "refusal": "It is 3."}),
    "no finish reason": lines(event({"content": "It is 3."})) + DONE,
    "no space": lines(event({"content": "It is 3."}), mark="data:") + "data:[DONE]\n\n",
    "an empty finish reason": lines(event({"content": "It is"}, ""), event({"content": " 3."}, "stop")),
    "nulls": lines(
        event(None, usage=None),
        event({"role": None, "content": None, "tool_calls": None, "function_call": None}),
        {"id": None, "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": None},
        event({"content": "It is 3.", "tool_calls": [], "reasoning_content": None}),
        END,
    ),
    "an event that is null": "data: null\n\n" + lines(event({"content": "It is 3."}), END),
    "messages for deltas": lines(
        {"id": "r", "choices": [{"message": {"content": "It is 3."}, "finish_reason": "stop"}]}
    ),
    "texts for deltas": lines({"id": "r", "choices": [{"index": 0, "text": "It is 3.", "finish_reason": "stop"}]}),
    "comments and returns": ": ping\r\n\r\n" + lines(event({"content": "It is 3."}), END).replace("\n", "\r\n"),
}


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
@pytest.mark.parametrize("name", TEXTS)
async def test_a_text_is_read_however_it_comes(client: str, name: str):
    media_type = "application/json" if name.startswith("no stream") else "text/event-stream"
    with OpenAIServer([Reply(raw=TEXTS[name], media_type=media_type)]) as server:
        chunks = [chunk async for chunk in make(client, server.url).stream(QUESTION, max_tokens=9)]
    assert "".join(chunk.text for chunk in chunks) == "It is 3."
    assert [chunk.finish_reason for chunk in chunks if chunk.finish_reason] == ["stop"]


CALLS = {
    "no stream": whole({"content": None, "tool_calls": [{key: CALL[key] for key in ("id", "type", "function")}]}),
    "the old form": lines(event({"function_call": {"name": "search", "arguments": '{"q"'}}))
    + lines(event({"function_call": {"arguments": ": 1}"}}), event({}, "function_call")),
    "nulls": lines(
        event({"tool_calls": [{**CALL, "function": {"name": "search", "arguments": None}}], "content": None}),
        event({"tool_calls": [{"index": 0, "id": None, "function": {"name": None, "arguments": '{"q": 1}'}}]}),
        event({"tool_calls": [{"index": 0, "function": None}]}),
        event({}, "tool_calls"),
    ),
    "no finish reason": lines(event({"tool_calls": [CALL]})) + DONE,
    "arguments as an object": lines(
        event({"tool_calls": [{**CALL, "function": {"name": "search", "arguments": {"q": 1}}}]}), END
    ),
}


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
@pytest.mark.parametrize("name", CALLS)
async def test_a_call_is_read_however_it_comes(client: str, name: str):
    media_type = "application/json" if name == "no stream" else "text/event-stream"
    with OpenAIServer([Reply(raw=CALLS[name], media_type=media_type)]) as server:
        chunks = [chunk async for chunk in make(client, server.url).stream(QUESTION, max_tokens=9)]
    calls = [chunk.call for chunk in chunks if chunk.call]
    assert "".join(call.name for call in calls) == "search"
    assert json.loads("".join(call.arguments for call in calls)) == {"q": 1}


@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
@pytest.mark.parametrize("call", [None, ("search", {"q": 1})])
async def test_a_stream_that_just_ends_is_no_whole_reply(client: str, call):
    server = OpenAIServer([Reply("It is 3, or so.", call=call, fault="cut_short")])
    with server, pytest.raises(ModelError) as caught:
        [chunk async for chunk in make(client, server.url).stream(QUESTION, max_tokens=9)]
    assert (caught.value.code, caught.value.retryable) == ("cut_off", True)


@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
@pytest.mark.parametrize("reason", ["length", "content_filter"])
@pytest.mark.parametrize("text", ["It is", ""])
async def test_the_reason_why_a_reply_was_cut_is_told(client: str, reason: str, text: str):
    with OpenAIServer([Reply(text, reasoning="Hm.", finish=reason)]) as server:
        chunks = [chunk async for chunk in make(client, server.url).stream(QUESTION, max_tokens=9)]
    assert "".join(chunk.text for chunk in chunks) == text
    assert [chunk.finish_reason for chunk in chunks if chunk.finish_reason] == [reason]


async def test_what_a_service_counts_meanwhile_counts_if_the_end_is_not_waited_for(serve):
    counted = {"prompt_tokens": 900, "completion_tokens": 9, "total_tokens": 909}
    code = event({"content": "```python\nfinal_answer(3)\n```\n"}, usage=counted)
    server = serve([Reply(raw=lines(code, event({"content": "The value is 3."}), END))])
    async with CodeAgent(make("hub", server.url)) as agent:
        usage = (await agent.run("1 + 2?")).usage
    assert (usage.input_tokens, usage.output_tokens, usage.estimated) == (900, 9, False)
