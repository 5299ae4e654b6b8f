"""Gradio apps as tools: Spaces of the Hub by name, other apps by address."""

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
from agent_core.net.urls import host_of, without_secrets
from agent_core.temporary import own_folder
from agent_core.tools.context import report
from agent_core.tools.names import tool_name
from agent_core.tools.schema_tool import SchemaTool

CALL_SECONDS = 120.0
MOST_TOOLS = 20

_PAGE = "https://huggingface.co/spaces/"  # the address of a Space's page is this and the Space's name
_NO_NAME = "That is neither the name of a Space, as owner/name, nor the address of a Gradio app. Check it."
_CHANGED = "The Space changed its inputs since it was added; remove it and add it again to see them."
_GONE = "{name} went away in the middle of the call. Try again later, or go on without it."
_ODD = "{name} answered with something that is no result. Go on without it."


async def find_space(source: str, *, token: str | None = None) -> "Space":
    """Connect with a Space, or another Gradio app, and read what it offers. This does not call any endpoint.

    Args:
        source: The name of a Space ("owner/name"), the address of its page, or the address of a Gradio app.
        token: A Hugging Face token for a private Space, which is sent to the Space's app as well. None for no token,
            not even that of a stored login.

    Returns:
        The Space, whose endpoints can be made into tools. `close` it after use.

    Raises:
        ToolError: The source is not valid, the Space does not exist or does not run, or it has no usable endpoints.
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
    """A Gradio app whose endpoints can be made into tools. `find_space` returns it.

    One that is made without a client connects when it is first called.

    Use it on one event loop, and `close` it after use. The app may treat all calls as those of one visitor, who has one
    state.

    Attributes:
        source: The Space's name, or the app's address.
        endpoints: What the app can be called for, in the app's order.
    """

    def __init__(self, source: str, token: str | None, client: AppClient | None, endpoints: Sequence[Endpoint]) -> None:
        self.source = source
        self.endpoints = tuple(endpoints)
        self._token = token
        self._client = client
        self._is_closed = False
        self._connecting = asyncio.Lock()
        self._fingerprints = {endpoint.fingerprint for endpoint in endpoints}  # of what the app offers now
        self._name = f"The Space {source}" if is_repository(source) else "The app"

    def tool(self, endpoint: str | None = None, name: str | None = None) -> SchemaTool:
        """Make a tool of one endpoint.

        Args:
            endpoint: The endpoint's name, such as "/predict"; None for the first one.
            name: The name for the tool; None to make one from the names of the Space and the endpoint.

        Returns:
            The tool. A call of it may take 120 seconds.

        Raises:
            ToolError: There is no such endpoint, or it cannot be made into a tool.
        """
        asked = f"/{endpoint.lstrip('/')}" if endpoint else self.endpoints[0].name
        found = next((offered for offered in self.endpoints if offered.name == asked), None)
        if not found:
            offered = ", ".join(offered.name for offered in self.endpoints[:MOST_TOOLS])
            raise ToolError(f"{self._name} has no endpoint {asked[:100]!r}. It has: {offered}.")
        return SchemaTool(
            name or self._tool_name(found),
            self._description(found),
            found.parameters,
            partial(self._call, found),
            output=found.output,
            timeout=CALL_SECONDS,
            origin={"kind": "space", "source": without_secrets(self.source), "endpoint": found.as_json()},
        )

    def tools(self) -> list[SchemaTool]:
        """Return a tool for each usable endpoint among the first 20. All have different names."""
        return [tool for _, tool in self.offers()]

    def offers(self) -> list[tuple[Endpoint, SchemaTool]]:
        """Return what `tools` does, each tool with its endpoint."""
        offers: list[tuple[Endpoint, SchemaTool]] = []
        for endpoint in self.endpoints[:MOST_TOOLS]:
            name = tool_name(self._tool_name(endpoint), [tool.name for _, tool in offers])
            with suppress(ToolError):
                offers.append((endpoint, self.tool(endpoint.name, name)))
        return offers

    async def close(self) -> None:
        """End all connections. Calls that are under way fail, and so do later ones."""
        self._is_closed = True
        if self._client:
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
        folder = Path(await run_in_own_thread(lambda: tempfile.mkdtemp(prefix="space-", dir=own_folder())))
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
        """Return a client for the app as it runs now. Raises ToolError if the app no longer offers this endpoint."""
        if self._is_closed:
            raise ToolError(f"{self._name} was removed. Go on without it.")
        client = self._client
        if client is None or not await self._still_runs(client):
            async with self._connecting:
                if self._client is client:
                    await self._connect_again()
        if endpoint.fingerprint not in self._fingerprints:
            raise ToolError(_CHANGED)
        assert self._client is not None, "it was connected"
        return self._client

    async def _still_runs(self, client: AppClient) -> bool:
        """Return whether the app has not been restarted since `_client` connected. Raises ToolError if it is gone."""
        try:
            return await client.app_id() == client.config.get("app_id")
        except httpx.TransportError:
            raise await self._gone(UNREACHABLE) from None
        except (httpx.HTTPError, ToolError, ValueError, TypeError, KeyError, RecursionError):
            return False

    async def _connect_again(self) -> None:
        """Connect with the app, at first or after it was restarted: the numbers of its endpoints may be different."""
        address = await address_of(self.source, self._token) if is_repository(self.source) else self.source
        client, old = await connect(self._name, address, self._token), self._client
        endpoints = await run_in_own_thread(partial(read_endpoints, client.api))
        self._client, self._fingerprints = client, {endpoint.fingerprint for endpoint in endpoints}
        if old:
            await old.close()

    async def _returned(self, client: AppClient, endpoint: Endpoint, data: list[Any]) -> list[Any]:
        try:
            return await client.call(endpoint.name, data, _report_on)
        except ToolError as error:
            raise ToolError(f"{self._name} {error}") from None
        except httpx.HTTPError:
            raise await self._gone(_GONE) from None
        except Exception:  # the app's messages are not those of Gradio
            raise ToolError(_ODD.format(name=self._name)) from None

    async def _gone(self, otherwise: str) -> ToolError:
        """Return the error that says why the app does not answer any more."""
        if is_repository(self.source):
            try:
                await address_of(self.source, self._token)
            except ToolError as error:
                return error
        return ToolError(otherwise.format(name=self._name))


def _report_on(message: Mapping[str, Any]) -> None:
    """Report how far a call has come, if the app says so."""
    if message.get("rank"):
        report(f"{message['rank']} calls of others are made first.")
    for step in message.get("progress_data") or ():
        if step.get("index") is not None and step.get("length") is not None:
            report(f"{step['index']} of {step['length']} {step.get('desc') or ''}".strip())
