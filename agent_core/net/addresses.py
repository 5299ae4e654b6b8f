"""Finds the IP addresses of a host, and tells public addresses from private ones."""

import asyncio
import functools
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

GLOBAL_UNICAST = ip_network("2000::/3")
NAT64 = ip_network("64:ff9b::/96")  # the prefix for local use, 64:ff9b:1::/48, is outside the global unicast range
# `ipaddress` calls these public, but they lead into a provider's own network or nowhere.
SPECIAL = [ip_network(block) for block in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "3fff::/20")]

# A pool of its own: a lookup can take long, and the event loop's default threads are shared by everything else.
_threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="lookups")


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet. An IPv4 address embedded in it must, too."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv4Address):
        return _is_public_v4(parsed)
    if parsed.scope_id:  # a zone has a meaning on one machine only
        return False
    if parsed.ipv4_mapped:
        return _is_public_v4(parsed.ipv4_mapped)
    if parsed in NAT64:
        return _is_public_v4(IPv4Address(int(parsed) & 0xFFFF_FFFF))
    return parsed in GLOBAL_UNICAST and _is_global(parsed) and not (parsed.sixtofour or parsed.teredo)


def is_own_url(url: str | None) -> bool:
    """Return whether an address names a host of this machine or network, without asking for the host's IP addresses."""
    try:
        parts = urlsplit(url or "")
        host = (parts.hostname or "").lower()
        named = host == "localhost" or host.endswith((".localhost", ".local"))
        return parts.port != 0 and (named or not is_public(host))
    except ValueError:  # a name, an impossible port, or no address at all
        return False


def _is_public_v4(address: IPv4Address) -> bool:
    return _is_global(address) and not address.is_multicast and not address.is_reserved


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not any(address in block for block in SPECIAL)


async def resolve(host: str) -> list[str]:
    """Return the IP addresses of a host, in the order to try them.

    Raises:
        OSError: The name has no address.
        UnicodeError: The name cannot be that of a host.
    """
    look_up = functools.partial(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    answers = await asyncio.get_running_loop().run_in_executor(_threads, look_up)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
