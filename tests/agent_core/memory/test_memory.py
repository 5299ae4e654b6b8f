"""What a model is told of a chat."""

import pytest

from agent_core.memory.memory import Memory
from agent_core.models.base import text_of


def chat() -> Memory:
    memory = Memory()
    memory.begin_turn("What is 1 + 1?")
    step = memory.begin_step()
    step.said, step.observation = "I add.\n```python\n1 + 1\n```", "Value: 2"
    return memory


def test_roles_take_turns_and_the_next_question_is_marked():
    memory = chat()
    memory.begin_turn("And 2 + 2?")
    messages = memory.messages("system")
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[-1]["content"] == "Value: 2\n\nThe user's next message:\nAnd 2 + 2?"


def test_each_list_of_messages_begins_with_the_one_before():
    memory = Memory()
    told = ""
    for number in range(1, 4):
        memory.begin_turn(f"question {number}")
        for _ in range(2):
            now = "\0".join(text_of(message) for message in memory.messages("system"))
            assert now.startswith(told)
            told = now
            step = memory.begin_step()
            step.said, step.observation = f"reply {step.number}", f"observation {step.number}"


def test_steps_are_counted_through_the_chat():
    memory = chat()
    memory.begin_turn("again")
    assert memory.begin_step().number == 2


def test_a_question_that_failed_before_any_step_stays_and_says_so():
    memory = Memory()
    memory.begin_turn("lost")
    memory.drop_step(memory.begin_step())
    memory.begin_turn("asked again")
    unanswered = "(This got no reply: the request failed, or the user stopped it.)"
    text = f"lost\n\n{unanswered}\n\nThe user's next message:\nasked again"
    assert [text_of(message) for message in memory.messages("system")] == ["system", text]


def test_a_stopped_step_is_remembered_as_stopped():
    memory = Memory()
    memory.begin_turn("count")
    said, silent = memory.begin_step(), memory.begin_step()
    said.said = "I count."
    memory.stop_step(said)
    memory.stop_step(silent)
    assert [text_of(message) for message in memory.messages("")][2:] == [
        "I count.",
        "This step was stopped before its end.",
    ]


def long_chat() -> Memory:
    """Two turns with two steps each; the second step of each is an answer."""
    memory = Memory()
    for turn in (1, 2):
        memory.begin_turn(f"question {turn}")
        step = memory.begin_step()
        step.said, step.observation, step.checkpoint = f"code {step.number}", "Value: 1", 10 * step.number
        memory.begin_step().said = f"answer {turn}"
    return memory


def told(memory: Memory) -> list[str]:
    return [text_of(message) for message in memory.messages("")][1:]


@pytest.mark.parametrize(
    ("step", "left"),
    [
        (4, ["question 1", "code 1", "Value: 1", "answer 1", "question 2", "code 3", "Value: 1", "answer 2"]),
        (3, ["question 1", "code 1", "Value: 1", "answer 1", "question 2", "code 3", "Value: 1"]),
        (2, ["question 1", "code 1", "Value: 1", "answer 1"]),
        (1, ["question 1", "code 1", "Value: 1"]),
        (0, []),
    ],
)
def test_a_rewind_forgets_later_steps_and_turns(step, left):
    memory = long_chat()
    memory.rewind(step)
    assert told(memory) == left
    memory.begin_turn("again")
    assert memory.begin_step().number == step + 1
    assert told(memory)[-1].endswith("again")


def test_a_rewind_forgets_a_question_that_failed_and_keeps_one_that_failed_before():
    memory = long_chat()
    memory.begin_turn("failed")
    memory.drop_step(memory.begin_step())
    memory.begin_turn("last")
    memory.begin_step().said = "answer 3"
    memory.rewind(6)
    assert len(memory.turns) == 4 and memory.last_step == 6
    memory.rewind(5)
    assert [turn.question for turn in memory.turns] == ["question 1", "question 2"] and memory.last_step == 5


def test_steps_without_code_keep_the_checkpoint_before_them():
    memory = long_chat()
    assert [memory.checkpoint_after(step) for step in range(5)] == [0, 10, 10, 30, 30]
    memory.rewind(2)
    memory.begin_turn("again")
    assert memory.begin_step().checkpoint == 10


def test_what_is_said_before_a_reply_goes_with_its_step():
    memory = long_chat()
    memory.begin_step("Answer now.").said = "It is 1."
    assert told(memory)[-2:] == ["Answer now.", "It is 1."]
    memory.rewind(3)
    memory.begin_step("Answer now.").said = "It is 1."
    assert told(memory)[-2:] == ["Value: 1\n\nAnswer now.", "It is 1."]
    memory.rewind(3)
    assert told(memory)[-1] == "Value: 1"


def test_a_note_comes_before_the_next_question_even_if_that_one_fails():
    memory = long_chat()
    memory.add_note("All is lost.")
    memory.begin_turn("failed")
    memory.drop_step(memory.begin_step())
    memory.begin_turn("again")
    assert told(memory)[-1].startswith("All is lost.\n\nThe user's next message:\nfailed")
    assert told(memory)[-1].endswith("The user's next message:\nagain")
    memory.begin_step().said = "answer 3"
    memory.begin_turn("and again")
    assert told(memory)[-1] == "and again"


def test_a_note_is_forgotten_with_what_it_was_about():
    memory = long_chat()
    memory.add_note("All is lost.")
    memory.rewind(2)
    memory.begin_turn("again")
    assert told(memory)[-1] == "again"
