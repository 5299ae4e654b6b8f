"""Uses a Gradio app over its HTTP API: reads its description, uploads files, and makes calls through its queue.

All requests go to the app, and each of its responses is read up to a limit.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import ToolError
from agent_core.integrations.spaces.endpoints import is_file_data
from agent_core.net.bounded_body import IDENTITY, bounded, decompressed, read_bounded
from agent_core.net.certificates import certificates
from agent_core.net.redaction import redact
from agent_core.net.urls import is_web_url

CONNECT_SECONDS = 30.0  # to find an app and read its description
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)  # an app sends a heartbeat every 15 seconds while it works
_MOST_CALLS = 8  # to one app at the same time; more calls wait
_ANSWER_SECONDS = 60.0  # for a whole response that is not a stream of events
_UPLOAD_SECONDS = 600.0  # for the upload of a file; the call has its own limit
_END_SECONDS = 2.0  # for a stream of events to end after its last one
_LONGEST_ANSWER = 16 * 2**20  # bytes
_LONGEST_STREAM = 32 * 2**20
_LONG = 2**16  # bytes of JSON from which on a thread parses it
_MOST_PARTS = 5_000  # components of an app, and as many inputs and outputs of its events
_TOKEN_HEADER = "X-HF-Authorization"
_LONGEST_ERROR = 300  # characters of an app's own words
_STOPPED = ("unexpected_error", "Server stopped unexpectedly.")  # the messages that an app sends when it stops
_NO_REASON = "failed at this and does not say why. Check the arguments, or go on without it."
_PROTOCOLS = ("sse_v1", "sse_v2", "sse_v2.1", "sse_v3")
_NO_VALUE = {  # components that apps of older versions list among the outputs of an event
    *("state", "accordion", "tabs", "tab", "row", "tabitem", "dataset", "box", "interpretation", "group"),
    *("sidebar", "column", "form"),
}

UNREACHABLE = "{name} cannot be reached. Check the name, or try again later."


class _Function(NamedTuple):
    """The function that the app runs for an endpoint: its number in the queue, and its components."""

    number: int
    inputs: list[Mapping[str, Any]]
    outputs: list[Mapping[str, Any]]


async def connect(name: str, address: str, token: str | None) -> "AppClient":
    """Connect with an app and read its description.

    Args:
        name: The app's name, for error messages.
        address: The app's address.
        token: A token to send to the app; None for none, not even that of a stored login.

    Returns:
        A client for the app. Close it after use.

    Raises:
        ToolError: The app cannot be reached, or is not a Gradio app that can be used.
    """
    context = await run_in_own_thread(certificates)
    headers = {**IDENTITY, **({_TOKEN_HEADER: f"Bearer {token}"} if token else {})}
    http = httpx.AsyncClient(verify=context, headers=headers, timeout=_TIMEOUT)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await _described(http, address.rstrip("/"))
    except BaseException as error:
        await http.aclose()
        if isinstance(error, ToolError):
            raise ToolError(f"{name} {error}") from None
        if isinstance(error, TimeoutError):
            raise ToolError(f"{name} did not answer within {CONNECT_SECONDS:g} seconds. Try again later.") from None
        if isinstance(error, httpx.TransportError):
            raise ToolError(UNREACHABLE.format(name=name)) from None
        if isinstance(error, Exception):
            raise ToolError(f"{name} is no Gradio app, or does not answer as one. Choose another.") from None
        raise


async def _described(http: httpx.AsyncClient, address: str) -> "AppClient":
    config = await _answer(http, "GET", f"{address}/config")
    if config.get("protocol") not in _PROTOCOLS or not re.match(r"[4-9]\.|\d\d+\.", str(config.get("version"))):
        raise ToolError("was made with a version of Gradio that is too old. Choose another.")
    prefix = config.get("api_prefix", "")
    if not re.fullmatch(r"(/[\w.-]+)*/?", prefix):
        raise ToolError("describes itself in a way that cannot be right. Choose another.")
    wires = sum(len(part["inputs"]) + len(part["outputs"]) for part in config["dependencies"])
    if max(wires, len(config["components"])) > _MOST_PARTS:
        raise ToolError("is too large to be used as a tool. Choose another.")
    root = f"{address}{prefix.rstrip('/')}/"
    return AppClient(http, root, config, await _answer(http, "GET", f"{root}info?serialize=False"))


class AppClient:
    """The HTTP API of one app, for one event loop.

    Its methods raise httpx.HTTPError if the connection breaks. The text of a ToolError that they raise is the end of a
    sentence about the app: "has too many calls to make now. …".

    Attributes:
        http: Sends all requests.
        root: The address of the app's API.
        config: The app's description of itself.
        api: The app's description of its endpoints.
    """

    def __init__(self, http: httpx.AsyncClient, root: str, config: Mapping[str, Any], api: Any) -> None:
        self.http, self.root, self.config, self.api = http, root, config, api
        self._slots = asyncio.Semaphore(_MOST_CALLS)
        self._sessions: list[str] = []  # free to use again; the app takes calls of one session for the same visitor's
        self._ending: set[asyncio.Task[None]] = set()

    async def call(self, endpoint: str, data: Sequence[Any], tell: Callable[[Mapping[str, Any]], None]) -> list[Any]:
        """Call an endpoint. If this is cancelled, the call is also ended in the app.

        Args:
            endpoint: The endpoint's name, such as "/predict".
            data: A value for each input. Files of this machine in the values are uploaded.
            tell: Takes each message about the call until it has ended.

        Returns:
            The values of the endpoint's outputs.

        Raises:
            ToolError: The call failed.
            httpx.HTTPError: The connection broke.
            KeyError: The app has no such endpoint.
        """
        function = self._function(endpoint)
        async with self._slots:
            values = iter([await self._uploaded(value) for value in data])
            sent = [None if part["type"] == "state" else next(values) for part in function.inputs]
            session = self._sessions.pop() if self._sessions else uuid4().hex
            request = {"data": sent, "fn_index": function.number, "session_hash": session}
            joining = asyncio.ensure_future(self._join(request))
            try:
                output = await self._output(session, await asyncio.shield(joining), tell)
            except BaseException:
                ending = asyncio.create_task(self._end(joining, request))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)
                raise
        if "error" in output:
            raise ToolError(_failure(self.http, output["error"]))
        values = zip(output["data"], function.outputs, strict=False)
        return [value for value, part in values if not part.get("skip_api", part["type"] in _NO_VALUE)]

    async def app_id(self) -> Any:
        """Return the app's identifier, which is different after each start of the app."""
        return (await _answer(self.http, "GET", f"{self.root}app_id"))["app_id"]

    async def close(self) -> None:
        """End all connections. Calls that are under way fail."""
        if self._ending:
            await asyncio.wait(self._ending, timeout=_END_SECONDS)
        await self.http.aclose()

    def _function(self, endpoint: str) -> _Function:
        parts = {part["id"]: part for part in self.config["components"]}
        for number, told in enumerate(self.config["dependencies"]):
            if told.get("api_name") and f"/{told['api_name']}" == endpoint and told.get("api_visibility") != "private":
                inputs, outputs = ([parts[part] for part in told[key]] for key in ("inputs", "outputs"))
                return _Function(told.get("id", number), inputs, outputs)
        raise KeyError(endpoint)

    async def _uploaded(self, value: Any) -> Any:
        """Upload the files in a value, and return the value with their paths in the app."""
        if is_file_data(value) and isinstance(value.get("path"), str):
            return value if is_web_url(value["path"]) else await self._upload(value)
        if isinstance(value, Mapping):
            return {key: await self._uploaded(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [await self._uploaded(part) for part in value]
        return value

    async def _upload(self, file: Mapping[str, Any]) -> dict[str, Any]:
        path, most = Path(file["path"]), self.config.get("max_file_size")
        if isinstance(most, (int, float)) and (await run_in_own_thread(path.stat)).st_size > most:
            raise ToolError(f"takes no file of more than {most:,} bytes. Give a smaller one.")
        with await run_in_own_thread(partial(path.open, "rb")) as content:
            files = [("files", (path.name, content))]
            answer = await _answer(self.http, "POST", f"{self.root}upload", seconds=_UPLOAD_SECONDS, files=files)
        return {**file, "path": str(answer[0])}

    async def _join(self, request: Mapping[str, Any]) -> str:
        """Ask for a call, and return the app's identifier for it."""
        address, headers = f"{self.root}queue/join", {"X-Gradio-User": "api"}
        return (await _answer(self.http, "POST", address, json=request, headers=headers))["event_id"]

    async def _output(self, session: str, event: str, tell: Callable[[Mapping[str, Any]], None]) -> Mapping[str, Any]:
        async with self.http.stream("GET", f"{self.root}queue/data", params={"session_hash": session}) as response:
            response.raise_for_status()
            async with aclosing(_messages(bounded(decompressed(response), _LONGEST_STREAM))) as messages:
                async for message in messages:
                    if message["msg"] in _STOPPED:
                        break
                    if message.get("event_id") != event:
                        continue
                    if message["msg"] == "process_completed":
                        await self._free(session, messages)
                        return message["output"]
                    tell(message)
        raise httpx.RemoteProtocolError("The app ended the call.")

    async def _free(self, session: str, messages: AsyncIterable[Any]) -> None:
        """Wait for the end of a session's stream, and keep the session for the next call.

        A call that used the session earlier would be ended by the app together with the stream.
        """
        with suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                async for _ in messages:
                    pass
            self._sessions.append(session)

    async def _end(self, joining: "asyncio.Future[str]", request: Mapping[str, Any]) -> None:
        """End a call in the app if possible. This takes the app's identifier for the call."""
        with suppress(Exception):
            async with asyncio.timeout(CONNECT_SECONDS):
                ended = {key: request[key] for key in ("fn_index", "session_hash")}
                await _answer(self.http, "POST", f"{self.root}cancel", json={**ended, "event_id": await joining})


async def _answer(
    http: httpx.AsyncClient, method: str, address: str, *, seconds: float = _ANSWER_SECONDS, **content: Any
) -> Any:
    """Make a request and return the JSON of the whole response. Raises ToolError or httpx.HTTPError."""
    try:
        async with asyncio.timeout(seconds), http.stream(method, address, **content) as response:
            body = await read_bounded(response, _LONGEST_ANSWER)
    except TimeoutError:
        raise httpx.ReadTimeout("The answer takes too long.") from None
    match response.status_code:
        case 401:
            raise ToolError("asks for a login, so it cannot be used as a tool. Choose another.")
        case 429:
            raise ToolError("has too many visitors now. Try again later.")
        case 503 if method == "POST":
            raise ToolError("has too many calls to make now. Try again later.")
        case 422 if method == "POST":
            told = (await _parsed(body)).get("detail")
            words = [str(part.get("message")) for part in told if part.get("__type__") == "validate"]
            raise ToolError(_failure(http, "; ".join(words)))
    response.raise_for_status()
    return await _parsed(body)


async def _messages(pieces: AsyncIterable[bytes]) -> AsyncGenerator[Mapping[str, Any]]:
    """Yield the messages of a stream of events until it ends."""
    begun = bytearray()
    async for piece in pieces:
        seen = max(len(begun) - 1, 0)
        begun += piece
        if begun.find(b"\n\n", seen) < 0:
            continue
        *lines, begun = begun.split(b"\n\n")
        for line in lines:
            if line.startswith(b"data:"):
                message = await _parsed(line.removeprefix(b"data:"))
                if message["msg"] == "close_stream":
                    return
                yield message


async def _parsed(body: bytes | bytearray) -> Any:
    return await run_in_own_thread(partial(json.loads, body)) if len(body) > _LONG else json.loads(body)


def _failure(http: httpx.AsyncClient, words: Any) -> str:
    """Return what the app says about a failure, without the token, which the app may repeat."""
    token = http.headers.get(_TOKEN_HEADER, "").removeprefix("Bearer ")
    plain = " ".join(re.sub(r"<[^>]{0,200}>", "", str(words or "")).split())
    text = redact(plain, token)[:_LONGEST_ERROR]
    return f"failed: {text}" if text else _NO_REASON
