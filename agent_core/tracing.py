"""Runs as OpenTelemetry spans, by the GenAI semantic conventions, made of the events of the runs alone.

`invoke_agent CodeAgent` is a run. Its children are `chat <model>`, a request, which ends with the reply's action or in
an error; `execute_tool python`, a step of code; within that `execute_tool <tool>` for each call of a tool; and
`plan CodeAgent`. `error.type` is an ErrorCode, the kind of an ExecutionError, "tool_error", or "_OTHER". What an agent
spends that is another one's tool counts for the request of the step that called it.

Questions, replies, code, arguments and outputs are in them only where the conventions' opt-in is set
(OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true, or span_only), and keys of the environment never.
"""

import json
import os
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from agent_core.agents.base import Agent
from agent_core.agents.code import CodeAgent
from agent_core.events import (
    CodeDelta,
    CodeReady,
    Event,
    FinalAnswer,
    ModelWaiting,
    PlanReady,
    ReasoningDelta,
    ReplyCut,
    RunFinished,
    RunResumed,
    RunStarted,
    StepFinished,
    StepStarted,
    ThoughtDelta,
    ToolFinished,
    ToolStarted,
)
from agent_core.models.provider_names import provider_name
from agent_core.models.served import ServedModel
from agent_core.net.redaction import redact
from agent_core.text import truncate_middle, whole_characters
from agent_core.usage import Usage

try:
    from opentelemetry import trace
    from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
except ModuleNotFoundError as error:
    raise ImportError("traced needs another package: pip install 'glassbox[otel]'.") from error

_CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
_CAPTURING = ("true", "span_only", "span_and_event")
_LONGEST = 20_000  # characters of a content
_SETTINGS = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "seed": "gen_ai.request.seed",
    "max_tokens": "gen_ai.request.max_tokens",
    "stop": "gen_ai.request.stop_sequences",
}
_UNKNOWN_ERROR = "_OTHER"  # as the conventions call it


async def traced(
    agent: Agent, events: AsyncGenerator[Event, None], *, tracer: Tracer | None = None, conversation: str = ""
) -> AsyncGenerator[Event, None]:
    """Pass on the events of an agent's run, such as `agent.stream(…)`, and make spans of them.

    Args:
        agent: The agent.
        events: The events of its run. Closing this iterator closes them.
        tracer: Makes the spans; None for one of the program's tracer provider.
        conversation: An id of the chat; "" for none.

    Yields:
        The events.
    """
    spans = RunSpans(lambda: agent, tracer, conversation=conversation)
    try:
        async with aclosing(events) as happening:
            async for event in happening:
                spans(event)
                yield event
    finally:
        spans.end()


@dataclass
class _Request:
    """A request whose end is not known yet. Times are nanoseconds, as in spans.

    began: when it was sent. first: when its reply began; None if it has not. replied: when its reply was there. pieces:
    what came of that.
    """

    began: int
    first: int | None = None
    replied: int | None = None
    pieces: list[str] = field(default_factory=list)


