"""Runs as spans, sent by the real exporter to a collector on loopback."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Tracer

from agent_core import CodeAgent, HubModel, RetryPolicy, Session, ToolCallingAgent, tool
from agent_core.events import ThoughtDelta
from agent_core.tracing import RunSpans, traced
from tests.agent_core.support import calling, code
from tests.doubles.openai_server import Reply
from tests.doubles.otlp_server import OtlpServer, attributes_of
from tests.support import model_of

CANARY = "c4n4ry"


@pytest.fixture
def collector() -> Iterator[OtlpServer]:
    with OtlpServer() as server:
        yield server


@pytest.fixture
def tracer(collector: OtlpServer) -> Iterator[Tracer]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{collector.url}/v1/traces")))
    yield provider.get_tracer("tests")
    provider.shutdown()


@tool
def look_up(name: str) -> str:
    """Look something up."""
    return f"{name}: {CANARY}"


@tool
def fail(name: str) -> str:
    """Fail."""
    raise ValueError(name)


async def run(agent, tracer: Tracer, question: str = f"What of {CANARY}?") -> None:
    async with agent, aclosing(traced(agent, agent.stream(question), tracer=tracer, conversation="c1")) as events:
        async for _ in events:
            pass


async def test_a_run_is_a_tree_of_the_spans_that_the_conventions_name(serve, collector, tracer):
    replies = [code(f'print(look_up("{CANARY}"))'), code("1 / 0"), f"It is {CANARY}."]
    await run(CodeAgent(model_of(serve(replies)), tools=[look_up]), tracer)
    [agent] = collector.named("invoke_agent CodeAgent")
    chats, steps = collector.named("chat test-model"), collector.named("execute_tool python")
    [call] = collector.named("execute_tool look_up")
    assert (len(chats), len(steps), len(collector.spans)) == (3, 2, 7)
    assert {span.parent_span_id for span in (*chats, *steps)} == {agent.span_id}
    assert call.parent_span_id == steps[0].span_id
    assert {span.trace_id for span in collector.spans} == {agent.trace_id}
    about = attributes_of(agent)
    assert about["gen_ai.operation.name"] == "invoke_agent"
    assert (about["gen_ai.agent.name"], about["gen_ai.conversation.id"]) == ("CodeAgent", "c1")
    assert (about["gen_ai.provider.name"], about["gen_ai.request.model"]) == ("own_server", "test-model")
    assert (about["glassbox.run.reason"], about["glassbox.run.steps"]) == ("answer", 3)
    told = [attributes_of(chat) for chat in chats]
    assert about["gen_ai.usage.input_tokens"] == sum(chat["gen_ai.usage.input_tokens"] for chat in told) > 0
    assert about["gen_ai.usage.output_tokens"] == sum(chat["gen_ai.usage.output_tokens"] for chat in told) > 0
    assert attributes_of(call)["gen_ai.tool.name"] == "look_up"
    assert [attributes_of(step).get("error.type") for step in steps] == [None, "exception"]
    times = [(span.start_time_unix_nano, span.end_time_unix_nano) for span in (chats[0], steps[0], chats[1])]
    assert all(start <= end for start, end in times)
    assert times[0][1] <= times[1][0] and times[1][1] <= times[2][0]


async def test_no_contents_unless_they_are_asked_for(serve, collector, tracer, monkeypatch):
    replies = [code(f'print(look_up("{CANARY}"))'), f"It is {CANARY}."]
    await run(CodeAgent(model_of(serve(replies)), tools=[look_up]), tracer)
    assert CANARY.encode() not in collector.received
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    monkeypatch.setenv("SOME_KEY", "k3y-of-the-owner")
    collector.spans.clear()
    question = f"What of {CANARY}? k3y-of-the-owner"
    await run(CodeAgent(model_of(serve(replies)), tools=[look_up]), tracer, question)
    [agent], [step] = collector.named("invoke_agent CodeAgent"), collector.named("execute_tool python")
    assert CANARY in attributes_of(agent)["gen_ai.input.messages"]
    assert CANARY in attributes_of(agent)["gen_ai.output.messages"]
    assert CANARY in attributes_of(step)["gen_ai.tool.call.result"]
    assert b"k3y-of-the-owner" not in collector.received


async def test_half_characters_lose_no_span(serve, collector, tracer, monkeypatch):
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true")
    agent = CodeAgent(model_of(serve(["Fine."])))
    monkeypatch.setattr(agent.model, "name", "model \ud800")
    await run(agent, tracer, "What of \ud800?")
    [agent], [_] = collector.named("invoke_agent CodeAgent"), collector.named("chat model �")
    assert "What of �?" in attributes_of(agent)["gen_ai.input.messages"]


async def test_what_was_set_for_the_model_and_the_run_is_told_of_each_request(serve, collector, tracer):
    model = HubModel("one", token="hf_test", base_url=serve([Reply(status=401)]).url, temperature=0.5, top_p=0.9)
    fallback = HubModel("two", token="hf_test", base_url=serve(["Fine."]).url, stop=["END"])
    async with CodeAgent(model, fallbacks=[fallback]) as agent:
        async for _ in traced(agent, agent.stream("go", settings={"seed": 7, "top_p": None}), tracer=tracer):
            pass
    told = [attributes_of(span) for name in ("one", "two") for span in collector.named(f"chat {name}")]
    names = ("temperature", "top_p", "seed", "max_tokens")
    assert [[about.get(f"gen_ai.request.{name}") for name in names] for about in told] == [
        [0.5, None, 7, None],
        [None, None, 7, None],
    ]
    assert [text.string_value for text in told[1]["gen_ai.request.stop_sequences"].values] == ["END"]


async def test_a_request_that_fails_is_a_span_with_the_kind_of_its_error(serve, collector, tracer):
    server = serve([Reply(status=503), "Fine."])
    await run(CodeAgent(model_of(server), retry=RetryPolicy(first_wait=0.01)), tracer)
    first, second = map(attributes_of, collector.named("chat test-model"))
    assert first["error.type"] == "service_error" and "error.type" not in second
    server = serve([Reply(status=401)])
    await run(CodeAgent(model_of(server)), tracer)
    *_, chat, agent = map(attributes_of, collector.spans)
    assert chat["error.type"] == agent["error.type"] == "bad_key"


async def test_a_plan_and_the_calls_of_an_agent_that_only_calls_tools(serve, collector, tracer):
    replies = ["First look, then answer.", Reply(calls=[("fail", '{"name": "x"}')]), "It failed."]
    await run(ToolCallingAgent(calling(serve(replies)), tools=[fail], plan_every=5), tracer)
    [plan] = collector.named("plan ToolCallingAgent")
    [agent], [call] = collector.named("invoke_agent ToolCallingAgent"), collector.named("execute_tool fail")
    assert [chat.parent_span_id == plan.span_id for chat in collector.named("chat test-model")] == [True, False, False]
    assert call.parent_span_id == agent.span_id
    assert attributes_of(call)["error.type"] == "tool_error"


async def test_a_stream_that_is_closed_and_a_run_that_is_stopped_end_their_spans(serve, collector, tracer):
    server = serve([Reply("A long answer. " * 9, fault="hang_midway")] * 2)
    async with CodeAgent(model_of(server)) as agent:
        async with aclosing(traced(agent, agent.stream("go"), tracer=tracer)) as events:
            async for event in events:
                if isinstance(event, ThoughtDelta):
                    break
        session = Session(agent)
        session.observe = RunSpans(lambda: session.agent, tracer)
        session.start("go")
        async with aclosing(session.follow()) as viewer:
            async for new in viewer:
                if any(isinstance(event, ThoughtDelta) for event in new):
                    break
        await session.stop()
    ends = [attributes_of(span)["glassbox.run.reason"] for span in collector.named("invoke_agent CodeAgent")]
    assert ends == ["stopped", "stopped"]
    assert len(collector.named("chat test-model")) == 2


async def test_code_that_a_person_wrote_is_no_request(serve, collector, tracer):
    server = serve([code("x = 1"), "One.", "Two."])
    async with CodeAgent(model_of(server)) as agent:
        session = Session(agent)
        session.start("go")
        await _end(session)
        session.observe = RunSpans(lambda: session.agent, tracer)
        await session.go_on_from(1, "x = 2")
        await _end(session)
    assert [span.name for span in collector.spans] == [
        "execute_tool python",
        "chat test-model",
        "invoke_agent CodeAgent",
    ]


def test_nothing_of_it_is_imported_by_the_library_itself():
    program = "import agent_core, sys; print([name for name in sys.modules if name.startswith('opentelemetry')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def _end(session: Session) -> None:
    async with aclosing(session.follow()) as viewer:
        async for _ in viewer:
            pass
