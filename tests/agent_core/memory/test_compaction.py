"""Long chats: what is sent stays within the model's window, and nothing that matters is lost."""

import json
import re
from contextlib import aclosing
from itertools import pairwise

import pytest

from agent_core import CodeAgent
from agent_core.events import Compacted, RunFinished
from agent_core.memory.compaction import KEPT_STEPS, compact, describe_variables
from agent_core.memory.memory import Memory
from agent_core.models.base import estimate_message_tokens, text_of
from tests.agent_core.support import code
from tests.doubles.openai_server import Reply
from tests.support import model_of


def tokens_of(messages) -> int:
    return sum(estimate_message_tokens(message) for message in messages)


def long_memory(steps: int = 20, turns: int = 1) -> Memory:
    memory = Memory()
    for turn in range(turns):
        memory.begin_turn(f"question {turn} with words of the user")
        for _ in range(steps):
            step = memory.begin_step()
            step.said, step.code = f"Thought {step.number}.", f"value_{step.number} = {step.number}  # " + "c" * 200
            step.observation = f"Output {step.number}: " + "o" * 800
            step.variables = {f"value_{step.number}": "int"}
    return memory


def told(memory: Memory) -> str:
    return "\n".join(text_of(message) for message in memory.messages("system"))


def test_old_outputs_go_first_then_old_code_then_old_steps():
    memory = long_memory()
    assert compact(memory, 1)
    assert "Output 1:" not in told(memory) and "value_1 = 1 " in told(memory) and "Output 2:" in told(memory)
    compact(memory, 15 * 210)
    assert "Output 16:" not in told(memory) and "value_16 = 16 " in told(memory)
    compact(memory, 15 * 40)
    assert "value_10 = 10 " not in told(memory) and "Thought 10." in told(memory)
    compact(memory, 10**6)
    assert "Thought 1." not in told(memory) and "(16 earlier steps are left out here to save room.)" in told(memory)


def test_the_last_steps_and_the_words_of_the_user_always_stay():
    memory = long_memory(steps=5, turns=6)
    compact(memory, 10**6)
    text = told(memory)
    assert all(f"question {turn} with words of the user" in text for turn in range(6))
    assert all(f"Thought {number}." in text for number in range(30 - KEPT_STEPS + 1, 31))
    assert "Output 30: oooo" in text
    assert not compact(memory, 10**6), "nothing more can be saved"


def test_what_is_stored_stays_whole():
    memory = long_memory()
    compact(memory, 10**6)
    assert all(step.observation.startswith(f"Output {step.number}: ooo") for step in memory.steps)


def test_messages_keep_their_form_after_a_compaction():
    memory = long_memory(steps=4, turns=5)
    for excess in (1_000, 2_000, 1_000, 10**6):
        compact(memory, excess)
        roles = [message["role"] for message in memory.messages("system")]
        assert roles[:2] == ["system", "user"]
        assert all(a != b for a, b in pairwise(roles[1:])), "user and assistant take turns"


def test_user_and_assistant_take_turns_where_replies_without_code_grow_old():
    memory = long_memory(steps=8)
    for step in memory.steps:
        if step.number % 2:
            step.code = step.observation = ""
            step.said += " I do it now." * 50
        else:
            step.note = "There was no code to run."
    for _ in range(12):
        compact(memory, 400)
        roles = [message["role"] for message in memory.messages("system")]
        assert all(a != b for a, b in pairwise(roles)), [step.detail for step in memory.steps]


def test_what_is_short_already_is_not_made_longer():
    memory = long_memory(steps=12)
    for step in memory.steps:
        step.code, step.observation = "x = 1", "Value: 1"
    compact(memory, 1)
    assert [step.detail for step in memory.steps] == ["nothing", *["whole"] * 11], "a placeholder would be longer"


def test_what_a_step_will_show_is_not_shortened_before_it_was_seen():
    memory = long_memory(steps=3)
    step = memory.begin_step()
    compact(memory, 10**6)
    step.said, step.observation = "Thought.", "new " * 1_000
    assert step.observation in told(memory)


def test_images_save_nothing_where_the_model_cannot_see_them():
    memory = long_memory(steps=12)
    for step in memory.steps:
        step.images = ["data:image/png;base64,"]
    before = tokens_of(memory.messages("system"))
    compact(memory, 1_000)
    assert before - tokens_of(memory.messages("system")) >= 900


@pytest.mark.parametrize("lost", ["by an error", "by a stop", "by a rewind"])
async def test_the_list_of_variables_comes_after_a_compaction_whose_step_is_lost(serve, lost):
    def reply(body):
        text = json.dumps(body["messages"])
        if "What next?" in text:
            return "Fine."
        if "these variables exist" in text and lost != "by a rewind":
            return Reply(status=401, error="no") if lost == "by an error" else Reply(fault="hang")
        return Reply(code(f"value_{len(body['messages'])} = 1\nprint('x' * 3_000)"), usage=None)

    server = serve(reply)
    model = model_of(server)
    model.context_window = 9_000
    async with CodeAgent(model, max_steps=20) as agent:
        async with aclosing(agent.stream("work")) as stream:
            async for event in stream:
                if isinstance(event, Compacted) and lost != "by an error":
                    break
        if lost == "by a rewind":
            await agent.rewind(agent.memory.last_step - 1)
        await agent.run("What next?")
    text = json.dumps(server.requests[-1].body["messages"])
    assert ("left out here" in text) == ("- value_2: 1" in text)


