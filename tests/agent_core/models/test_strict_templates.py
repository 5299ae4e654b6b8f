"""Chat templates that refuse system messages, or two messages of one role in a row."""

import pytest

from agent_core.errors import ModelError
from agent_core.models import served
from agent_core.models.base import Message
from agent_core.models.strict_templates import with_plain_roles
from tests.agent_core.models.support import make
from tests.doubles.openai_server import Reply

CHAT: list[Message] = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Why?"}]
PLAIN = [{"role": "user", "content": "Be short.\n\nWhy?"}]
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
REFUSALS = [
    (400, "Unable to generate parser for this template. Jinja Exception: System role not supported"),
    (500, "System role not supported"),
    (400, "Conversation roles must alternate user/assistant/user/assistant/..."),
    (400, "Only user and assistant roles are supported!"),
    (400, "Developer instruction is not enabled for models/gemma-3-27b-it"),
    (400, "This model does not support system messages."),
    (422, "system messages are not supported"),
]


@pytest.fixture(autouse=True)
def nothing_refused_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "_strict", set())


async def text_of(model) -> str:
    return "".join([chunk.text async for chunk in model.stream(CHAT, max_tokens=9)])


@pytest.mark.parametrize("client", ["hub", "litellm", "openai"])
@pytest.mark.parametrize(("status", "said"), REFUSALS)
async def test_a_refusal_is_answered_once_with_plain_roles_and_remembered(serve, client: str, status: int, said: str):
    server = serve([Reply(status=status, error=said), "One.", "Two."])
    assert [await text_of(make(client, server.url)) for _ in range(2)] == ["One.", "Two."]
    assert [request.body["messages"] for request in server.requests] == [CHAT, PLAIN, PLAIN]


async def test_who_refuses_plain_roles_too_is_not_asked_again(serve):
    server = serve([Reply(status=400, error="Roles must alternate.")] * 3)
    with pytest.raises(ModelError) as caught:
        await text_of(make("hub", server.url))
    assert len(server.requests) == 2
    assert (caught.value.code, caught.value.retryable) == ("roles", False)
    assert "refuses such messages: Roles must alternate." in str(caught.value)


async def test_what_one_model_refuses_others_get(serve):
    strict, other = serve([Reply(status=400, error=REFUSALS[0][1]), "One."]), serve(["Two."])
    assert [await text_of(make("hub", server.url)) for server in (strict, other)] == ["One.", "Two."]
    assert other.requests[0].body["messages"] == CHAT


def test_plain_roles():
    chat: list[Message] = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": [{"type": "text", "text": "What is it?"}, IMAGE]},
        {"role": "assistant", "content": "I look."},
        {"role": "assistant", "content": "", "tool_calls": [CALL]},  # type: ignore[list-item]
        {"role": "tool", "content": "1", "tool_call_id": "c"},
        {"role": "tool", "content": "2", "tool_call_id": "d"},
        {"role": "user", "content": "And?"},
        {"role": "user", "content": "Well?"},
    ]
    plain = with_plain_roles(chat)
    assert [message["role"] for message in plain] == ["user", "assistant", "assistant", "tool", "tool", "user"]
    text = {"type": "text", "text": "Be short."}
    assert plain[0]["content"] == [text, {"type": "text", "text": "What is it?"}, IMAGE]
    assert plain[2:5] == chat[3:6]
    assert plain[-1]["content"] == "And?\n\nWell?"
    assert chat[0]["role"] == "system"
