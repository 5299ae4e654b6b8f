"""A collector of OpenTelemetry traces on loopback, for the real exporter."""

import gzip
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.doubles.web_server import Handler, WebServer


class OtlpServer(WebServer):
    """Takes what is sent to /v1/traces.

    Attributes:
        received: What came, as bytes.
        spans: The spans, in the order in which they came.
        resource: The attributes of what sent them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.received = b""
        self.spans: list[Span] = []
        self.resource: dict[str, Any] = {}
        self.routes["/v1/traces"] = self._take

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def named(self, name: str) -> list[Span]:
        """The spans with this name."""
        return [span for span in self.spans if span.name == name]

    def _take(self, handler: Handler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        if handler.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.received += body
        for sent in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resource |= {pair.key: _value(pair.value) for pair in sent.resource.attributes}
            self.spans += [span for scope in sent.scope_spans for span in scope.spans]
        handler.reply(b"", content_type="application/x-protobuf")


def attributes_of(span: Span) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in span.attributes}


def _value(value: AnyValue) -> Any:
    return getattr(value, value.WhichOneof("value") or "string_value")
