"""Values that come with a question, through real agents and the real sandbox."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from PIL import Image
from pydantic import BaseModel

from agent_core import Capabilities, CodeAgent, GlassboxError, Limits, Session, Store, ToolCallingAgent, python, tool
from agent_core.agents.chat_state import ChatState
from agent_core.events import Displayed, FinalAnswer, RunAgainFinished, RunFinished
from agent_core.record import turn_from_json, turn_to_json
from agent_core.sandbox.remote.child_process import ChildEngine
from tests.agent_core.support import calling, code, events_of, of_kind, sent
from tests.doubles.openai_server import Reply
from tests.support import model_of

FRAME = pandas.DataFrame({"n": [1, 2, 3], "kind": pandas.Categorical(["a", "b", "a"])})


@dataclass
class Order:
    product: str
    amount: int = 1


class Customer(BaseModel):
    name: str


async def _end(session):
    return [event async for some in session.follow() for event in some]


async def ask(server, values, **settings):
    async with CodeAgent(model_of(server), **settings) as agent:
        return await agent.run("Look.", values=values)


async def test_they_are_variables_before_the_first_step_and_told_to_the_model(serve):
    server = serve([code("final_answer(df.groupby('kind', observed=True)['n'].sum())")])
    result = await ask(server, {"df": FRAME, "limit": 3})
    assert result.answer and result.answer.value.to_dict() == {"a": 4, "b": 2}
    assert sent(server)[-1]["content"] == (
        "Look.\n\nThese variables came with this message. They exist in the code already:\n"
        "- df: DataFrame 3×2 (n, kind)\n- limit: 3"
    )


async def test_each_kind_comes_as_itself(serve, tmp_path: Path):
    (tmp_path / "notes.txt").write_text("hello")
    values = {
        "order": Order("tea"),
        "customer": Customer(name="Ada"),
        "day": date(2024, 2, 29),
        "raw": b"\x00\xff",
        "picture": Image.new("L", (3, 2)),
        "array": numpy.arange(3, dtype="i1"),
        "sound": (16_000, numpy.zeros(4)),
        "notes": tmp_path / "notes.txt",
        "both": {"a": [Order("cup")], 2: (1, None)},
        "input": "a name that Python has for something else",
    }
    seen = "[order.product, customer['name'], day, raw, picture.size, array.dtype.name, sound[0], notes.read_text(),"
    server = serve([code(f"final_answer({seen} both[2], both['a'][0].product, input])")])
    result = await ask(server, values)
    assert result.answer and result.answer.value == (
        [
            "tea",
            "Ada",
            date(2024, 2, 29),
            b"\x00\xff",
            (3, 2),
            "int8",
            16_000,
            "hello",
            (1, None),
            "cup",
            values["input"],
        ]
    )
    told = sent(server)[-1]["content"]
    for line in ("order: record Order with fields product, amount", "customer: record Customer with fields name"):
        assert f"- {line}\n" in told
    assert "- picture: L picture 3×2\n" in told and "- notes: path of the file notes.txt" in told


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"my df": 1}, "A value cannot be named 'my df'. Use a Python name"),
        ({"class": 1}, "A value cannot be named 'class'"),
        ({"__builtins__": 1}, "A value cannot be named '__builtins__'"),
        ({1: 1}, "A value cannot be named 1"),
        ({"ﬁle": 1}, "A value cannot be named 'ﬁle'. Use a Python name"),
        ({"x" * 5_000: 1}, "A value cannot be named 'xxx"),
        ({"print": 1}, "A value cannot be named 'print': a tool, or a function of the sandbox"),
        (
            {"final_answer": 1},
            "A value cannot be named 'final_answer': a tool, or a function of the sandbox, has the name.",
        ),
        ({"look_up": 1}, "A value cannot be named 'look_up': a tool"),
        ({"f": print}, "The value 'f' is a function, which exists only where it was made. Give plain data,"),
        ({"x": [object()]}, "The value 'x' is an object of the class object"),
        ({"rows": iter([1])}, "The value 'rows' is an iterator"),
        ({"path": Path("/nowhere/a.csv")}, "The value 'path' is the path '/nowhere/a.csv', where there is no file."),
        ({"large": b"x" * 50_000_000}, "The value 'large' is too large: more than 63 MB, and 60 MB are the most."),
        ({"a": b"x" * 30_000_000, "b": b"x" * 30_000_000}, "The value 'b' is too large"),
    ],
)
async def test_what_cannot_be_given_is_refused_in_a_sentence(serve, values: dict[Any, Any], problem: str):
    @tool
    def look_up() -> int:
        """Look it up."""
        return 1

    server = serve([])
    with pytest.raises(GlassboxError) as raised:
        await ask(server, values, tools=[look_up])
    assert problem in str(raised.value) and not server.requests


async def test_a_lack_of_room_in_the_sandbox_ends_the_run_with_a_sentence_and_the_model_is_told(serve):
    server = serve(["Hm."])
    async with CodeAgent(model_of(server), limits=Limits(memory_mb=130)) as agent:
        result = await agent.run("Look.", values={"array": numpy.zeros(5_000_000)})
        assert result.reason == "error" and "The values array could not be given to the code" in result.message
        await agent.run("And?")
    assert "could not be set, so they do not exist: array." in str(sent(server)[-1]["content"])


async def test_a_question_that_is_stopped_before_they_are_read_has_them_when_it_is_asked_again(serve):
    server = serve([code("final_answer(n)"), "Hm."])
    session = Session(CodeAgent(model_of(server)))
    session.start("Look.", values={"n": 5})
    await asyncio.sleep(0)
    await session.stop()
    assert "so they do not exist: n." in session.agent.memory.note
    await session.ask_again(0)
    events = await _end(session)
    await session.close()
    assert [event.answer.value for event in of_kind(events, FinalAnswer)] == [5]


async def test_a_question_whose_values_cannot_be_given_stays_in_a_kept_chat(serve, tmp_path: Path):
    store = await Store.open(tmp_path)
    session = await Session.create(store, CodeAgent(model_of(serve(["Fine."]))))
    session.start("First?", values={"f": print})
    assert "'f' is a function" in of_kind(await _end(session), RunFinished)[0].message
    session.start("Second?")
    await _end(session)
    await session.close()
    again = await Session.load(store, session.chat_id, CodeAgent(model_of(serve([]))))
    assert [(turn.question, len(turn.steps)) for turn in again.agent.memory.turns] == [("First?", 0), ("Second?", 1)]
    await again.close()
    await store.close()


async def test_going_back_takes_them_along(serve):
    server = serve(
        [code("x = 1"), "One.", code("df['m'] = 0\nx = df.shape"), "Two.", code("final_answer([x, 'df' in dir()])")]
    )
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("One?")
        await agent.run("Two?", values={"df": FRAME})
        await agent.rewind(1)
        result = await agent.run("And?")
    assert result.answer and result.answer.value == [1, False]


async def test_they_are_there_after_the_answer_in_words_that_a_person_goes_back_to(serve):
    server = serve(["Thanks.", code("n = 0"), "Sure.", code("final_answer(n)")])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("Keep it.", values={"n": 5})
        await agent.run("Sure?")
        await agent.rewind(1)
        result = await agent.run("What is it?")
    assert result.answer and result.answer.value == 5


async def test_code_that_a_person_writes_in_place_of_the_first_step_finds_them(serve):
    session = Session(CodeAgent(model_of(serve([code("n = 0"), "Done."]))))
    session.start("Count.", values={"n": 5})
    await _end(session)
    await session.go_on_from(1, "final_answer(n)")
    events = await _end(session)
    await session.close()
    assert [event.answer.value for event in of_kind(events, FinalAnswer)][-1] == 5


async def test_after_a_loss_they_are_where_they_were_among_the_steps(serve):
    server = serve(["Thanks.", code("n += 1"), "Done.", code("final_answer(n)")])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("Keep it.", values={"n": 5})
        await agent.run("Count.")
        await agent.suspend(seconds=0)
        async with aclosing(agent.stream_run_again()) as stream:
            ended = [event async for event in stream if isinstance(event, RunAgainFinished)]
        assert ended[0].message == ""
        await agent.rewind(1)
        result = await agent.run("What is it?")
    assert result.answer and result.answer.value == 5


async def test_a_question_that_is_asked_again_has_them_again(serve):
    server = serve([code("df.drop(columns='n', inplace=True)"), "Dropped.", code("final_answer(list(df.columns))")])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("Drop.", values={"df": FRAME})
        (turn,) = agent.memory.turns
        await agent.switch([])
        turn = turn_from_json(turn_to_json(turn), [])  # as from a store
        async with aclosing(agent.stream_again(turn)) as events:
            happened = [event async for event in events]
    answers = [event.answer for event in of_kind(happened, FinalAnswer)]
    assert [answer.value for answer in answers] == [["n", "kind"]]
    assert "- df: DataFrame 3×2 (n, kind)" in sent(server)[-1]["content"]


@pytest.mark.parametrize("rows", [3, 400_000])
async def test_after_a_loss_steps_run_again_with_them_or_say_that_they_are_too_large(serve, rows: int):
    server = serve([code("total = int(array.sum())"), "Done.", code("final_answer([total, array.size])")])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("Add.", values={"array": numpy.ones(rows)})
        await agent.suspend(seconds=0)
        assert [step.number for step in agent.lost_steps] == [1]
        async with aclosing(agent.stream_run_again()) as stream:
            ended = [event async for event in stream if isinstance(event, RunAgainFinished)]
        if rows > 3:
            assert ended[0].message == (
                "The values that came with a question are too large to be kept: array. Ask again, and give them again."
            )
            return
        assert ended[0].message == ""
        result = await agent.run("And?")
    assert result.answer and result.answer.value == [3, 3]


async def test_they_sleep_and_wake_with_the_chat(serve, tmp_path: Path):
    server = serve([code("x = 1"), "Done.", code("final_answer(df)")])
    async with CodeAgent(model_of(server)) as agent:
        agent.chat = ChatState(tmp_path / "files", tmp_path / "history")
        await agent.run("One?", values={"df": FRAME})
        assert await agent.suspend() is None and not agent.is_awake
        result = await agent.run("Two?")
    assert result.answer
    pandas.testing.assert_frame_equal(result.answer.value, FRAME)


async def test_they_reach_code_elsewhere(serve):
    server = serve([code("final_answer({'sum': df['n'].sum(), 'picture': picture})")])
    result = await ask(server, {"df": FRAME, "picture": Image.new("RGB", (5, 4))}, engine=ChildEngine())
    assert result.answer and result.answer.value["sum"] == 6 and result.answer.value["picture"].size == (5, 4)


async def test_a_model_that_sees_is_shown_pictures_among_them(serve):
    server = serve(["A square.", "A square."])
    for vision in (True, False):
        model = model_of(server)
        model.capabilities = Capabilities(vision=vision)
        async with CodeAgent(model) as agent:
            await agent.run("What is it?", values={"picture": Image.new("RGB", (4, 4))})
        content = sent(server)[-1]["content"]
        assert isinstance(content, list) is vision and "cannot see" not in str(content)


# Agents that call tools


@tool
def size_of(picture: Image.Image) -> list[int]:
    """Measure a picture."""
    return list(picture.size)


@tool
def paint(width: int) -> Image.Image:
    """Paint a picture."""
    return Image.new("RGB", (width, 2))


@tool
def rows_of(table: pandas.DataFrame) -> pandas.DataFrame:
    """Return the first rows."""
    return table.head(1)


async def test_without_code_they_are_told_in_words_and_calls_name_them(serve):
    calls = [Reply(call=("rows_of", {"table": "df"})), Reply(call=("size_of", {"picture": "picture"}))]
    server = serve([*calls, "Done."])
    values = {"df": FRAME, "picture": Image.new("RGB", (7, 5)), "word": "x" * 10_000}
    async with ToolCallingAgent(calling(server), tools=[rows_of, size_of]) as agent:
        await agent.run("Look.", values=values)
        assert agent.chat.sandbox is None
    told = sent(server, 0)[-1]["content"]
    assert "- df:\n   n kind\n0  1    a" in told and "- picture: A picture, 7×5 pixels." in told and len(told) < 5_000
    assert sent(server, 1)[-1]["content"].startswith("   n kind\n0  1    a")
    assert sent(server)[-1]["content"] == "[7,5]"


async def test_without_code_there_are_no_files_and_no_functions(serve, tmp_path: Path):
    (tmp_path / "a.txt").write_text("a")
    for values, problem in (({"a": tmp_path / "a.txt"}, "Use files="), ({"f": print}, "'f' is a function")):
        with pytest.raises(GlassboxError, match=problem):
            async with ToolCallingAgent(model_of(serve([])), tools=[size_of]) as agent:
                await agent.run("Look.", values=values)


async def test_with_python_among_the_tools_they_are_variables(serve):
    server = serve([Reply(call=("python", {"code": "final_answer(df['n'].max())"}))])
    async with ToolCallingAgent(calling(server), tools=[python]) as agent:
        result = await agent.run("Most?", values={"df": FRAME})
    assert result.answer and result.answer.value == 3


async def test_a_picture_that_a_call_returns_is_shown_and_can_be_given_to_the_next(serve):
    calls = [Reply(call=("paint", {"width": 9})), Reply(call=("size_of", {"picture": "paint_1"}))]
    server = serve([*calls, "Done."])
    model = calling(server)
    model.capabilities = Capabilities(tools=True, vision=True)
    async with ToolCallingAgent(model, tools=[paint, size_of]) as agent:
        shown = of_kind(await events_of(agent), Displayed)
        assert len(agent.memory.steps[0].images) == 1
    assert [event.display.value.size for event in shown] == [(9, 2)]
    said = sent(server, 1)
    assert said[-2]["content"].startswith("A picture, 9×2 pixels.\nIt was shown to the user.\n(It is kept as paint_1.")
    assert said[-1]["content"][1]["type"] == "image_url"
    assert sent(server)[-1]["content"] == "[9,2]"


@pytest.mark.parametrize("values", ["abc", [1], 3])
async def test_values_are_a_dict(serve, values):
    async with CodeAgent(model_of(serve(["Hello."]))) as agent:
        with pytest.raises(GlassboxError, match="Values are given as a dict of their names, such as"):
            await agent.run("hello", values=values)
