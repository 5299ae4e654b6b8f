"""The tool that asks the person, in the agents that use it. How the page shows it is tested in tests/browser."""

import pytest

from agent_core import CodeAgent, Question, ToolCallingAgent, ToolError
from tests.agent_core.support import code
from tests.doubles.openai_server import Reply
from tests.support import model_of
from tools import ask_user


class Person:
    """Answers whatever is asked, and remembers it."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked: list[Question] = []

    async def __call__(self, question: Question) -> str:
        self.asked.append(question)
        return self.answer


async def test_code_goes_on_with_the_answer(serve):
    person = Person(" Bern ")
    server = serve([code("city = ask_user('Which city?', options=['Bern', 'Bonn'])\nfinal_answer(city.upper())")])
    async with CodeAgent(model_of(server), tools=[ask_user], ask_user=person) as agent:
        result = await agent.run("How is the weather?")
    assert str(result.answer) == "BERN"
    assert [(question.text, question.options) for question in person.asked] == [("Which city?", ("Bern", "Bonn"))]


async def test_an_agent_that_calls_tools_is_told_the_answer(serve):
    server = serve([Reply("I ask.", call=("ask_user", {"question": "Which city?"})), "It is fine there."])
    async with ToolCallingAgent(model_of(server), tools=[ask_user], ask_user=Person("Bern")) as agent:
        await agent.run("How is the weather?")
    assert "Bern" in str(server.requests[1].body["messages"][-1]["content"])


@pytest.mark.parametrize(("person", "sentence"), [(None, "Nobody can be asked here."), (Person(""), "gave no answer")])
async def test_without_an_answer_the_model_is_told_to_go_on(serve, person, sentence):
    server = serve([code("ask_user('Which city?')"), "I assume Bern."])
    async with CodeAgent(model_of(server), tools=[ask_user], ask_user=person) as agent:
        await agent.run("How is the weather?")
    assert sentence in server.requests[1].body["messages"][-1]["content"]


@pytest.mark.parametrize("arguments", [{}, {"question": "Which?", "options": "Bern"}, {"question": ["Which?"]}])
async def test_wrong_arguments_are_explained(arguments):
    with pytest.raises(ToolError, match="was called with wrong arguments"):
        await ask_user.call(arguments)


def test_it_takes_little_of_the_prompt():
    assert ask_user.stub().startswith("def ask_user(question: str, options: Sequence[str] = ()) -> str:")
    assert len(ask_user.stub()) < 200
