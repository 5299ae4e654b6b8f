"""Gradio apps as tools: Spaces of the Hub by their names, other apps by their addresses."""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import ToolError
from agent_core.integrations.spaces.client import UNREACHABLE, AppClient, connect
from agent_core.integrations.spaces.endpoints import Endpoint, data_for, read_endpoints
from agent_core.integrations.spaces.lookup import address_of
from agent_core.integrations.spaces.outputs import Outputs
from agent_core.net.hub_names import is_repository
from agent_core.net.urls import host_of
from agent_core.tools.context import report
from agent_core.tools.described import DescribedTool
from agent_core.tools.names import tool_name

CALL_SECONDS = 120.0
MOST_TOOLS = 20

_PAGE = "https://huggingface.co/spaces/"  # with a Space's name after it, the address of its page
_NO_NAME = "That is neither the name of a Space, as owner/name, nor the address of a Gradio app. Check it."
_CHANGED = "The Space changed its inputs since it was added; remove it and add it again to see them."
_GONE = "{name} went away in the middle of the call. Try again later, or go on without it."
_ODD = "{name} answered with something that is no result. Go on without it."


async def find_space(source: str, *, token: str | None = None) -> "Space":
    """Read what a Space offers; nothing is called. `close` it when it is done with.

    source: owner/name, or the address of a Gradio app. token: a Hugging Face token for a private Space, which its app
    is sent as well; without it none is sent, not even that of a login. Raises ToolError.
    """
    source = source.strip().removeprefix(_PAGE).rstrip("/")
    if not is_repository(source) and not host_of(source):
        raise ToolError(_NO_NAME)
    name = f"The Space {source}" if is_repository(source) else "The app"
    address = await address_of(source, token) if is_repository(source) else source
    client = await connect(name, address, token)
    endpoints = await run_in_own_thread(partial(read_endpoints, client.api))
    if not endpoints:
        await client.close()
        raise ToolError(f"{name} has nothing that a tool could be made of. Choose another.")
    return Space(source, token, client, endpoints)


class Space:
    """A Gradio app, for one event loop, as `find_space` makes it. The app takes all calls for those of one visitor.

    source: its name or address. endpoints: what it offers, as the app orders them.
    """

    def __init__(self, source: str, token: str | None, client: AppClient, endpoints: Sequence[Endpoint]) -> None:
        self.source = source
        self.endpoints = tuple(endpoints)
        self._token = token
        self._client = client
        self._is_closed = False
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
        self._is_closed = True
        await self._client.close()

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
        outputs = Outputs(client.http, client.root, folder)
        try:
            data = await data_for(endpoint, arguments, folder)
            returned = await self._returned(client, endpoint, data)
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
        if self._is_closed:
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
            return await client.app_id() == client.config.get("app_id")
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
        await old.close()

    async def _returned(self, client: AppClient, endpoint: Endpoint, data: list[Any]) -> list[Any]:
        try:
            return await client.call(endpoint.name, data, _report_on)
        except ToolError as error:
            raise ToolError(f"{self._name} {error}") from None
        except httpx.HTTPError:
            raise await self._gone(_GONE) from None
        except Exception:  # it said something else than Gradio says
            raise ToolError(_ODD.format(name=self._name)) from None

    async def _gone(self, otherwise: str) -> ToolError:
        """Why the app does not answer any more."""
        if is_repository(self.source):
            try:
                await address_of(self.source, self._token)
            except ToolError as error:
                return error
        return ToolError(otherwise.format(name=self._name))


def _report_on(message: Mapping[str, Any]) -> None:
    """Tell how far a call is, where the app says it."""
    if message.get("rank"):
        report(f"{message['rank']} calls of others are made first.")
    for step in message.get("progress_data") or ():
        if step.get("index") is not None and step.get("length") is not None:
            report(f"{step['index']} of {step['length']} {step.get('desc') or ''}".strip())
