"""Matches hosts with the entries of a Policy: "example.org", "*.example.org", "example.org:8080", "*" for all."""

import socket
from collections.abc import Sequence

from agent_core.net.urls import WEB_PORTS, canonical_host


def allows(hosts: Sequence[str], host: str, port: int) -> bool:
    """Return whether these entries of a Policy allow the host. Raises socket.gaierror if it cannot be a host's name."""
    name = canonical_host(host)
    return any(_lists(entry.strip(), name, port) for entry in hosts)


def _lists(entry: str, name: str, port: int) -> bool:
    if entry == "*":
        return True
    host, ports = _split_entry(entry)
    if port not in ports:
        return False
    try:
        if host.startswith("*."):
            return name.endswith("." + canonical_host(host.removeprefix("*.")))
        return name == canonical_host(host)
    except socket.gaierror:
        return False


def _split_entry(entry: str) -> tuple[str, Sequence[int]]:
    """Return the host of an entry, and the ports that it allows."""
    host, colon, port = entry.rpartition(":")
    if colon and port.isdecimal() and (":" not in host or host.endswith("]")):
        return host.strip("[]"), (int(port),)
    return entry.strip("[]"), WEB_PORTS
