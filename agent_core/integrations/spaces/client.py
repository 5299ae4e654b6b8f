"""Connections to a Gradio app: they keep to that app, have limits, and tell nobody else of it."""

import asyncio
import re
import socket
from collections import deque
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, cast

import httpx
from gradio_client import Client
from gradio_client.client import Job
from gradio_client.exceptions import AuthenticationError
from gradio_client.utils import Communicator, TooManyRequestsError

from agent_core.errors import ToolError
from agent_core.net.certificates import certificates
from agent_core.tools.threads import run_in_tool_thread

CONNECT_SECONDS = 30.0  # for an app to be found and described
TIMEOUT = httpx.Timeout(30.0, connect=10.0)  # an app that works sends a sign of life every 15 seconds
_MOST_CALLS = 8  # of one Space at the same time; more wait
_ANSWER_SECONDS = 60.0  # for a whole answer that is no stream of events
_LONGEST_ANSWER = 16 * 2**20  # bytes
_LONGEST_STREAM = 32 * 2**20
_MOST_PARTS = 5_000  # of an app: its components, and its events
_PROTOCOLS = ("sse_v1", "sse_v2", "sse_v2.1", "sse_v3")

UNREACHABLE = "{name} cannot be reached. Check the name, or try again later."


def same_origin(one: httpx.URL | str, other: httpx.URL | str) -> bool:
    """Whether two addresses are of one server."""
    with suppress(httpx.InvalidURL, TypeError):
        one, other = httpx.URL(one), httpx.URL(other)
        return (one.scheme, one.raw_host, one.port) == (other.scheme, other.raw_host, other.port)
    return False


