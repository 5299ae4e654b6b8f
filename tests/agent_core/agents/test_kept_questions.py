"""Whatever ends a run before its first step, the next request holds its question and its files."""

import asyncio
from contextlib import aclosing

import pytest

from agent_core import CodeAgent, GlassboxError, Session, ToolCallingAgent
from agent_core.events import PlanReady, RunStarted, ThoughtDelta
from tests.agent_core.support import calling, code, sent
from tests.doubles.openai_server import Reply
from tests.support import model_of

REFUSED = Reply(status=401, error="Invalid token")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("fruit,price\nplum,3\n")
    return path


def holds(server, request=-1):
    """Whether a request has the first question and its file."""
    text = str(sent(server, request)[1:])
    return "What is dear?" in text and "prices.csv (text/csv, 19 bytes)" in text and "1 row × 2 columns" in text


@pytest.mark.parametrize("kind", [CodeAgent, ToolCallingAgent])
async def test_after_a_refused_key(serve, table, kind):
    server = serve([REFUSED, "Plums."])
    model = calling(server) if kind is ToolCallingAgent else model_of(server)
    async with kind(model) as agent:
        assert (await agent.run("What is dear?", files=[table])).reason == "error"
        await agent.run("Please try again.")
    assert holds(server)
    assert sent(server)[-1]["content"].endswith(
        "or the user stopped it.)\n\nThe user's next message:\nPlease try again."
    )


async def test_on_another_model(serve, table):
    first, second = serve([REFUSED]), serve(["Plums."])
    async with CodeAgent(model_of(first)) as agent, CodeAgent(model_of(second)) as other:
        await agent.run("What is dear?", files=[table])
        other.take_over(agent)
        await other.run("Please try again.")
    assert holds(second)


async def test_after_a_stop_before_the_first_word_and_a_suspension(serve, table):
    server = serve([Reply("Plums.", fault="hang"), "Plums."])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent)
        session.start("What is dear?", [table])
        assert await asyncio.to_thread(server.wait_for_requests)
        await session.stop()
        await session.suspend()
        await agent.run("Please try again.")
    assert holds(server)


async def test_after_a_stop_right_after_the_plan(serve, table):
    server = serve(["1. Read the file.", "Plums.", "Plums."])
    async with CodeAgent(model_of(server), plan_every=5) as agent:
        async with aclosing(agent.stream("What is dear?", files=[table])) as events:
            async for event in events:
                if isinstance(event, PlanReady):
                    break
        agent.plan_every = 0
        await agent.run("Please try again.")
    assert holds(server)
    planned, told = sent(server)[-2:]
    assert planned["content"] == "1. Read the file." and "This step was stopped before its end." in told["content"]
    assert told["content"].endswith("The user's next message:\nPlease try again.")


async def test_a_plan_whose_step_failed_stays_with_its_question(serve, table):
    server = serve(["1. Read the file.", REFUSED, "Plums."])
    async with CodeAgent(model_of(server), plan_every=5) as agent:
        await agent.run("What is dear?", files=[table])
        agent.plan_every = 0
        await agent.run("Please try again.")
    assert holds(server) and sent(server)[-2]["content"] == "1. Read the file."
    assert sent(server)[: len(sent(server, 1)) - 1] == sent(server, 1)[:-1]


class Full:
    """A queue in which nobody's turn comes."""

    async def wait(self, tell):
        tell(1, None)
        await asyncio.sleep(60)

    def pause(self):
        pass

    go_on = leave = pause


async def test_after_a_stop_in_the_queue(serve, table):
    server = serve(["Plums."])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent)
        session.start("What is dear?", [table], Full())
        async with aclosing(session.follow()) as lists:
            await anext(lists)
        await session.stop()
        [started] = [event for event in session.log if isinstance(event, RunStarted)]
        assert [note.name for note in started.files] == ["prices.csv"]
        session.start("Please try again.")
        async with aclosing(session.follow()) as lists:
            async for _ in lists:
                pass
    text = sent(server)[-1]["content"]
    assert "What is dear?" in text and "prices.csv (text/csv, 19 bytes)" in text


async def test_a_file_that_cannot_be_read_leaves_its_question(serve, tmp_path):
    server = serve(["Which file?"])
    async with CodeAgent(model_of(server)) as agent:
        with pytest.raises(GlassboxError):
            await agent.run("What is dear?", files=[tmp_path / "gone.csv"])
        await agent.run("Please try again.")
    text = sent(server)[-1]["content"]
    assert "What is dear?" in text and "could not be taken: gone.csv" in text


async def test_a_question_that_no_window_holds_does_not_end_the_chat(serve):
    def reply(body):
        size = sum(len(message["content"]) for message in body["messages"])
        over = Reply(status=400, error="maximum context length is 4096 tokens", code="context_length_exceeded")
        return over if size > 16_000 else "Hello."

    server = serve(reply)
    async with CodeAgent(model_of(server)) as agent:
        assert (await agent.run("Sum up: " + "word " * 10_000 + "the end")).reason == "error"
        result = await agent.run("hello")
    assert str(result.answer) == "Hello."
    assert "Sum up: word" in sent(server)[-1]["content"] and "the end" in sent(server)[-1]["content"]


async def test_what_was_said_until_a_stop_stays_too(serve):
    server = serve([Reply("I look at the table. " * 3, fault="hang_midway"), code("final_answer(3)")])
    async with CodeAgent(model_of(server)) as agent:
        async with aclosing(agent.stream("What is dear?")) as events:
            async for event in events:
                if isinstance(event, ThoughtDelta):
                    break
        await agent.run("Please try again.")
    question, said, told = sent(server)[1:]
    assert question["content"] == "What is dear?" and said["content"].startswith("I look")
    assert told["content"].endswith("Please try again.")
