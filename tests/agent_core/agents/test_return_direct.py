"""Tools whose result is the answer: of both kinds of agents, with a final_answer of one's own."""

import pytest

from agent_core import CodeAgent, Tool, ToolCallingAgent, tool
from agent_core.events import FinalAnswer
from tests.agent_core.support import calling, code, events_of, of_kind, sent
from tests.doubles.openai_server import Reply
from tests.support import model_of


@tool(return_direct=True)
def report(city: str) -> dict[str, int]:
    """Report on a city."""
    return {city: 430_000}


@tool
def look(city: str) -> str:
    """Look."""
    return f"{city} is there"


class OwnAnswer(Tool):
    """Give the answer, in two parts."""

    name = "final_answer"

    def run(self, answer1: str, answer2: str) -> str:
        return f"{answer1} and {answer2}"


def agent_of(kind, server, *tools):
    return kind(calling(server) if kind is ToolCallingAgent else model_of(server), tools=tools)


BOTH = [
    (CodeAgent, code("found = look('Bern')\nreport('Zürich')\nprint('never')")),
    (ToolCallingAgent, Reply(calls=[("look", {"city": "Bern"}), ("report", {"city": "Zürich"})])),
]


@pytest.mark.parametrize(("kind", "reply"), BOTH)
async def test_the_result_is_the_answer_and_ends_the_run(serve, kind, reply):
    server = serve([reply])
    async with agent_of(kind, server, look, report) as agent:
        result = await agent.run("how many?")
    assert result.reason == "answer" and result.answer and result.answer.value == {"Zürich": 430_000}
    assert len(server.requests) == 1 and "is given to the user as the answer" in str(server.requests[0].body)


@pytest.mark.parametrize(
    ("kind", "reply"),
    [
        (CodeAgent, code("final_answer('1', answer2='2')")),
        (ToolCallingAgent, Reply(calls=[("final_answer", {"answer1": "1", "answer2": "2"})])),
    ],
)
async def test_a_final_answer_of_ones_own_takes_the_place_of_the_agents(serve, kind, reply):
    async with agent_of(kind, serve([reply]), OwnAnswer()) as agent:
        (answer,) = of_kind(await events_of(agent), FinalAnswer)
    assert str(answer.answer) == "1 and 2"


@pytest.mark.parametrize(
    ("kind", "wrong", "right"),
    [
        (CodeAgent, code("report()"), code("report('Bern')")),
        (ToolCallingAgent, Reply(calls=[("report", {})]), Reply(calls=[("report", {"city": "Bern"})])),
    ],
)
async def test_a_call_that_fails_is_no_answer(serve, kind, wrong, right):
    server = serve([wrong, right])
    async with agent_of(kind, server, report) as agent:
        result = await agent.run("how many?")
    assert result.answer and result.answer.value == {"Bern": 430_000}
    assert "city is missing" in str(sent(server, 1)[-1]["content"])
