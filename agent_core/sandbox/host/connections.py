"""Connections for the agent's code: the host makes them, to public addresses only, and passes them on."""

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from ipaddress import ip_address

from agent_core.net.addresses import is_public, resolve
from agent_core.net.urls import canonical_host, unknown_host, with_port

_LONGEST = 20.0  # seconds for the name and the connection together


class NotPublic(Exception):
    """The address is not of the public internet; nothing was connected."""


def host_name(host: str, port: int) -> str:
    """What a person is asked about: "example.org", with ":8080" where the port is not the web's.

    An international name is in its ASCII form, an IP address in its usual one, however it was written. Raises
    socket.gaierror for what cannot be a host, and NotPublic where that is clear without looking up any name.
    """
    name = canonical_host(host)
    if (address := _address_in(name)) and not is_public(address):
        raise _not_public(name)
    return with_port(name, port)


async def connect(host: str, port: int, seconds: float | None) -> socket.socket:
    """A connected, non-blocking socket.

    The name is looked up once, all its addresses are checked, and the connection goes to one that was checked. seconds:
    how long that may take; at most 20, also for None. Raises NotPublic, socket.gaierror for a name without an address,
    TimeoutError, and other OSErrors as the system gives them.
    """
    name = canonical_host(host)
    ends = asyncio.get_running_loop().time() + min(_LONGEST if seconds is None else seconds, _LONGEST)
    try:
        async with asyncio.timeout_at(ends):
            return await _first(await _public_addresses(name), port, ends)
    except socket.gaierror:
        raise
    except OSError as error:
        number = error.errno or errno.ETIMEDOUT
        raise OSError(number, os.strerror(number)) from None  # the loop's own words hold the address


async def _public_addresses(name: str) -> list[str]:
    written = _address_in(name)
    addresses = [written] if written else await resolve(name)
    if not all(is_public(address) for address in addresses):
        raise _not_public(name)
    return addresses


async def _first(addresses: Sequence[str], port: int, ends: float) -> socket.socket:
    """A connection to the first address that takes it; none of them may use up the time of those after it."""
    now = asyncio.get_running_loop().time
    failure: OSError = unknown_host()
    for place, address in enumerate(addresses):
        try:
            async with asyncio.timeout((ends - now()) / (len(addresses) - place)):
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
    """The address that a host is written as; None for a name, whose addresses are not known yet."""
    if name == "localhost" or name.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ip_address(name))
    except ValueError:
        return None


def _not_public(name: str) -> NotPublic:
    return NotPublic(f"{name!r} is not on the public internet; only public hosts can be reached from here.")
