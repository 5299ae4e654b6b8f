"""A service on loopback that speaks Anthropic's protocol: it notes what it is sent and answers each request alike.

AnthropicServer(error=(529, "overloaded_error", "Overloaded")) answers with an error; with status 200, within a stream.

with AnthropicServer("Hello.", cached=900) as server:
    model = LiteLLMModel("anthropic/claude-sonnet-4-5", api_key="x", api_base=server.url)
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class AnthropicServer:
    """bodies: the JSON of the requests. cached: input tokens that came from its cache, beside 100 that did not.

    error: status, type and message of what it answers instead of the text.
    """

    def __init__(self, text: str = "", *, cached: int = 0, error: tuple[int, str, str] | None = None) -> None:
        self.bodies: list[dict[str, Any]] = []
        status = error[0] if error else 200
        failed = {"type": "error", "error": {"type": error[1], "message": error[2]}} if error else None
        events = [failed] if failed else _events(text, cached)
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(status)
                self.send_header("Content-Type", "text/event-stream" if status == 200 else "application/json")
                self.send_header("Retry-After", "7")
                self.end_headers()
                if status != 200:
                    self.wfile.write(json.dumps(failed).encode())
                    return
                for event in events:
                    self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())

            def log_message(self, format: str, *args: Any) -> None:
                """Keep quiet: the tests look at `bodies`."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def _events(text: str, cached: int) -> list[dict[str, Any]]:
    usage = {"input_tokens": 100, "cache_read_input_tokens": cached, "cache_creation_input_tokens": 0}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": []}
    return [
        {"type": "message_start", "message": {**message, "usage": {**usage, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 20}},
        {"type": "message_stop"},
    ]
