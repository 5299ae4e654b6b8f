"""An HTTP transport that connects to public addresses only."""

from collections.abc import Awaitable, Callable

import httpx

from agent_core.errors import ToolError
from agent_core.net.addresses import is_public, resolve
from agent_core.net.certificates import certificates
from agent_core.net.urls import parse_url

Resolver = Callable[[str], Awaitable[list[str]]]


class PublicTransport(httpx.AsyncBaseTransport):
    """An httpx transport that connects to the public web only. It checks redirects as well.

    It resolves a name once, checks every answer and connects to a checked one, so that a name cannot change its
    address between the check and the connection. Requests raise ToolError if the address is not allowed.

    Args:
        resolve: Returns the IP addresses of a host.
        is_allowed: Returns whether an IP address may be connected to.
    """

    def __init__(self, *, resolve: Resolver = resolve, is_allowed: Callable[[str], bool] = is_public) -> None:
        self._resolve = resolve
        self._is_allowed = is_allowed
        # httpx tells connections apart by IP address here, so a kept connection could reach another name's server.
        self._transport = httpx.AsyncHTTPTransport(
            verify=certificates(), limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to the first of the host's addresses that accepts the connection.

        Raises:
            ToolError: The address is not allowed, or the host does not exist.
            httpx.TransportError: No address accepts the connection, or it broke.
        """
        check_url(request.url)
        host = request.url.raw_host.decode("ascii")
        failure = httpx.ConnectError(f"{host} has no address", request=request)
        for address in await self._addresses(host):
            try:
                return await self._transport.handle_async_request(_pinned(request, host, address))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str) -> list[str]:
        try:
            addresses = await self._resolve(host)
        except (OSError, UnicodeError):
            raise ToolError(f"No site was found under the name {host[:100]!r}; check the address.") from None
        if not all(self._is_allowed(address) for address in addresses):
            raise ToolError(f"{host[:100]!r} is not on the public web; only public sites can be opened.")
        return addresses

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


def check_url(url: httpx.URL) -> None:
    """Raise ToolError unless this is an http or https address with a host and without a user name or password."""
    if parse_url(url).userinfo:
        raise ToolError("Addresses that hold a user name or a password are not opened; leave them out.")


def _pinned(request: httpx.Request, host: str, address: str) -> httpx.Request:
    """Return the same request to a fixed IP address. The Host header and the certificate's name stay the site's."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host},
    )
