"""What is particular to models without a client library: OpenAI's own address, its key, and its newer names."""

import subprocess
import sys
from typing import Any

import pytest

from agent_core import ModelError, OpenAIModel
from agent_core.models import openai
from agent_core.models.base import Message
from tests.doubles.openai_server import OpenAIServer, Reply
from tests.support import ROOT

QUESTION: list[Message] = [{"role": "user", "content": "Hello?"}]
NEW_NAME = Reply(
    status=400,
    error="Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    code="unsupported_parameter",
)


async def read(model: OpenAIModel, messages: list[Message] = QUESTION, **settings: Any) -> str:
    return "".join([chunk.text async for chunk in model.stream(messages, **settings)])


@pytest.fixture
def at_openai(monkeypatch: pytest.MonkeyPatch, serve):
    """Starts a service that stands at OpenAI's address."""

    def start(script) -> OpenAIServer:
        server = serve(script)
        monkeypatch.setattr(openai, "_OPENAI", server.url)
        return server

    return start


async def test_without_an_address_it_is_openais_with_the_key_of_the_environment(at_openai, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-host")
    server = at_openai(["Three."] * 3)
    model = OpenAIModel("gpt-4.1-mini")
    assert await read(model, max_tokens=9) == "Three."
    assert server.requests[0].headers["authorization"] == "Bearer sk-of-the-host"
    assert (server.requests[0].body["max_completion_tokens"], "max_tokens" in server.requests[0].body) == (9, False)
    assert model.capabilities.vision and model.context_window == 1_047_576 and not model.has_own_address
    await read(OpenAIModel("gpt-4.1-mini", base_url=f"{server.url}/"))
    await read(OpenAIModel("gpt-4.1-mini", api_key="sk-given"))
    keys = [request.headers["authorization"] for request in server.requests[1:]]
    assert keys == ["Bearer sk-of-the-host", "Bearer sk-given"]


async def test_without_a_key_openai_is_not_asked(at_openai):
    server = at_openai([])
    with pytest.raises(ModelError, match=r"Set OPENAI_API_KEY, or give `api_key`\.") as caught:
        await read(OpenAIModel("gpt-4.1-mini"))
    assert caught.value.code == "no_key" and not server.requests


async def test_no_other_address_ever_gets_the_key_of_the_environment(serve, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-of-the-host")
    server = serve(["Three."])
    assert await read(OpenAIModel("gpt-4.1-mini", base_url=server.url)) == "Three."
    assert "authorization" not in server.requests[0].headers and "canary" not in str(server.requests[0])


async def test_a_service_that_wants_the_new_name_of_max_tokens_gets_it(serve):
    server = serve([NEW_NAME, "Three.", "Four."])
    model = OpenAIModel("gpt-5", base_url=server.url)
    assert await read(model, max_tokens=9) == "Three."
    assert await read(model, max_tokens=8) == "Four."
    limits = [{name: value for name, value in request.body.items() if "tokens" in name} for request in server.requests]
    assert limits == [{"max_tokens": 9}, {"max_completion_tokens": 9}, {"max_completion_tokens": 8}]


async def test_one_that_refuses_the_new_name_as_well_is_not_asked_for_ever(serve):
    server = serve([NEW_NAME] * 3)
    with pytest.raises(ModelError, match="refuses the setting max_tokens"):
        await read(OpenAIModel("gpt-5", base_url=server.url), max_tokens=9)
    assert len(server.requests) == 2


async def test_images_are_sent_as_they_are(serve):
    server = serve(["A dot."])
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    messages: list[Message] = [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, picture]}]
    assert await read(OpenAIModel("gpt-4.1-mini", base_url=server.url), messages) == "A dot."
    assert server.requests[0].body["messages"] == messages


def test_it_needs_no_client_library():
    code = "import sys; from agent_core import OpenAIModel; OpenAIModel('m', base_url='http://127.0.0.1:9/v1'); "
    code += "print([name for name in ('litellm', 'openai', 'huggingface_hub', 'gradio') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
