"""Sends traces to a collector, if the environment names one and the extra "otel" is installed.

The variables are OpenTelemetry's own (OTEL_EXPORTER_OTLP_ENDPOINT and its kin). The tracer is the app's alone: what
other libraries would trace, such as addresses of requests, goes nowhere.
"""

import logging
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from agent_core import Session, __version__
from agent_core.events import Event
from ui.seeing.run_watch import mark_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_CLOSING_SECONDS = 1.0  # for the last spans to be sent, when the app ends

logger = logging.getLogger(__name__)


class Traces:
    """Makes spans of the runs of chats.

    Args:
        provider: Where they go.
    """

    def __init__(self, provider: "TracerProvider") -> None:
        self._provider = provider

    def observer(self, session: Session) -> Callable[[Event], None]:
        """Return what takes the events of a chat."""
        from agent_core.tracing import RunSpans

        tracer = self._provider.get_tracer("glassbox", __version__)
        return RunSpans(lambda: session.agent, tracer, conversation=mark_of(session.chat_id))

    def close(self) -> None:
        """Send what is left, for a short time. Blocks."""
        closing = threading.Thread(target=self._provider.shutdown, daemon=True, name="traces")
        closing.start()
        closing.join(_CLOSING_SECONDS)


def traces_of_environment() -> Traces | None:
    """Return what sends traces as the environment says; None if it does not ask for any."""
    if not any(os.environ.get(name) for name in _ENDPOINTS) or os.environ.get("OTEL_TRACES_EXPORTER") == "none":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, OTELResourceDetector, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError:
        logger.warning(
            "OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, which need other packages: docs/operate.md names them"
        )
        return None
    about = Resource({SERVICE_NAME: "glassbox", SERVICE_VERSION: __version__}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=about, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider)
