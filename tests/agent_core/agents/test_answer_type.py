"""Answers of a type: what the model is told, what is taken for an answer, and what is sent back."""

from datetime import date
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, field_validator
from typing_extensions import TypedDict

from agent_core import CodeAgent, GlassboxError, ToolCallingAgent, python
from agent_core.events import AnswerRefused
from tests.agent_core.support import calling, code, events_of, of_kind, sent
from tests.doubles.openai_server import Reply
from tests.support import model_of


class Town(BaseModel):
    name: str
    people: int = Field(gt=0)
    founded: date | None = None


class Pair(TypedDict):
    left: str
    right: int


ZURICH = Town(name="Zürich", people=430_000)
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]}
FENCED = "Here it is:\n```json\n{}\n```\nAnything else?"
CASES: list[tuple[Any, str, Any]] = [
    (Town, code("final_answer({'name': 'Zürich', 'people': 430_000})"), ZURICH),
    (Town, code("""final_answer('{"name": "Zürich", "people": 430000}')"""), ZURICH),
    (Town, '{"name": "Zürich", "people": 430000}', ZURICH),
    (Town, FENCED.format('{"name": "Zürich", "people": 430000}'), ZURICH),
    (Town, code("final_answer(dict(name='Bern', people=1, founded='1191-01-01'))"),
     Town(name="Bern", people=1, founded=date(1191, 1, 1))),
    (list[int], code("final_answer([1, 2, 3])"), [1, 2, 3]),
    (list[int], code("final_answer(list(range(10_000)))"), list(range(10_000))),
    (tuple[int, str], code("final_answer((1, 'a'))"), (1, "a")),
    (dict[str, list[int]], code("final_answer({'a': [1], 'b': []})"), {"a": [1], "b": []}),
    (Pair, code("final_answer({'left': 'a \\'quoted\\' word', 'right': 2})"), {"left": "a 'quoted' word", "right": 2}),
    (int, code("final_answer(42)"), 42),
    (int, "42", 42),
    (float | None, code("final_answer(None)"), None),
    (Town, code("from dataclasses import dataclass\n@dataclass\nclass Place:\n    name: str\n    people: int\n"
                "final_answer(Place('Zürich', 430_000))"), ZURICH),
    (list[date], code("import datetime\nfinal_answer([datetime.date(2024, 2, 29)])"), [date(2024, 2, 29)]),
    (set[int], code("final_answer({1, 2})"), {1, 2}),
    (list[float], code("import numpy\nfinal_answer(list(numpy.arange(3) / 2))"), [0.0, 0.5, 1.0]),
    (bool, code("final_answer(1 > 0)"), True),
    (str, "It is 42.", "It is 42."),
    (str, code("final_answer('42')"), "42"),
    (Literal["yes", "no"], "yes", "yes"),
    (SCHEMA, code("final_answer({'n': 3})"), {"n": 3}),
    ({"type": "array", "items": {"type": "string"}}, code("final_answer(('a', 'b'))"), ["a", "b"]),
]  # fmt: skip


def value_of(result):
    assert result.answer is not None
    return result.answer.value


@pytest.mark.parametrize(("wanted", "reply", "output"), CASES, ids=lambda value: str(value)[:30])
async def test_the_answer_is_an_object_of_the_type(serve, wanted, reply, output):
    server = serve([reply])
    async with CodeAgent(model_of(server), answer_type=wanted) as agent:
        result = await agent.run("which?")
    assert result.reason == "answer" and result.answer is not None
    assert result.answer.value == output and type(result.answer.value) is type(output)


async def test_the_model_is_told_the_schema_with_the_question_and_only_then(serve):
    server = serve([code("final_answer([1])"), "Hello."])
    async with CodeAgent(model_of(server), answer_type=list[int]) as agent:
        await agent.run("which?")
        question = sent(server)[-1]["content"]
        assert question.startswith("which?") and '{"items": {"type": "integer"}, "type": "array"}' in question
        assert "final_answer" in question and "JSON Schema" not in sent(server)[0]["content"]
        agent.answer_type = None
        result = await agent.run("hello")
    assert "schema" not in sent(server)[-1]["content"] and result.answer and result.answer.value == "Hello."


