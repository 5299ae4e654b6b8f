"""Hosts as a Policy lists them and as a person is asked about them."""

import re
import socket
from collections.abc import Sequence
from ipaddress import IPv6Address

WEB_PORTS = (80, 443)
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)


def canonical(host: str) -> str:
    """One form for all the ways to write a host. Raises socket.gaierror for what cannot be one."""
    try:
        if ":" in host:
            address = IPv6Address(host)
            return str(address.ipv4_mapped or address)
        name = host.encode("idna").decode().lower().removesuffix(".")
        if not _NAME.fullmatch(name):
            raise unknown()
    except ValueError:
        raise unknown() from None
    try:
        return socket.inet_ntoa(socket.inet_aton(name))  # takes "127.1", "0x7f000001" and the like, as resolvers do
    except OSError:
        return name


def with_port(name: str, port: int) -> str:
    """A canonical host as it is shown: "example.org", with ":8080" where the port is not the web's."""
    if port in WEB_PORTS:
        return name
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def allows(hosts: Sequence[str], host: str, port: int) -> bool:
    """Whether these entries of a Policy list the host. Raises socket.gaierror for what cannot be a host."""
    name = canonical(host)
    return any(_lists(entry.strip(), name, port) for entry in hosts)


def unknown() -> socket.gaierror:
    """What resolvers raise for a name that does not exist."""
    return socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _lists(entry: str, name: str, port: int) -> bool:
    if entry == "*":
        return True
    host, ports = _parted(entry)
    if port not in ports:
        return False
    try:
        if host.startswith("*."):
            return name.endswith("." + canonical(host.removeprefix("*.")))
        return name == canonical(host)
    except socket.gaierror:
        return False


def _parted(entry: str) -> tuple[str, Sequence[int]]:
    """The host of a policy's entry, and the ports that it lists."""
    host, colon, port = entry.rpartition(":")
    if colon and port.isdecimal() and (":" not in host or host.endswith("]")):
        return host.strip("[]"), (int(port),)
    return entry.strip("[]"), WEB_PORTS
