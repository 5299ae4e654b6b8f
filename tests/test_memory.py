"""What a model is told of a chat."""

from agent_core.memory import Memory


def chat() -> Memory:
    memory = Memory()
    memory.begin_turn("What is 1 + 1?")
    step = memory.begin_step()
    step.reply, step.observation = "I add.\n```python\n1 + 1\n```", "Value: 2"
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
            now = "\0".join(message["content"] for message in memory.messages("system"))
            assert now.startswith(told)
            told = now
            step = memory.begin_step()
            step.reply, step.observation = f"reply {step.number}", f"observation {step.number}"


def test_steps_are_counted_through_the_chat():
    memory = chat()
    memory.begin_turn("again")
    assert memory.begin_step().number == 2


def test_a_question_that_failed_before_any_step_is_left_out():
    memory = Memory()
    memory.begin_turn("lost")
    memory.drop_step(memory.begin_step())
    memory.begin_turn("asked again")
    assert [message["content"] for message in memory.messages("system")] == ["system", "asked again"]


def test_a_stopped_step_is_remembered_as_stopped():
    memory = Memory()
    memory.begin_turn("count")
    said, silent = memory.begin_step(), memory.begin_step()
    said.reply = "I count."
    memory.stop_step(said)
    memory.stop_step(silent)
    assert [message["content"] for message in memory.messages("")][2:] == ["I count.", "The user stopped this step."]