@pytest.mark.parametrize(
    ("wanted", "wrong", "reason"),
    [
        (Town, code("final_answer({'name': 'Bern', 'people': 0})"), "people: Input should be greater than 0."),
        (Town, "It is Bern.", "Input should be an object."),
        (list[int], code("final_answer(['a', 'b', 'c', 'd'])"), "; and 1 more."),
        (SCHEMA, code("final_answer({'n': 0})"), "n: 0 is less than the minimum of 1."),
        (SCHEMA, code("final_answer({})"), "'n' is a required property."),
    ],
)
async def test_an_answer_of_another_type_is_sent_back_with_the_reason_in_a_line(serve, wanted, wrong, reason):
    right = {"Town": "final_answer({'name': 'Bern', 'people': 5})"}.get(
        getattr(wanted, "__name__", ""), "final_answer([5])" if wanted is not SCHEMA else "final_answer({'n': 5})"
    )
    server = serve([wrong, code(right)])
    async with CodeAgent(model_of(server), answer_type=wanted) as agent:
        events = await events_of(agent, "which?")
    (refused,) = of_kind(events, AnswerRefused)
    assert refused.reason.endswith(reason) and "\n" not in refused.reason
    assert refused.reason in sent(server)[-1]["content"]


async def test_at_the_limit_the_run_says_that_there_was_no_such_answer(serve):
    server = serve([code("final_answer('Bern')"), "Sorry, only Bern."])
    async with CodeAgent(model_of(server), answer_type=Town, max_steps=1) as agent:
        result = await agent.run("which?")
        assert (result.reason, result.answer, agent.can_resume) == ("max_steps", None, True)
        assert result.message == "No answer of the type that was asked for was given: the limit of 1 step is reached."
        assert '"people"' in sent(server)[-1]["content"]


async def test_an_answer_at_the_limit_may_be_of_the_type(serve):
    server = serve([code("print(1)"), '```json\n{"name": "Bern", "people": 5}\n```'])
    async with CodeAgent(model_of(server), answer_type=Town, max_steps=1) as agent:
        result = await agent.run("which?")
    assert result.answer and result.answer.value == Town(name="Bern", people=5)
    assert result.message.startswith("This is the best answer so far")


async def test_checks_come_after_the_type(serve):
    server = serve([code("final_answer([])"), code("final_answer([2])")])
    async with CodeAgent(
        model_of(server), answer_type=list[int], answer_checks=[lambda answer: str(answer) != "[]" or "Not none."]
    ) as agent:
        assert value_of(await agent.run("which?")) == [2]


@pytest.mark.parametrize(
    "reply",
    [
        '{"name": "Bern", "people": 5}',
        Reply(calls=[("final_answer", {"answer": {"name": "Bern", "people": 5}})]),
        Reply(calls=[("final_answer", {"answer": '{"name": "Bern", "people": 5}'})]),
        Reply(calls=[("python", {"code": "final_answer({'name': 'Bern', 'people': 5})"})]),
    ],
    ids=["text", "object", "json", "code"],
)
async def test_a_tool_calling_agent_answers_by_a_type_too(serve, reply):
    async with ToolCallingAgent(calling(serve([reply])), tools=[python], answer_type=Town) as agent:
        assert value_of(await agent.run("which?")) == Town(name="Bern", people=5)


async def test_a_run_that_goes_on_has_the_type_too(serve):
    server = serve([code("print(1)"), "Nothing.", code("final_answer([3])")])
    async with CodeAgent(model_of(server), answer_type=list[int], max_steps=1) as agent:
        assert (await agent.run("which?")).answer is None
        assert value_of(await agent.resume()) == [3]


@pytest.mark.parametrize("wanted", [42, "a text", print, {"type": "nonsense"}, [int]])
def test_what_is_no_type_is_refused_at_once(serve, wanted):
    with pytest.raises(GlassboxError, match="answer_type"):
        CodeAgent(model_of(serve([])), answer_type=wanted)


async def test_a_validator_that_is_broken_ends_the_run(serve):
    class Odd(BaseModel):
        n: int

        @field_validator("n")
        @classmethod
        def broken(cls, n: int) -> int:
            return {}[n]

    async with CodeAgent(model_of(serve([code("final_answer({'n': 1})")])), answer_type=Odd) as agent:
        result = await agent.run("which?")
    assert (result.reason, result.message) == ("error", "The answer type 'Odd' failed: KeyError: 1")
