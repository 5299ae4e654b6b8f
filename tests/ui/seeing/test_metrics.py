"""Runs become numbers for Prometheus, and what the day came to."""

from datetime import date

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from agent_core import LiteLLMModel
from agent_core.events import (
    ModelWaiting,
    PermissionAsked,
    PlanReady,
    RunAgainFinished,
    RunFinished,
    RunQueued,
    RunStarted,
    StepFinished,
    StepsRunAgain,
    StepStarted,
    ThoughtDelta,
)
from agent_core.sandbox import SandboxFootprint
from agent_core.usage import Usage
from tests.ui.seeing.support import happen, watched
from ui.seeing.seeing import Seeing
from ui.seeing.state import AppState

STEP = (StepStarted(1), ThoughtDelta("…"), StepFinished(1, 2.0, Usage(100, 20, 1)))


def numbers(seeing: Seeing, state: AppState | None = None) -> dict[str, float]:
    """All samples, by their names and labels."""
    text, kind = seeing.metrics.exposition(state or AppState(), "")
    assert kind.startswith("text/plain")
    return {
        " ".join([sample.name, *sorted(sample.labels.values())]): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def test_what_happens_in_runs_is_counted():
    seeing = Seeing()
    session = watched(seeing)
    happen(session, RunQueued("?", 2), RunQueued("?", 1))
    [run] = seeing.runs.runs
    assert run.waits and run.began is None
    happen(session, RunStarted("?"))
    assert not run.waits and run.began is not None
    happen(session, PlanReady("1.", 0.5, Usage(10, 1, 1)), *STEP)
    happen(session, StepStarted(2), ModelWaiting("Busy.", 1.0, "m", "busy"), *STEP)
    happen(session, RunFinished("answer", steps=2, seconds=4.0))
    happen(session, RunStarted("?"), StepStarted(3), RunFinished("error", "No.", code="bad_key"))
    assert not seeing.runs.runs
    counted = numbers(seeing)
    assert counted["glassbox_questions_total demo"] == 2
    assert counted["glassbox_steps_total demo"] == 2
    assert (counted["glassbox_tokens_total demo input"], counted["glassbox_tokens_total demo output"]) == (210, 41)
    assert counted["glassbox_model_requests_total demo"] == 5
    assert (
        counted["glassbox_model_failures_total busy demo"] == counted["glassbox_model_failures_total bad_key demo"] == 1
    )
    assert counted["glassbox_runs_total answer demo"] == counted["glassbox_runs_total demo error"] == 1
    assert counted["glassbox_queue_seconds_count"] == counted["glassbox_run_seconds_count demo"] == 2
    day = seeing.today.day
    assert (day.questions, day.steps, day.usage.total_tokens, day.usual_seconds) == (2, 2, 251, 4.0)
    assert day.failures == seeing.today.recent_failures == {"busy": 1, "bad_key": 1}


def test_a_run_that_waits_again_after_a_reply_is_queued_and_not_counted_twice():
    seeing = Seeing()
    session = watched(seeing)
    happen(session, RunStarted("?"), StepStarted(1), RunQueued("", 1))
    [run] = seeing.runs.runs
    assert run.waits
    happen(session, RunQueued("", 0))
    assert not run.waits
    happen(session, RunFinished("answer"))
    assert numbers(seeing)["glassbox_queue_seconds_count"] == 1


def test_a_run_that_ends_in_the_queue_never_began():
    seeing = Seeing()
    happen(watched(seeing), RunQueued("?", 1), RunFinished("interrupted"))
    counted = numbers(seeing)
    assert counted["glassbox_queue_seconds_count"] == 0 and counted["glassbox_runs_total demo interrupted"] == 1
    assert not seeing.runs.runs


def test_a_step_that_a_person_wrote_is_no_request_and_steps_that_run_again_are_no_run():
    seeing = Seeing()
    session = watched(seeing)
    asked = PermissionAsked("1", "import", "x", "y")
    happen(session, StepsRunAgain((1,)), asked, RunAgainFinished())
    assert not seeing.runs.runs
    happen(session, StepStarted(1), StepFinished(1, 1.0, Usage()), RunFinished("stopped"))
    counted = numbers(seeing)
    assert counted["glassbox_runs_total demo stopped"] == counted["glassbox_steps_total demo"] == 1
    assert "glassbox_model_requests_total demo" not in counted


@pytest.mark.parametrize(
    ("model", "provider"),
    [("anthropic/secret-name", "anthropic"), ("mistral/x", "mistral_ai"), ("my-own-name/x", "other")],
)
def test_no_label_is_a_name_that_a_person_typed(model, provider):
    seeing = Seeing()
    session = watched(seeing)
    session.agent.model = LiteLLMModel(model, api_key="k")
    happen(session, RunStarted("?"), *STEP, RunFinished("answer"))
    assert numbers(seeing)[f"glassbox_steps_total {provider}"] == 1
    session.agent.model = LiteLLMModel(model, api_key="k", api_base="http://127.0.0.1:1")
    happen(session, RunStarted("?"), *STEP, RunFinished("answer"))
    assert numbers(seeing)["glassbox_steps_total own_server"] == 1
    text, _ = seeing.metrics.exposition(AppState(), "")
    assert b"secret-name" not in text and b"my-own-name" not in text


def test_what_is_so_at_the_moment_is_told_in_both_of_prometheus_formats():
    state = AppState(chats=3, awake=2, lag=0.25, sandbox=SandboxFootprint(4, 1_000), store_works=False)
    told = numbers(Seeing(), state)
    assert (told["glassbox_chats_open"], told["glassbox_chats_awake"]) == (3, 2)
    assert told["glassbox_event_loop_lag_seconds"] == 0.25
    assert (told["glassbox_sandbox_processes"], told["glassbox_sandbox_memory_bytes"]) == (4, 1_000)
    assert told["glassbox_store_works"] == 0 and told["process_resident_memory_bytes"] > 0
    text, kind = Seeing().metrics.exposition(state, "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text")
    assert "glassbox_chats_open" in {family.name for family in openmetrics(text.decode())}


def test_a_new_day_begins_with_nothing(monkeypatch):
    seeing = Seeing()
    happen(watched(seeing), RunStarted("?"), *STEP, RunFinished("answer"))

    class Tomorrow(date):
        @classmethod
        def today(cls):
            return date(2999, 1, 1)

    monkeypatch.setattr("ui.seeing.today.date", Tomorrow)
    assert (seeing.today.day.questions, seeing.today.day.ends.total()) == (0, 0)
