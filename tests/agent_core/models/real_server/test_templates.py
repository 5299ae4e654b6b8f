"""Chat templates that refuse what others take: a system message, or two messages of one role in a row."""

from collections.abc import Iterator
from contextlib import aclosing

import pytest

from agent_core.events import StepStarted
from agent_core.models.base import Message
from tests.agent_core.models.real_server.support import agent_of
from tests.agent_core.models.support import make
from tests.doubles.llama_server import LlamaServer

PRINTING = r'root ::= "I look.\n```python\nprint(\"" [a-z]{4} "\")\n```"'
REFUSES_SYSTEM = "{% if message.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
REFUSES_SYSTEM_UNSEEN = (  # the server finds out by messages of its own what a template refuses, and mends only that
    "{% if message.role == 'system' and 'Python' in message.content %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
)
WANTS_TURNS = (
    "{% set first = 1 if messages[0].role == 'system' else 0 %}"
    "{% if loop.index0 >= first and (message.role == 'user') != ((loop.index0 - first) % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
)
TEMPLATE = (
    "{{% for message in messages %}}{check}"
    "{{{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}}}{{% endfor %}}"
    "{{% if add_generation_prompt %}}{{{{ '<|im_start|>assistant\n' }}}}{{% endif %}}"
)


@pytest.fixture(
    scope="module",
    params=[REFUSES_SYSTEM, REFUSES_SYSTEM_UNSEEN, WANTS_TURNS],
    ids=["no system", "no system, unseen", "turns"],
)
def strict(request: pytest.FixtureRequest) -> Iterator[LlamaServer]:
    """A server with a strict template, each of whose replies is a step without an answer."""
    with LlamaServer(template=TEMPLATE.format(check=request.param), grammar=PRINTING) as server:
        yield server


async def test_a_chat_of_several_steps_and_questions_holds_to_it(strict: LlamaServer):
    async with agent_of(strict, max_steps=2) as agent:
        results = [await agent.run(question) for question in ("Who is where?", "And why?")]
        results.append(await agent.resume(1))
    assert [(result.reason, len(result.steps)) for result in results] == [
        ("max_steps", 3),
        ("max_steps", 3),
        ("max_steps", 2),
    ]


@pytest.mark.parametrize("client", ["hub", "litellm"])
async def test_two_messages_of_one_role_are_joined_if_they_are_refused(strict: LlamaServer, client: str):
    messages: list[Message] = [
        {"role": "system", "content": "Answer in Python."},
        {"role": "user", "content": "Who is where?"},
        {"role": "user", "content": "And why?"},
    ]
    assert [chunk async for chunk in make(client, strict.url).stream(messages, max_tokens=9) if chunk.text]


async def test_a_question_after_one_that_was_stopped_holds_to_it(strict: LlamaServer):
    async with agent_of(strict) as agent:
        async with aclosing(agent.stream("Who is where?")) as events:
            async for event in events:
                if isinstance(event, StepStarted):
                    break
        result = await agent.run("And why?")
    assert result.reason == "max_steps"