class RunSpans:
    """Takes the events of one chat's runs, and makes spans of them; such as a Session's `observe`.

    Args:
        agent: Gives the agent, which may be another one in each run.
        tracer: Makes the spans; None for one of the program's tracer provider.
        conversation: An id of the chat; "" for none.
    """

    def __init__(self, agent: Callable[[], Agent], tracer: Tracer | None = None, *, conversation: str = "") -> None:
        self._agent = agent
        self._tracer = tracer or trace.get_tracer("agent_core")
        self._conversation = conversation
        self._captures = os.environ.get(_CAPTURE, "").strip().lower() in _CAPTURING
        self._run: Span | None = None
        self._forget_run()

    def __call__(self, event: Event) -> None:
        """Take an event."""
        match event:
            case RunStarted(question):
                self._begin_run()
                self._content(self._run, "gen_ai.input.messages", _message("user", question))
            case RunResumed():
                self._begin_run()
            case StepStarted():
                self._begin_run()
                self._request = _Request(time.time_ns())
            case ReasoningDelta(text) | ThoughtDelta(text) | CodeDelta(text):
                self._take_piece(text, is_reply=not isinstance(event, ReasoningDelta))
            case ModelWaiting():
                self._retry(event)
            case PlanReady():
                self._add_plan(event)
            case CodeReady(code):
                self._end_reply()
                self._begin_code(code)
            case ReplyCut():
                self._end_reply()
            case ToolStarted():
                self._begin_tool(event)
            case ToolFinished():
                self._end_tool(event)
            case StepFinished():
                self._end_step(event)
            case FinalAnswer(answer):
                self._content(self._run, "gen_ai.output.messages", _message("assistant", str(answer)))
            case RunFinished():
                self._end_run(event)

    def end(self) -> None:
        """End what is open, as when a run was stopped whose end nobody hears of."""
        if self._run is not None:
            self._end_run(RunFinished("stopped"))

    # The run

    def _begin_run(self) -> Span:
        if self._run is None:
            agent, self._model = self._agent(), whole_characters(self._agent().model.name)
            self._run = self._span("invoke_agent", type(agent).__name__, None, self._of_model())
        return self._run

    def _end_run(self, end: RunFinished) -> None:
        run, error = self._begin_run(), (end.code or _UNKNOWN_ERROR) if end.reason == "error" else ""
        if self._request and (error or self._request.first):
            self._add_request(error)
        for span in (*self._tools.values(), self._code):
            if span is not None:
                _end(span, error)
        run.set_attributes(_usage(end.usage) | {"glassbox.run.reason": end.reason, "glassbox.run.steps": end.steps})
        _end(run, error)
        self._run = None
        self._forget_run()

    def _forget_run(self) -> None:
        self._model = ""
        self._request: _Request | None = None
        self._code: Span | None = None
        self._tools: dict[str, Span] = {}

    # Requests to models

    def _take_piece(self, text: str, *, is_reply: bool) -> None:
        if request := self._request:
            request.first = request.first or time.time_ns()
            if self._captures and is_reply:
                request.pieces.append(text)

    def _end_reply(self) -> None:
        """Note that a reply is there. What it cost is known when its step ends."""
        if request := self._request:
            request.replied = request.replied or time.time_ns()

    def _add_request(self, error: str = "", usage: Usage | None = None, parent: Span | None = None) -> None:
        """Add a request that has ended, now or with its reply."""
        request, self._request = self._request, None
        if request is None:
            return
        model = self._of_model() | self._settings() | {"gen_ai.request.stream": True}
        span = self._span("chat", self._model, parent or self._begin_run(), model, request.began)
        if request.first:
            seconds = max(request.first - request.began, 0) / 1e9
            span.set_attribute("gen_ai.response.time_to_first_chunk", seconds)
        if usage:
            span.set_attributes(_usage(usage))
        if request.pieces:
            self._content(span, "gen_ai.output.messages", _message("assistant", "".join(request.pieces)))
        _end(span, error, max(request.replied or time.time_ns(), request.began))

    def _retry(self, failure: ModelWaiting) -> None:
        run = self._begin_run()
        self._request = self._request or _Request(time.time_ns())  # of a plan, which nothing was known of so far
        self._add_request(failure.code or _UNKNOWN_ERROR, parent=run)
        self._model = whole_characters(failure.model)
        self._request = _Request(time.time_ns() + int(failure.seconds * 1e9))

    def _add_plan(self, plan: PlanReady) -> None:
        """Add a plan with its request."""
        end = time.time_ns()
        start = end - int(plan.seconds * 1e9)
        span = self._span("plan", type(self._agent()).__name__, self._begin_run(), {}, start)
        self._request = self._request or _Request(start)
        self._request.pieces = [plan.plan] if self._captures else []
        self._add_request(usage=plan.usage, parent=span)
        span.end(end)

    # Steps

    def _begin_code(self, code: str) -> None:
        """Begin a step of code. The calls of other agents are their own spans, with nothing around them."""
        if isinstance(self._agent(), CodeAgent):
            self._code = self._span("execute_tool", "python", self._begin_run(), {"gen_ai.tool.type": "function"})
            self._content(self._code, "gen_ai.tool.call.arguments", {"code": code})

    def _begin_tool(self, call: ToolStarted) -> None:
        about = {"gen_ai.tool.type": "function", "gen_ai.tool.call.id": call.call_id}
        span = self._span("execute_tool", call.tool, self._code or self._begin_run(), about)
        self._content(span, "gen_ai.tool.call.arguments", call.arguments)
        self._tools[call.call_id] = span

    def _end_tool(self, call: ToolFinished) -> None:
        if span := self._tools.pop(call.call_id, None):
            _end(span, "" if call.error is None else "tool_error")

    def _end_step(self, step: StepFinished) -> None:
        self._end_reply()
        if step.usage.requests:  # else a person wrote the step
            self._add_request(usage=step.usage)
        if self._code is not None:
            if step.execution:
                self._content(self._code, "gen_ai.tool.call.result", step.execution.stdout)
            error = step.execution.error if step.execution else None
            _end(self._code, error.kind if error else "")
        self._request = self._code = None

    # Spans

    def _span(
        self, operation: str, name: str, parent: Span | None, about: dict[str, Any], start: int | None = None
    ) -> Span:
        about = about | {"gen_ai.operation.name": operation}
        if operation == "execute_tool":
            about["gen_ai.tool.name"] = name
        elif operation != "chat":
            about["gen_ai.agent.name"] = name
        if self._conversation and operation != "execute_tool":
            about["gen_ai.conversation.id"] = self._conversation
        return self._tracer.start_span(
            f"{operation} {name}",
            None if parent is None else trace.set_span_in_context(parent),
            SpanKind.CLIENT if operation == "chat" else SpanKind.INTERNAL,
            about,
            start_time=start,
        )

    def _of_model(self) -> dict[str, str]:
        return {"gen_ai.provider.name": provider_name(self._agent().model), "gen_ai.request.model": self._model}

    def _settings(self) -> dict[str, Any]:
        """Return what was set for the model that is asked, or for the run."""
        agent = self._agent()
        asked = next((model for model in (agent.model, *agent.fallbacks) if model.name == self._model), agent.model)
        settings: dict[str, Any] = {**(asked.settings if isinstance(asked, ServedModel) else {}), **agent.run_settings}
        return {name: settings[key] for key, name in _SETTINGS.items() if settings.get(key) is not None}

    def _content(self, span: Span | None, name: str, content: Any) -> None:
        """Add a content, if contents are asked for."""
        if self._captures and span is not None:
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            span.set_attribute(name, truncate_middle(whole_characters(redact(text)), _LONGEST))


def _end(span: Span, error: str, at: int | None = None) -> None:
    if error:
        span.set_attribute("error.type", error)
        span.set_status(Status(StatusCode.ERROR))
    span.end(at)


def _message(role: str, text: str) -> list[dict[str, Any]]:
    message: dict[str, Any] = {"role": role, "parts": [{"type": "text", "content": text}]}
    return [message if role == "user" else message | {"finish_reason": "stop"}]


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_tokens,
    }
