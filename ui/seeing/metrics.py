"""Numbers for Prometheus. No label is of anybody's choice, so there are never many."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from agent_core import __version__
from agent_core.events import Event, ModelWaiting, PlanReady, RunFinished, RunStarted, StepFinished
from agent_core.usage import Usage
from ui.seeing.run_watch import SeenRun, failure_kind
from ui.seeing.state import AppState

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)  # seconds, as all times here
_SLOW = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0)


class Metrics:
    """What is counted while the app runs. What is so at the moment comes from an AppState.

    Attributes:
        update_seconds: Takes how long an update of a page took, from when it was begun until it was sent.
    """

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        build = Gauge("glassbox_build_info", "The app's version.", ["version"], registry=registry)
        build.labels(__version__).set(1)
        self.update_seconds = Histogram(
            "glassbox_update_seconds",
            "Seconds to build and send an update of a page.",
            buckets=_QUICK,
            registry=registry,
        )
        self._questions = Counter("glassbox_questions", "Questions that were asked.", ["provider"], registry=registry)
        self._runs = Counter("glassbox_runs", "Runs that ended.", ["provider", "reason"], registry=registry)
        self._steps = Counter("glassbox_steps", "Steps that ended.", ["provider"], registry=registry)
        self._tokens = Counter("glassbox_tokens", "Tokens.", ["provider", "direction"], registry=registry)
        self._requests = Counter(
            "glassbox_model_requests", "Requests to models that ended, failed ones included.", ["provider"],
            registry=registry,
        )  # fmt: skip
        self._failures = Counter(
            "glassbox_model_failures", "Requests to models that failed.", ["provider", "kind"], registry=registry
        )
        self._waits = Histogram(
            "glassbox_queue_seconds", "Seconds that runs waited in the queue.", buckets=_SLOW, registry=registry
        )
        self._run_seconds = Histogram(
            "glassbox_run_seconds", "Seconds that runs took.", ["provider"], buckets=_SLOW, registry=registry
        )

    def queued(self, run: SeenRun) -> None:
        """Nothing is counted before it has waited."""

    def began(self, run: SeenRun) -> None:
        """Count how long it waited."""
        self._waits.observe(run.waited)

    def happened(self, run: SeenRun, event: Event) -> None:
        """Count an event."""
        match event:
            case RunStarted():
                self._questions.labels(run.provider).inc()
            case ModelWaiting():
                self._fail(run, failure_kind(event))
            case PlanReady(usage=usage):
                self._spend(run, usage)
            case StepFinished(usage=usage):
                self._steps.labels(run.provider).inc()
                self._spend(run, usage)

    def ended(self, run: SeenRun, end: RunFinished) -> None:
        """Count a run."""
        if kind := failure_kind(end):
            self._fail(run, kind)
        self._runs.labels(run.provider, end.reason).inc()
        self._run_seconds.labels(run.provider).observe(end.seconds)

    def exposition(self, state: AppState, accepted: str) -> tuple[bytes, str]:
        """Return all as text for Prometheus, and the type of that.

        Args:
            state: What is so at the moment.
            accepted: The header Accept of who asks.
        """
        both = CollectorRegistry(auto_describe=False)
        both.register(self._registry)
        both.register(_OfState(state))
        encode, kind = choose_encoder(accepted)
        return encode(both), kind

    def _fail(self, run: SeenRun, kind: str) -> None:
        self._requests.labels(run.provider).inc()
        self._failures.labels(run.provider, kind).inc()

    def _spend(self, run: SeenRun, usage: Usage) -> None:
        if usage.requests:  # else a person wrote the step
            self._requests.labels(run.provider).inc()
        self._tokens.labels(run.provider, "input").inc(usage.input_tokens)
        self._tokens.labels(run.provider, "output").inc(usage.output_tokens)


class _OfState(Collector):
    """What is so at the moment, as metrics."""

    def __init__(self, state: AppState) -> None:
        self._state = state

    def collect(self) -> Iterable[Metric]:
        state = self._state
        yield from _gauges(
            chats_open=("Chats in memory.", state.chats),
            chats_awake=("Chats that have processes of their own.", state.awake),
            runs_running=("Runs in progress.", len(state.running)),
            runs_queued=("Runs that wait in the queue.", len(state.queued)),
            queue_longest_wait_seconds=("Seconds that the run waits that waits longest.", state.longest_wait),
            event_loop_lag_seconds=("Seconds that the app is behind.", state.lag),
            sandbox_processes=("Processes in which code runs.", state.sandbox.processes),
            sandbox_memory_bytes=("Memory of these processes, shared one counted once (PSS).", state.sandbox.memory),
            app_memory_bytes=("Memory of the app itself (PSS).", state.app_memory),
            store_works=("Whether chats can be read and written: 1, or 0.", int(state.store_works)),
        )
        failures = CounterMetricFamily("glassbox_store_failures", "Times that the store failed.")
        failures.add_metric([], state.store_failures)
        yield failures


def _gauges(**said: tuple[str, float]) -> Iterator[GaugeMetricFamily]:
    for name, (about, value) in said.items():
        yield GaugeMetricFamily(f"glassbox_{name}", about, value=value)
