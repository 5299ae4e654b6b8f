"""Gradio apps as tools: Spaces of the Hub by their names, other apps by their addresses."""

import asyncio
import json
import re
import shutil
import tempfile
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from gradio_client.client import Job
from gradio_client.exceptions import AppError, ValidationError
from gradio_client.utils import QueueError

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import ToolError
from agent_core.integrations.spaces.client import TIMEOUT, UNREACHABLE, AppClient, connect, pieces_of
from agent_core.integrations.spaces.endpoints import Endpoint, data_for, read_endpoints
from agent_core.integrations.spaces.lookup import address_of
from agent_core.integrations.spaces.outputs import Outputs
from agent_core.net.certificates import certificates
from agent_core.net.hub_names import is_repository
from agent_core.tools.context import report
from agent_core.tools.described import DescribedTool
from agent_core.tools.names import tool_name

CALL_SECONDS = 120.0
MOST_TOOLS = 20
_REPORT_SECONDS = 1.0
_LONGEST_ERROR = 300  # characters of an app's own words
_LONGEST_APP_ID = 1_000  # bytes

_PAGE = "https://huggingface.co/spaces/"  # with a Space's name after it, the address of its page
_NO_NAME = "That is neither the name of a Space, as owner/name, nor the address of a Gradio app. Check it."
_CHANGED = "The Space changed its inputs since it was added; remove it and add it again to see them."
_GONE = "{name} went away in the middle of the call. Try again later, or go on without it."
_STOPPED = (("Server stopped.",), ("unexpected_error",))  # in the library's errors for an app that ends
_ODD = "{name} answered with something that is no result. Go on without it."


async def find_space(source: str, *, token: str | None = None) -> "Space":
    """Read what a Space offers; nothing is called. `close` it when it is done with.

    source: owner/name, or the address of a Gradio app. token: a Hugging Face token for a private Space, which its app
    is sent as well; without it none is sent, not even that of a login. Raises ToolError.
    """
    source = source.strip().removeprefix(_PAGE).rstrip("/")
    if not is_repository(source) and not re.match(r"https?://[^/\s]", source):
        raise ToolError(_NO_NAME)
    name = f"The Space {source}" if is_repository(source) else "The app"
    address = await address_of(source, token) if is_repository(source) else source
    client = await connect(name, address, token)
    endpoints = await run_in_own_thread(partial(read_endpoints, client.api))
    if not endpoints:
        await run_in_own_thread(client.end)
        raise ToolError(f"{name} has nothing that a tool could be made of. Choose another.")
    context = await run_in_own_thread(certificates)
    http = httpx.AsyncClient(verify=context, headers=client.headers, cookies=client.cookies, timeout=TIMEOUT)
    return Space(source, token, client, http, endpoints)


