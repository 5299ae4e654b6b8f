"""What stands before a Space: it speaks TLS under the Space's name, and passes requests on to the app on loopback."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from tests.support import free_port

_METHODS = ["GET", "HEAD", "POST", "DELETE", "OPTIONS"]


@dataclass(frozen=True)
class SpaceProxy:
    """requests: what came in, as "GET /path"."""

    port: int
    requests: list[str] = field(default_factory=list)


@contextmanager
def space_proxy(app_url: str, certificate: Path, visitor: str = "8.8.8.8") -> Iterator[SpaceProxy]:
    """Serve while in the block. certificate: a file with a key and a certificate."""
    # An idle connection that is kept may be closed by the app in the moment in which it is used again.
    limits = httpx.Limits(max_keepalive_connections=0)
    client, proxy = httpx.AsyncClient(timeout=None, limits=limits), SpaceProxy(free_port())

    async def forward(request: Request) -> StreamingResponse:
        proxy.requests.append(f"{request.method} {request.url.path}")
        headers = [(name, value) for name, value in request.headers.raw if name != b"connection"]
        headers += [(b"x-forwarded-proto", b"https"), (b"x-forwarded-for", visitor.encode())]
        address = f"{app_url}{request.scope['raw_path'].decode()}?{request.scope['query_string'].decode()}".rstrip("?")
        passed_on = client.build_request(request.method, address, headers=headers, content=await request.body())
        answer = await client.send(passed_on, stream=True)
        response = StreamingResponse(answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose))
        response.raw_headers = answer.headers.raw
        return response

    app = Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)])
    tls: dict[str, Any] = {"port": proxy.port, "ssl_certfile": certificate}
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, **tls))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    yield proxy
    server.should_exit = True
    thread.join(10)
