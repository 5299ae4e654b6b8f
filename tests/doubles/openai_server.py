"""A chat-completions service on loopback, with scripted replies and faults, for the real clients to talk to.

    with OpenAIServer(["Hello.", Reply(status=429, error="slow down")]) as server:
        model = HubModel("test", token="hf_x", base_url=server.url)

Replies are given one by one in the order of the list, or made by a function of the request's JSON body (which is called
in a thread and may block). What was asked is in `server.requests`; clients that left early are in `server.disconnects`.
Leaving the `with` block closes the port and ends every reply that still hangs.
"""

import json
import select
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal, Self, cast

Fault = Literal[
    "hang",  # takes the request and never answers
    "hang_midway",  # sends half of the text, then nothing more
    "break_off",  # sends half of the text, then resets the connection
    "cut_short",  # sends half of the text, then ends as if all were well, without a finish reason
    "error_midway",  # sends half of the text, then an error event with the text of `error`
    "garbage",  # sends half of the text, then bytes that are no JSON
    "no_text",  # sends half of the text, then a list where text belongs
    "no_number",  # sends half of the text, then ends with a usage in words
    "html",  # answers 200 with a web page
    "nothing",  # answers 200 with no event at all
]


@dataclass(frozen=True)
class Reply:
    """One answer of the service.

    text, reasoning: streamed in pieces of `piece` characters, `delay` seconds apart, the reasoning first.
    call: a native tool call after the text, (name, arguments), the JSON of the arguments streamed in pieces; arguments
    that are a text are sent as they are. calls: several of them.
    usage: (prompt tokens, completion tokens), sent last if the request asks for it; None never sends it. cached: how
    many of the prompt tokens came from the cache.
    progress: how far the prompt is read, as (read, total, from the cache), told first if the request asks for it.
    begin: what the text then waits for. comments: seconds from one comment to the next, sent until then.
    finish: the finish reason, sent after all this; None for none, only [DONE].
    raw: the whole body, sent as it is, as media_type, instead of all this.
    status: another HTTP status than 200 sends `error` as a JSON error body with that `code`, and `headers`.
    """

    text: str = ""
    reasoning: str = ""
    piece: int = 8
    delay: float = 0.0
    call: tuple[str, dict[str, Any] | str] | None = None
    calls: Sequence[tuple[str, dict[str, Any] | str]] = ()
    usage: tuple[int, int] | None = (7, 5)
    cached: int = 0
    progress: Sequence[tuple[int, int, int]] = ()
    begin: threading.Event | None = None
    comments: float = 0.0
    finish: str | None = "stop"
    raw: str = ""
    media_type: str = "text/event-stream"
    fault: Fault | None = None
    status: int = 200
    error: str = ""
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A request as it came. headers: by their names in lower case."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


Script = Sequence[Reply | str] | Callable[[dict[str, Any]], Reply | str]