def test_the_variables_are_listed_even_where_there_are_too_many_to_describe():
    memory = long_memory(steps=600)
    memory.steps[100].variables = {"value_7": ""}
    text = describe_variables(memory)
    assert "- value_600: int" in text and len(text) < 16_000
    assert re.search(r"- also: .*\bvalue_1\b.*\bvalue_9\b", text) and not re.search(r"\bvalue_7\b", text)


class Narrow:
    """A service with a small window, whose replies follow from what it was really sent."""

    def __init__(self, window: int, *, sentence: str = "") -> None:
        self.window = window
        self.sentence = sentence or f"This model's maximum context length is {window} tokens. Shorten the messages."
        self.refused = 0

    def __call__(self, body) -> Reply | str:
        size = tokens_of(body["messages"])
        if size + body["max_tokens"] > self.window:
            self.refused += 1
            return Reply(status=400, error=self.sentence, code="context_length_exceeded")
        text = body["messages"][-1]["content"]
        usage = (size, 50)
        if "Remember" in text and "Output" not in text and "Value" not in text:
            return Reply(code("code_word = open('secret.txt').read()\nprint(code_word)"), usage=usage)
        if "What was the code word?" in text:
            everything = json.dumps(body["messages"])
            known = re.search(r"- (?:also: [^\n\"]*)?\b(code_word)\b", everything)
            return Reply(code(f"final_answer({known[1]})") if known else "I have forgotten it.", usage=usage)
        numbers = [int(number) for number in re.findall(r"(?:count|counted) (\d+)", text)]
        if not numbers or numbers[-1] % 10 == 9:
            return Reply("That is done.", usage=usage)
        return Reply(code(f"print('counted', {numbers[-1] + 1})\nprint('x' * 600)"), usage=usage)


@pytest.mark.parametrize(
    ("known", "steps"), [(True, 200), (False, 100)], ids=["a window that is known", "a window learned from the error"]
)
async def test_a_long_chat_stays_in_its_window_and_knows_an_early_fact(serve, tmp_path, known, steps):
    (tmp_path / "secret.txt").write_text("heliotrope")
    narrow = Narrow(8_192)
    server = serve(narrow)
    model = model_of(server)
    model.context_window = 8_192 if known else None
    compacted = 0
    async with CodeAgent(model, workspace=tmp_path, max_steps=20) as agent:
        await agent.run("Remember the code word of secret.txt.")
        for turn in range(steps // 10):
            async with aclosing(agent.stream(f"Please count {turn * 10} and so on.")) as events:
                async for event in events:
                    compacted += isinstance(event, Compacted)
                    if isinstance(event, RunFinished):
                        assert event.reason == "answer", event.message
        result = await agent.run("What was the code word?")
    assert agent.memory.last_step >= steps
    assert str(result.answer) == "heliotrope"
    assert narrow.refused == 0 if known else 1 <= narrow.refused < 5
    assert 1 < compacted < steps // 5, "a compaction makes room for more than a few steps"
    assert_messages_only_grow_between_compactions(server, most_breaks=compacted + narrow.refused)


def assert_messages_only_grow_between_compactions(server, most_breaks: int) -> None:
    breaks = 0
    for earlier, later in pairwise(server.requests):
        before = earlier.body["messages"]
        breaks += later.body["messages"][: len(before)] != before
    assert 0 < breaks <= most_breaks


async def test_messages_only_grow_at_their_end_through_steps_errors_and_questions(serve):
    replies = [code("x = 1"), code("1 / 0"), "One.", "Let me compute it now.", code("final_answer(x)"), "Thanks."]
    server = serve(replies)
    async with CodeAgent(model_of(server)) as agent:
        for question in ("first", "second", "third"):
            await agent.run(question)
    assert len(server.requests) == 6
    for earlier, later in pairwise(server.requests):
        before = earlier.body["messages"]
        assert later.body["messages"][: len(before)] == before
        assert len(later.body["messages"]) > len(before)


async def test_an_overflow_that_cannot_be_mended_ends_with_a_sentence(serve):
    server = serve(Narrow(300))
    async with CodeAgent(model_of(server)) as agent:
        result = await agent.run("Please count 1 and so on.")
    assert result.reason == "error" and "too long" in result.message and len(server.requests) <= 3


async def test_an_overflow_whose_error_names_no_window_is_mended_too(serve):
    narrow = Narrow(5_000, sentence="The prompt is too long for this model: the context window is exceeded.")
    server = serve(narrow)
    async with CodeAgent(model_of(server), max_steps=50) as agent:
        for turn in range(4):
            result = await agent.run(f"Please count {turn * 10} and so on.")
            assert (result.reason, str(result.answer)) == ("answer", "That is done."), result.message
    assert 1 <= narrow.refused < 10


async def test_the_variables_are_listed_once_however_often_a_chat_is_shortened(serve):
    narrow = Narrow(4_000)
    server = serve(narrow)
    model = model_of(server)
    model.context_window = 4_000
    async with CodeAgent(model, max_steps=50) as agent:
        for turn in range(4):
            await agent.run(f"Please count {turn * 10} and so on.")
        await agent.run("What was the code word?")
    told = ""
    for request in server.requests:
        told = json.dumps(request.body["messages"])
        assert told.count("these variables exist") <= 1
    assert "these variables exist" in told


@pytest.mark.parametrize("window", [1, 3, 50])
async def test_even_the_smallest_window_leaves_room_for_a_reply(serve, window):
    server = serve(["Hello."])
    model = model_of(server)
    model.context_window = window
    async with CodeAgent(model) as agent:
        await agent.run("hello")
    assert server.requests[0].body["max_tokens"] >= 1