async def connect(name: str, address: str, token: str | None) -> "AppClient":
    """Read what an app offers. name: for the sentences of the ToolError, raised where it does not work."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await run_in_tool_thread("find_space", lambda: AppClient(address, token))
    except (ToolError, TimeoutError) as error:
        slow = f"did not answer within {CONNECT_SECONDS:g} seconds. Try again later."
        raise ToolError(f"{name} {slow if isinstance(error, TimeoutError) else error}") from None
    except AuthenticationError:
        raise ToolError(f"{name} asks for a login, so it cannot be used as a tool. Choose another.") from None
    except TooManyRequestsError:
        raise ToolError(f"{name} has too many visitors now. Try again later.") from None
    except httpx.TransportError:
        raise ToolError(UNREACHABLE.format(name=name)) from None
    except Exception:
        raise ToolError(f"{name} is no Gradio app, or does not answer as one. Choose another.") from None


class AppClient(Client):
    """The client library's client, for one app. All of it blocks, except `submit`; `end` it when it is done with.

    token: sent to the app; without it none is, not even that of a login. Raises whatever the library raises, and
    ToolError with the end of a sentence about the app.
    """

    def __init__(self, address: str, token: str | None) -> None:
        self._guard = _Guard(address)
        super().__init__(
            address,
            token=cast(Any, token or False),  # None would send the login's
            max_workers=_MOST_CALLS,
            verbose=False,
            httpx_kwargs={"auth": self._guard, "timeout": TIMEOUT},
            download_files=False,
            ssl_verify=cast(Any, certificates()),  # goes to httpx as it is
            analytics_enabled=False,
        )

    @property
    def api(self) -> dict[str, Any]:
        """The description of its endpoints, as the app gives it."""
        return self._info

    def give_up(self, job: Job) -> None:
        """End a call, in the app as well where it can be."""
        if job.future.cancel():
            return
        helper, latest = job.communicator, monotonic() + CONNECT_SECONDS
        while not (helper and helper.event_id) and not job.future.done() and monotonic() < latest:
            sleep(0.02)  # on its way: only the app's own name for the call lets it be ended there
        with suppress(Exception):
            job.cancel()
        with self.pending_lock:  # the library's thread for it would wait for a message for ever
            waiting = self.pending_messages_per_event.pop(helper.event_id if helper and helper.event_id else "", None)
        if waiting is not None:
            waiting.append(None)

    def end(self) -> None:
        """Close all connections, so that its threads end."""
        self._guard.close()
        self.close()
        for executor in (self.executor, self.helper_executor, self.stream_executor):
            executor.shutdown(wait=False, cancel_futures=True)

    def new_helper(self, fn_index: int, headers: dict[str, str] | None = None) -> Communicator:
        """What the library keeps of a call: not all that came before its end, which could fill the memory."""
        helper = super().new_helper(fn_index, headers)
        helper.job.outputs = cast(list[Any], deque(maxlen=1))
        helper.updates = cast(Any, _Nowhere())
        return helper

    def _telemetry_thread(self) -> None:
        """Nobody is told: the library would tell its makers, whatever `analytics_enabled` says."""

    def _get_config(self) -> dict[str, Any]:
        config = super()._get_config()
        if config.get("protocol") not in _PROTOCOLS or not re.match(r"[4-9]\.|\d\d+\.", str(config.get("version"))):
            raise ToolError("was made with a version of Gradio that is too old. Choose another.")
        if not re.fullmatch(r"(/[\w.-]+)*/?", config.get("api_prefix", "")):  # the library would go wherever it leads
            raise ToolError("describes itself in a way that cannot be right. Choose another.")
        wires = sum(len(part["inputs"]) + len(part["outputs"]) for part in config["dependencies"])
        if max(wires, len(config["components"])) > _MOST_PARTS:
            raise ToolError("is too large to be used as a tool. Choose another.")
        return config


class _Guard(httpx.Auth):
    """Sees every request before it leaves, and every answer before it is read; this is what the library lets through.

    Requests go to the app only. Answers are of a limited length and, if they are no stream of events, have to be over
    in time. Raises httpx.RemoteProtocolError, which the library takes for a connection that was lost.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._sockets: set[socket.socket] = set()
        self._is_closed = False

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        if not same_origin(request.url, self._address):
            raise httpx.RemoteProtocolError("This is not the app's.")
        request.headers["Accept-Encoding"] = "identity"  # a small answer could become a very large one
        response = yield request
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise httpx.RemoteProtocolError("The answer is compressed.")
        response.stream = _Watched(cast(httpx.SyncByteStream, response.stream), self.pieces(response, response.stream))

    def pieces(self, response: httpx.Response, stream: Any) -> Iterator[bytes]:
        """Pass on the parts of an answer."""
        is_endless = response.headers.get("Content-Type", "").startswith("text/event-stream")
        length, began = 0, monotonic()
        connection = response.extensions["network_stream"].get_extra_info("socket")
        self._sockets.add(connection)
        try:
            for piece in stream:
                length += len(piece)
                is_late = not is_endless and monotonic() - began > _ANSWER_SECONDS
                if self._is_closed or is_late or length > (_LONGEST_STREAM if is_endless else _LONGEST_ANSWER):
                    raise httpx.RemoteProtocolError("The answer is too long.")
                yield piece
        finally:
            self._sockets.discard(connection)

    def close(self) -> None:
        """End all answers that are being read, in whatever thread."""
        self._is_closed = True
        for connection in tuple(self._sockets):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Nowhere:
    """Takes what nobody reads."""

    def put_nowait(self, item: Any) -> None:
        """Drop it."""


class _Watched(httpx.SyncByteStream):
    """An answer's bytes, by way of the guard."""

    def __init__(self, stream: httpx.SyncByteStream, pieces: Iterator[bytes]) -> None:
        self._stream = stream
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._stream.close()


async def pieces_of(http: httpx.AsyncClient, address: str, most: int) -> AsyncIterator[bytes]:
    """What lies at an address. Raises httpx.HTTPError, and ToolError where it is longer than so many bytes."""
    length = 0
    async with http.stream("GET", address, headers={"Accept-Encoding": "identity"}) as response:
        response.raise_for_status()
        async for piece in response.aiter_bytes():
            length += len(piece)
            if length > most:
                raise ToolError("It sent more than can be taken here.")
            yield piece