class Space:
    """A Gradio app, for one event loop, as `find_space` makes it. The app takes all calls for those of one visitor.

    source: its name or address. endpoints: what it offers, as the app orders them.
    """

    def __init__(
        self,
        source: str,
        token: str | None,
        client: AppClient,
        http: httpx.AsyncClient,
        endpoints: Sequence[Endpoint],
    ) -> None:
        self.source = source
        self.endpoints = tuple(endpoints)
        self._token = token
        self._client = client
        self._http = http
        self._connecting = asyncio.Lock()
        self._fingerprints = {endpoint.fingerprint for endpoint in endpoints}  # of what it offers now
        self._name = f"The Space {source}" if is_repository(source) else "The app"

    def tool(self, endpoint: str | None = None, name: str | None = None) -> DescribedTool:
        """The tool of one endpoint, of the first where none is named. name: of the tool. Raises ToolError."""
        asked = f"/{endpoint.lstrip('/')}" if endpoint else self.endpoints[0].name
        found = next((offered for offered in self.endpoints if offered.name == asked), None)
        if not found:
            offered = ", ".join(offered.name for offered in self.endpoints[:MOST_TOOLS])
            raise ToolError(f"{self._name} has no endpoint {asked[:100]!r}. It has: {offered}.")
        return DescribedTool(
            name or self._tool_name(found),
            self._description(found),
            found.parameters,
            partial(self._call, found),
            output=found.output,
            timeout=CALL_SECONDS,
        )

    def tools(self) -> list[DescribedTool]:
        """The tools of all endpoints, at most 20, all with different names."""
        return [tool for _, tool in self.offers()]

    def offers(self) -> list[tuple[Endpoint, DescribedTool]]:
        """The tools with their endpoints, without those of which no tool can be made."""
        offers: list[tuple[Endpoint, DescribedTool]] = []
        for endpoint in self.endpoints[:MOST_TOOLS]:
            name = tool_name(self._tool_name(endpoint), [tool.name for _, tool in offers])
            with suppress(ToolError):
                offers.append((endpoint, self.tool(endpoint.name, name)))
        return offers

    async def close(self) -> None:
        """End all connections. Calls that are still made fail."""
        await self._http.aclose()
        await run_in_own_thread(self._client.end)

    def _tool_name(self, endpoint: Endpoint) -> str:
        space = self.source.rpartition("/")[2] if is_repository(self.source) else ""
        alone = space and len(self.endpoints) == 1
        return tool_name(space if alone else f"{space}_{endpoint.name.strip('/')}")

    def _description(self, endpoint: Endpoint) -> str:
        where = f"{endpoint.name} of {self._name[0].lower()}{self._name[1:]}"
        returned = ", ".join(label for label, _ in endpoint.returns) or "nothing"
        return endpoint.description or f"Calls {where}. Returns: {returned}."

    async def _call(self, endpoint: Endpoint, arguments: dict[str, Any]) -> Any:
        client = await self._current(endpoint)
        folder = Path(await run_in_own_thread(partial(tempfile.mkdtemp, prefix="space-")))
        outputs = Outputs(self._http, client.src_prefixed, folder)
        try:
            data = await data_for(endpoint, arguments, folder)
            returned = await self._submitted(client, endpoint, data)
            return await self._result(outputs, endpoint, returned)
        finally:
            if not outputs.stay:
                shutil.rmtree(folder, ignore_errors=True)

    async def _result(self, outputs: Outputs, endpoint: Endpoint, returned: Any) -> Any:
        try:
            return await outputs.result(endpoint, returned)
        except ToolError as error:
            raise ToolError(f"{self._name} gave no result. {error}") from None
        except RecursionError:
            raise ToolError(_ODD.format(name=self._name)) from None

    async def _current(self, endpoint: Endpoint) -> AppClient:
        """A connection to the app as it runs now. Raises ToolError where it is not what the tool was made of."""
        if self._http.is_closed:
            raise ToolError(f"{self._name} was removed. Go on without it.")
        client = self._client
        if not await self._still_runs(client):
            async with self._connecting:
                if self._client is client:
                    await self._connect_again()
        if endpoint.fingerprint not in self._fingerprints:
            raise ToolError(_CHANGED)
        return self._client

    async def _still_runs(self, client: AppClient) -> bool:
        """Whether the app is still the one that described itself. Raises ToolError where it does not answer."""
        try:
            pieces = [piece async for piece in pieces_of(self._http, f"{client.src_prefixed}app_id", _LONGEST_APP_ID)]
            return json.loads(b"".join(pieces))["app_id"] == client.config.get("app_id")
        except httpx.TransportError:
            raise await self._gone(UNREACHABLE) from None
        except (httpx.HTTPError, ToolError, ValueError, TypeError, KeyError, RecursionError):
            return False

    async def _connect_again(self) -> None:
        """The app was started anew: its endpoints may have other numbers, by which they are called."""
        address = await address_of(self.source, self._token) if is_repository(self.source) else self.source
        client, old = await connect(self._name, address, self._token), self._client
        endpoints = await run_in_own_thread(partial(read_endpoints, client.api))
        self._client, self._fingerprints = client, {endpoint.fingerprint for endpoint in endpoints}
        self._http.cookies.update(client.cookies)
        await run_in_own_thread(old.end)

    async def _submitted(self, client: AppClient, endpoint: Endpoint, data: list[Any]) -> Any:
        try:
            job = client.submit(*data, api_name=endpoint.name)
        except Exception:
            raise ToolError(_ODD.format(name=self._name)) from None
        ended = asyncio.wrap_future(job.future)
        ended.add_done_callback(lambda future: future.cancelled() or future.exception())
        try:
            while not (await asyncio.wait([ended], timeout=_REPORT_SECONDS))[0]:
                _report_on(job)
        except asyncio.CancelledError:
            threading.Thread(target=client.give_up, args=(job,), daemon=True).start()
            raise
        error = asyncio.CancelledError() if ended.cancelled() else ended.exception()
        if error is None:
            return ended.result()
        raise await self._failure(error) from None

    async def _failure(self, error: BaseException) -> ToolError:
        if isinstance(error, (AppError, ValidationError)):
            return ToolError(self._in_its_words(error))
        if isinstance(error, QueueError):
            return ToolError(f"{self._name} has too many calls to make now. Try again later.")
        if isinstance(error, ValueError) and "exceeds the maximum file size" in str(error):
            return ToolError(
                f"A file is larger than {self._name[0].lower()}{self._name[1:]} takes. Give a smaller one."
            )
        is_lost = isinstance(error, (CancelledError, asyncio.CancelledError, httpx.HTTPError))
        if is_lost or error.args in _STOPPED:
            return await self._gone(_GONE)
        return ToolError(_ODD.format(name=self._name))

    def _in_its_words(self, error: BaseException) -> str:
        text = re.sub(r"<[^>]{0,200}>", "", str(error))
        text = " ".join(text.split())[:_LONGEST_ERROR]
        if not text or text.startswith("The upstream Gradio app has raised an exception"):
            return f"{self._name} failed at this and does not say why. Check the arguments, or go on without it."
        return f"{self._name} failed: {text}"

    async def _gone(self, otherwise: str) -> ToolError:
        """Why the app does not answer any more."""
        if is_repository(self.source):
            try:
                await address_of(self.source, self._token)
            except ToolError as error:
                return error
        return ToolError(otherwise.format(name=self._name))


def _report_on(job: Job) -> None:
    """Tell how far a call is, where the app says it."""
    status = job.communicator.job.latest_status if job.communicator else None
    if status and status.rank:
        report(f"{status.rank} calls of others are made first.")
    for step in (status and status.progress_data) or ():
        if step.index is not None and step.length is not None:
            report(f"{step.index} of {step.length} {step.desc or ''}".strip())
