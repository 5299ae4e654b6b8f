"""Runs of programs that do not await: one after the other, event by event, in a notebook's loop, many at a time."""

import asyncio
import threading

import pytest

from agent_core import Busy, CodeAgent, GlassboxError, McpServer, ToolCallingAgent, run_batch, tool
from agent_core.events import CodeReady, FinalAnswer, RunFinished, StepStarted
from tests.agent_core.support import calling, code
from tests.doubles.mcp_server import McpDouble
from tests.doubles.openai_server import Reply
from tests.support import model_of

REMEMBER = [code("x = 5\nprint(x)"), "Kept.", code("final_answer(x * 2)")]


def close(agent):
    asyncio.run(agent.close())


def test_events_come_one_by_one_without_a_loop(serve):
    agent = CodeAgent(model_of(serve([code("final_answer(6 * 7)")])))
    events = list(agent.stream_sync("six times seven?"))
    close(agent)
    assert isinstance(events[-1], RunFinished) and events[-1].reason == "answer"
    assert [str(event.answer) for event in events if isinstance(event, FinalAnswer)] == ["42"]


def test_leaving_the_loop_stops_the_run(serve):
    server = serve([code("import time\ntime.sleep(60)"), "Here again."])
    agent = CodeAgent(model_of(server))
    for event in agent.stream_sync("wait"):
        if isinstance(event, CodeReady):
            break
    assert str(agent.run_sync("and now?").answer) == "Here again."
    assert "was stopped before its end" in str(server.requests[1].body["messages"])
    close(agent)


def test_what_a_run_raises_is_raised_to_the_loop(serve):
    agent = CodeAgent(model_of(serve([])))
    close(agent)
    with pytest.raises(GlassboxError, match="This agent is closed"):
        list(agent.stream_sync("hello"))


def test_a_chat_goes_on_between_loops(serve):
    agent = CodeAgent(model_of(serve(REMEMBER)))
    for event in agent.stream_sync("remember five"):
        if isinstance(event, StepStarted):
            assert threading.current_thread() is threading.main_thread()
    assert str(agent.run_sync("double it").answer) == "10"
    close(agent)


async def test_where_a_loop_runs_already_as_in_a_notebook(serve):
    async with CodeAgent(model_of(serve([*REMEMBER, code("final_answer(x + 1)")]))) as agent:
        await agent.run("remember five")
        assert str(agent.run_sync("double it").answer) == "10"
        assert [str(event.answer) for event in agent.stream_sync("one more") if isinstance(event, FinalAnswer)] == ["6"]


@pytest.mark.parametrize("ends", [SystemExit(3), KeyboardInterrupt()])
async def test_what_ends_a_program_ends_it_from_a_callback_as_well(serve, ends: BaseException):
    def leave(step):
        raise ends

    agent = CodeAgent(model_of(serve([code("print(1)")] * 2)), step_callbacks=[leave])
    with pytest.raises(type(ends)) as raised:
        agent.run_sync("leave")
    assert raised.value is ends
    with pytest.raises(type(ends)) as raised:
        list(agent.stream_sync("leave"))
    assert raised.value is ends
    await agent.close()


async def test_tools_of_a_server_work_in_any_loop(serve):
    with McpDouble() as double:
        async with McpServer(double.url) as server:
            tools = await server.tools()
            replies = [Reply(calls=[(tools[0].name, {"a": 1, "b": 2})]), "Done."] * 2
            async with ToolCallingAgent(calling(serve(replies)), tools=tools) as agent:
                await agent.run("here")
                agent.run_sync("there")
                calls = [step.calls[0].result for step in agent.memory.steps if step.calls]
    assert calls[0] == calls[1]


def test_two_threads_cannot_ask_one_agent_at_once(serve):
    begun, go_on = threading.Event(), threading.Event()

    @tool
    def wait() -> str:
        """Wait."""
        begun.set()
        go_on.wait(30)
        return "over"

    agent = CodeAgent(model_of(serve([code("print(wait())"), "Done."])), tools=[wait])
    results = []
    first = threading.Thread(target=lambda: results.append(agent.run_sync("wait")))
    first.start()
    assert begun.wait(30)
    with pytest.raises(Busy, match="Wait for it, or stop it first"):
        agent.run_sync("and me?")
    go_on.set()
    first.join()
    close(agent)
    assert str(results[0].answer) == "Done."


async def test_a_batch_has_the_results_in_order_and_bounds_how_many_run(serve):
    running, most = 0, 0

    @tool
    async def look() -> str:
        """Look."""
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        return "seen"

    def script(body):
        asked = body["messages"][1]["content"]
        return f"It is {asked}." if "seen" in str(body["messages"][-1]) else Reply(calls=[("look", {})])

    model = calling(serve(script))
    results = await run_batch(lambda: ToolCallingAgent(model, tools=[look]), [str(n) for n in range(7)], at_once=3)
    assert [str(result.answer) for result in results] == [f"It is {n}." for n in range(7)]
    assert most == 3 and all(len(result.steps) == 2 for result in results)


async def test_what_fails_in_a_batch_is_a_result(serve):
    made = []

    async def make():
        made.append(CodeAgent(model_of(serve(["Hello."])), workspace=None))
        if len(made) == 2:
            raise GlassboxError("There is no room for another agent.")
        if len(made) == 3:
            raise ValueError("odd")
        return made[-1]

    results = await run_batch(make, ["a", "b", "c", "d"], at_once=1)
    assert [(result.reason, result.message) for result in results] == [
        ("answer", ""),
        ("error", "There is no room for another agent."),
        ("error", "The run failed unexpectedly: ValueError: odd"),
        ("answer", ""),
    ]
    with pytest.raises(GlassboxError, match="closed"):
        await made[0].run("again")


async def test_ending_a_batch_stops_all_its_runs(serve):
    server = serve(lambda body: code("import time\ntime.sleep(60)"))
    agents, working = [], asyncio.Semaphore(0)

    def make():
        agents.append(CodeAgent(model_of(server), step_callbacks=[]))
        agents[-1].chat.save = _telling(working)
        return agents[-1]

    batch = asyncio.create_task(run_batch(make, ["1", "2", "3"], at_once=2))
    for _ in range(4):  # each saves before its request, and before its code
        await working.acquire()
    batch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await batch
    assert [agent.chat.is_closed for agent in agents] == [True, True]
    assert not [box.workspace for agent in agents if (box := agent.chat.sandbox) and box.workspace.exists()]


def _telling(working):
    async def save():
        working.release()

    return save


@pytest.mark.parametrize(("questions", "at_once"), [(["a", ""], 1), ("one question", 1), (["a"], 0)])
async def test_a_batch_of_wrong_things_is_refused(serve, questions, at_once):
    with pytest.raises(GlassboxError):
        await run_batch(lambda: CodeAgent(model_of(serve([]))), questions, at_once)
