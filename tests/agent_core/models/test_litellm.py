"""What is particular to models through litellm: its slow import, its provider names, its keys."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from agent_core.errors import ModelError
from agent_core.models import error_mapping
from agent_core.models.base import Message
from agent_core.models.litellm import LiteLLMModel, load_litellm
from tests.doubles.openai_server import OpenAIServer
from tests.support import ROOT

QUESTION: list[Message] = [{"role": "user", "content": "Hello?"}]

FIRST_REQUEST = """
import asyncio, os, sys
from agent_core.models.litellm import LiteLLMModel

async def main():
    assert "litellm" not in sys.modules, "imported before it is needed"
    model = LiteLLMModel("openai/test", api_key="key", api_base=sys.argv[1])
    ticks = 0

    async def tick():
        nonlocal ticks
        while "litellm.main" not in sys.modules:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    print("".join([chunk.text async for chunk in model.stream([{"role": "user", "content": "Hi"}], max_tokens=9)]))
    await ticking
    assert ticks > 5, f"the event loop stood still: {ticks}"
    assert "CANARY" not in os.environ, "a .env file was read"

asyncio.run(main())
"""


async def read(model: LiteLLMModel) -> str:
    return "".join([chunk.text async for chunk in model.stream(QUESTION, max_tokens=9)])


async def failure_of(model: LiteLLMModel) -> str:
    with pytest.raises(ModelError) as caught:
        await read(model)
    return str(caught.value)


def test_the_import_waits_for_the_first_request_and_leaves_the_event_loop_alive(tmp_path: Path):
    (tmp_path / ".env").write_text("CANARY=sings\n")
    with OpenAIServer(["Hello!"]) as server:
        command = [sys.executable, "-X", "dev", "-c", FIRST_REQUEST, server.url]
        environment = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore,default::ResourceWarning"}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "Hello!\n"
    assert "unclosed" not in done.stderr.lower()
    assert "never awaited" not in done.stderr
    assert "was destroyed" not in done.stderr


async def test_an_own_address_never_gets_a_key_of_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-of-the-host")
    with OpenAIServer(["Hello!"]) as server:
        assert await read(LiteLLMModel("openai/test", api_base=server.url)) == "Hello!"
    assert "canary" not in str(server.requests[0].headers)


async def test_the_environment_holds_the_key_where_no_address_is_given(monkeypatch: pytest.MonkeyPatch):
    with OpenAIServer(["Hello!"]) as server:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-host")
        monkeypatch.setenv("OPENAI_API_BASE", server.url)
        assert await read(LiteLLMModel("openai/test")) == "Hello!"
    assert server.requests[0].headers["authorization"] == "Bearer sk-of-the-host"


@pytest.mark.parametrize("model", ["openai/test", "anthropic/claude-test"])
async def test_without_a_key(model: str, monkeypatch: pytest.MonkeyPatch):
    with OpenAIServer([]) as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.url)
        monkeypatch.setenv("ANTHROPIC_API_BASE", server.url)
        assert await failure_of(LiteLLMModel(model)) == error_mapping.NO_KEY.sentence.format(model=model)
    assert not server.requests


@pytest.mark.parametrize("model", ["test", "nosuchprovider/test"])
async def test_a_provider_that_litellm_does_not_know(model: str, capfd: pytest.CaptureFixture[str]):
    assert await failure_of(LiteLLMModel(model)) == error_mapping.UNKNOWN_MODEL.sentence.format(model=model)
    assert "".join(capfd.readouterr()) == ""


async def test_what_nobody_set_is_left_out_where_a_model_does_not_take_it(monkeypatch: pytest.MonkeyPatch):
    taken = await asyncio.to_thread(load_litellm)
    listed = taken.get_supported_openai_params
    monkeypatch.setattr(
        "litellm.litellm_core_utils.get_supported_openai_params.get_supported_openai_params",
        lambda *args, **named: [name for name in listed(*args, **named) or [] if name != "stream_options"],
    )
    with OpenAIServer(["Hello!"]) as server:
        assert await read(LiteLLMModel("openai/o3-mini", api_key="key", api_base=server.url)) == "Hello!"
    assert server.requests[0].body["max_completion_tokens"] == 9


@pytest.mark.parametrize(
    ("model", "setting"),
    [
        ("openai/o3-mini", {"temperature": 0.5}),
        ("openai/o3-mini", {"top_p": 0.5}),
        ("openai/gpt-5", {"temperature": 0.5}),
        ("openai/gpt-5", {"stop": ["END"]}),
    ],
)
async def test_a_setting_that_a_reasoning_model_does_not_take_is_named_before_it_is_asked(model, setting):
    with OpenAIServer(["Hello!"]) as server, pytest.raises(ModelError) as caught:
        await read(LiteLLMModel(model, api_key="key", api_base=server.url, **setting))
    [name] = setting
    assert str(caught.value) == f"{model} does not take the setting {name}. Leave it out."
    assert (caught.value.code, caught.value.retryable, server.requests) == ("setting", False, [])