class OpenAIServer:
    """The service. url: what to give a client as its base address.

    said: what it says of itself, by path: JSON, or a text as it is; a number is the status of a refusal.
    requests: all that were received. disconnects: those whose client went away before the reply's end.
    """

    def __init__(self, script: Script) -> None:
        self.requests: list[Request] = []
        self.disconnects: list[Request] = []
        self.said: dict[str, Any] = {}
        self.asked: list[tuple[str, str | None]] = []  # the paths where it was asked, and the keys
        self._script = script
        self._changed = threading.Condition()
        self._released, self._release = socket.socketpair()
        self._http = _HTTPServer(("127.0.0.1", 0), _Handler, self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._release.close()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        self._released.close()

    def wait_for_requests(self, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait until so many requests were received; False if they were not within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.requests) >= count, timeout)

    def wait_for_disconnects(self, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait until so many clients went away early; False if they did not within `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.disconnects) >= count, timeout)

    def take(self, request: Request) -> Reply:
        """Note a request and choose its reply."""
        with self._changed:
            self.requests.append(request)
            number = len(self.requests)
            self._changed.notify_all()
        if callable(self._script):
            reply = self._script(request.body)
        elif number <= len(self._script):
            reply = self._script[number - 1]
        else:
            reply = Reply(status=500, error=f"The script has {len(self._script)} replies; this is request {number}.")
        return Reply(text=reply) if isinstance(reply, str) else reply

    def note_disconnect(self, request: Request) -> None:
        with self._changed:
            self.disconnects.append(request)
            self._changed.notify_all()

    def is_spoken_to(self, connection: socket.socket, seconds: float | None) -> bool:
        """Wait until a client says something; False if it does not, or the server closes."""
        ready, _, _ = select.select([connection, self._released], [], [], seconds)
        return ready == [connection]

    def rest(self, connection: socket.socket, seconds: float | None) -> None:
        """Let time pass, for ever if None. Raises _ClientLeft or _Closing as soon as either happens."""
        ready, _, _ = select.select([connection, self._released], [], [], seconds)
        if self._released in ready:
            raise _Closing
        if connection in ready:  # its request has been read whole, so all it can still say is that it has gone
            raise _ClientLeft


class _ClientLeft(Exception):
    """The client closed its connection before the reply's end."""


class _Closing(Exception):
    """The server is being closed."""


class _HTTPServer(socketserver.ThreadingTCPServer):
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], owner: OpenAIServer) -> None:
        self.owner = owner
        super().__init__(address, handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10  # for a client that neither speaks nor listens

    @property
    def _owner(self) -> OpenAIServer:
        return cast(_HTTPServer, self.server).owner

    def handle(self) -> None:
        """Handle a request, unless the server closes before its client has said anything."""
        if self._owner.is_spoken_to(self.connection, self.timeout):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: the tests look at `requests`."""

    def do_GET(self) -> None:
        self.close_connection = True
        self._owner.asked.append((self.path, self.headers.get("Authorization")))
        said = self._owner.said.get(self.path, 404)
        status = said if isinstance(said, int) else 200
        self._send_whole(status, "application/json", (said if isinstance(said, str) else json.dumps(said)).encode(), {})

    def do_POST(self) -> None:
        self.close_connection = True
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(self.rfile.read(int(headers.get("content-length", 0))))
        if self.path in self._owner.said:
            self.do_GET()
            return
        request = Request(self.path, headers, body)
        if self.path not in ("/v1/chat/completions", "/chat/completions"):
            self._send_error(Reply(status=404, error=f"There is nothing at {self.path}."))
            return
        try:
            self._answer(self._owner.take(request), request)
        except (_ClientLeft, BrokenPipeError, ConnectionResetError):
            self._owner.note_disconnect(request)
        except _Closing:
            pass

    def _answer(self, reply: Reply, request: Request) -> None:
        if reply.status != 200:
            self._send_error(reply)
        elif reply.raw:
            self._send_whole(200, reply.media_type, reply.raw.encode(), {})
        elif reply.fault == "hang":
            self._owner.rest(self.connection, None)
        elif reply.fault == "html":
            self._send_whole(200, "text/html", b"<!doctype html><title>Welcome</title><p>It works.</p>", {})
        else:
            self._stream(reply, request)

    def _stream(self, reply: Reply, request: Request) -> None:
        self._send_head(200, "text/event-stream", {"Transfer-Encoding": "chunked"})
        if reply.fault == "nothing":
            self.wfile.write(_chunk(b""))
            return
        for read, total, cached in reply.progress if request.body.get("return_progress") else ():
            event = _completion([{"index": 0, "delta": {"role": "assistant", "content": None}, "finish_reason": None}])
            event["prompt_progress"] = {"total": total, "cache": cached, "processed": read, "time_ms": 1}
            self.wfile.write(_chunk(_event_bytes(event)))
        while reply.begin and not reply.begin.wait(reply.comments or 20) and reply.comments:
            self.wfile.write(_chunk(b": still there\n\n"))
            self._owner.rest(self.connection, 0)
        self._send_delta(reply, {"role": "assistant", "content": ""})
        for text in _pieces(reply.reasoning, reply.piece):
            self._send_delta(reply, {"reasoning_content": text})
        texts = _pieces(reply.text, reply.piece)
        for text in texts[: len(texts) // 2] if reply.fault else texts:
            self._send_delta(reply, {"content": text})
        for number, (name, arguments) in enumerate([reply.call, *reply.calls] if reply.call else reply.calls):
            self._send_call(reply, number, name, arguments)
        if reply.fault:
            self._fail(reply)
        else:
            self._finish(reply, request)

    def _send_call(self, reply: Reply, number: int, name: str, arguments: dict[str, Any] | str) -> None:
        function = {"name": name, "arguments": ""}
        head = {"index": number, "id": f"call_{number + 1}", "type": "function", "function": function}
        self._send_delta(reply, {"tool_calls": [head]})
        for piece in _pieces(arguments if isinstance(arguments, str) else json.dumps(arguments), reply.piece):
            self._send_delta(reply, {"tool_calls": [{"index": number, "function": {"arguments": piece}}]})

    def _fail(self, reply: Reply) -> None:
        match reply.fault:
            case "hang_midway":
                self._owner.rest(self.connection, None)
            case "break_off":
                self._reset()
            case "cut_short":
                self.wfile.write(_chunk(b""))
            case "error_midway":
                error = {"error": {"message": reply.error, "code": reply.code}}
                self.wfile.write(_chunk(_event_bytes(error)) + _chunk(b""))
            case "garbage":
                self.wfile.write(_chunk(b'data: {"choices": [{"del\xff\xfe\x00ta\n\n') + _chunk(b""))
            case "no_text":
                self._send_delta(reply, {"reasoning_content": ["hm"]})
                self.wfile.write(_chunk(b""))
            case "no_number":
                end = _completion([{"index": 0, "delta": {}, "finish_reason": "stop"}])
                end["usage"] = {"prompt_tokens": "many", "completion_tokens": "few", "total_tokens": "more"}
                self.wfile.write(_chunk(_event_bytes(end)) + _chunk(b""))

    def _finish(self, reply: Reply, request: Request) -> None:
        """Send the end in one piece: a client may leave as soon as it has read [DONE]."""
        end = _event_bytes(_completion([{"index": 0, "delta": {}, "finish_reason": reply.finish}]))
        if reply.usage and (request.body.get("stream_options") or {}).get("include_usage"):
            end += _event_bytes(_completion([], reply.usage, reply.cached))
        self.wfile.write(_chunk(end + b"data: [DONE]\n\n") + _chunk(b""))

    def _send_delta(self, reply: Reply, delta: dict[str, Any]) -> None:
        self.wfile.write(_chunk(_event_bytes(_completion([{"index": 0, "delta": delta, "finish_reason": None}]))))
        self._owner.rest(self.connection, reply.delay)

    def _send_error(self, reply: Reply) -> None:
        error = {"message": reply.error, "type": "error", "param": None, "code": reply.code}
        self._send_whole(reply.status, "application/json", json.dumps({"error": error}).encode(), reply.headers)

    def _send_whole(self, status: int, media_type: str, body: bytes, headers: dict[str, str]) -> None:
        self._send_head(status, media_type, {**headers, "Content-Length": str(len(body))})
        self.wfile.write(body)

    def _send_head(self, status: int, media_type: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": media_type, "Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _reset(self) -> None:
        """Close the connection as a crash would: with a reset, not with a goodbye."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


def _pieces(text: str, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _chunk(data: bytes) -> bytes:
    """One chunk of HTTP's chunked encoding; an empty one ends the reply."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def _event_bytes(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def _completion(choices: list[dict[str, Any]], usage: tuple[int, int] | None = None, cached: int = 0) -> dict[str, Any]:
    event: dict[str, Any] = {"id": "reply", "object": "chat.completion.chunk", "created": 0, "model": "test"}
    event["choices"] = choices
    if usage:
        prompt, completion = usage
        total = prompt + completion
        event["usage"] = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": total,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
    return event
