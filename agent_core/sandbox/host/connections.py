"""Makes connections for the agent's code, to public addresses only."""

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from agent_core.net.addresses import is_public, resolve
from agent_core.net.urls import canonical_host, unknown_host, with_port

_CONNECT_SECONDS = 20.0  # for the name lookup and the connection together


class NotPublic(Exception):
    """The address is not on the public internet. Nothing was connected."""


def host_name(host: str, port: int) -> str:
    """Return the name of a host as a person is asked about it: "example.org", or "example.org:8080".

    Args:
        host: A name or an IP address. An international name is returned in ASCII, an address in its usual form.
        port: Left out of the result if it is one of the web's.

    Raises:
        socket.gaierror: It cannot be a host.
        NotPublic: It is an address that is not public.
    """
    name = canonical_host(host)
    if (address := _address_in(name)) and not is_public(address):
        raise _not_public(name)
    return with_port(name, port)


async def connect(host: str, port: int, seconds: float | None) -> socket.socket:
    """Connect to a public host.

    The name is looked up once, all its addresses are checked, and the connection goes to one that was checked.

    Args:
        host: A name or an IP address.
        port: The TCP port.
        seconds: How long that may take; at most 20, which is also the default for None.

    Returns:
        A connected, non-blocking socket.

    Raises:
        NotPublic: The host has an address that is not public.
        socket.gaierror: The name has no address.
        TimeoutError: It took too long.
        OSError: The connection failed.
    """
    name = canonical_host(host)
    ends = asyncio.get_running_loop().time() + min(_CONNECT_SECONDS if seconds is None else seconds, _CONNECT_SECONDS)
    try:
        async with asyncio.timeout_at(ends):
            return await _first(await _public_addresses(name), port, ends)
    except socket.gaierror:
        raise
    except OSError as error:
        number = error.errno or errno.ETIMEDOUT
        raise OSError(number, os.strerror(number)) from None  # the loop's own text contains the address


async def _public_addresses(name: str) -> list[str]:
    literal = _address_in(name)
    addresses = [literal] if literal else await resolve(name)
    if not all(is_public(address) for address in addresses):
        raise _not_public(name)
    return addresses


async def _first(addresses: Sequence[str], port: int, ends: float) -> socket.socket:
    """Connect to the first address that accepts; none may use up the time of those after it."""
    now = asyncio.get_running_loop().time
    failure: OSError = unknown_host()
    for number, address in enumerate(addresses):
        try:
            async with asyncio.timeout((ends - now()) / (len(addresses) - number)):
                return await _connected(address, port)
        except OSError as error:
            failure = error
    raise failure


async def _connected(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        await asyncio.get_running_loop().sock_connect(sock, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


def _address_in(name: str) -> str | None:
    """Return the IP address that a host is given as; None for a name, whose addresses are not known yet."""
    if name == "localhost" or name.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ip_address(name))
    except ValueError:
        return None


def _not_public(name: str) -> NotPublic:
    return NotPublic(f"{name!r} is not on the public internet; only public hosts can be reached from here.")
