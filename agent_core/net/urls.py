"""The parts of a web address: its host, port, origin and site. Every check of an address begins here."""

import re
import socket
from ipaddress import IPv6Address, ip_address

import httpx

from agent_core.errors import ToolError

WEB_PORTS = (80, 443)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*", re.ASCII)
# Second-level domains of countries, such as "co.uk", below which anyone can register a name.
_SHARED = frozenset(
    ("ac", "co", "com", "edu", "go", "gob", "gov", "govt", "ltd", "ne", "net", "nhs", "or", "org", "plc")
)


def is_web_url(text: object) -> bool:
    """Return whether this is a text that starts with http:// or https://."""
    return isinstance(text, str) and text.startswith(("http://", "https://"))


def parse_url(url: str | httpx.URL) -> httpx.URL:
    """Return a web address as it is sent: its host in ASCII, without turning "ß" into "ss".

    Raises:
        ToolError: It does not start with http:// or https://, or names no host.
    """
    try:
        parsed = httpx.URL(url.strip() if isinstance(url, str) else url)
        if parsed.scheme in _DEFAULT_PORTS and parsed.raw_host:
            return parsed
    except (httpx.InvalidURL, ValueError, TypeError):
        pass
    raise _no_web_url(url)


def host_and_port(url: str | httpx.URL) -> tuple[str, int]:
    """Return the canonical host of a web address, and its port (the scheme's default if it names none).

    Raises:
        ToolError: It is not a web address.
    """
    parsed = parse_url(url)
    try:
        return canonical_host(parsed.raw_host.decode("ascii")), port_of(parsed)
    except socket.gaierror:
        raise _no_web_url(url) from None


def host_of(url: str) -> str:
    """Return the canonical host of a web address; "" if this is not one."""
    try:
        return host_and_port(url)[0]
    except ToolError:
        return ""


def shown_host(url: str) -> str:
    """Return the host of a web address as people see it (see `with_port`); "" if this is not a web address."""
    try:
        return with_port(*host_and_port(url))
    except ToolError:
        return ""


def without_secrets(url: str) -> str:
    """Return a web address without what often holds a key: user and password, the query, the fragment.

    What is no web address is returned as it is.
    """
    try:
        parsed = parse_url(url)
    except ToolError:
        return url
    return str(parsed.copy_with(userinfo=b"", query=None, fragment=None))


def path_of(url: str) -> str:
    """Return the path of a web address, without its query; "" if this is not a web address."""
    try:
        return parse_url(url).path
    except ToolError:
        return ""


def is_loopback(url: str) -> bool:
    """Return whether a web address leads to this machine itself, so that requests do not go over a network."""
    host = host_of(url)
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def port_of(url: httpx.URL) -> int:
    """Return the port that a web address leads to."""
    return url.port or _DEFAULT_PORTS[url.scheme]


def origin_of(url: str) -> str:
    """Return the scheme, host and port of a web address, such as "https://example.org:8080".

    Raises:
        ToolError: It is not a web address.
    """
    parsed = parse_url(url)
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"


def same_origin(one: str | httpx.URL, other: str | httpx.URL) -> bool:
    """Return whether two web addresses have the same origin; False if either is not a web address."""
    try:
        first, second = parse_url(one), parse_url(other)
    except ToolError:
        return False
    return (first.scheme, first.raw_host, first.port) == (second.scheme, second.raw_host, second.port)


def same_host(one: str, other: str) -> bool:
    """Return whether two web addresses have the same host, apart from "www.".

    Raises:
        ToolError: One of them is not a web address.
    """
    return bare_host(parse_url(one)) == bare_host(parse_url(other))


def bare_host(url: httpx.URL) -> str:
    """Return the host of a web address in ASCII, without "www." and without a dot at the end."""
    return url.raw_host.decode("ascii").removeprefix("www.").removesuffix(".")


def canonical_host(host: str) -> str:
    """Return the one form that stands for all ways to write a host. Raises socket.gaierror if it cannot be a host."""
    try:
        if ":" in host:
            address = IPv6Address(host)
            return str(address.ipv4_mapped or address)
        name = host.encode("idna").decode().lower().removesuffix(".")
        if not _NAME.fullmatch(name):
            raise unknown_host()
    except ValueError:
        raise unknown_host() from None
    try:
        return socket.inet_ntoa(socket.inet_aton(name))  # accepts "127.1", "0x7f000001" and the like, as resolvers do
    except OSError:
        return name


def with_port(name: str, port: int) -> str:
    """Return a canonical host as people see it: "example.org", with its port only if that is not 80 or 443."""
    if port in WEB_PORTS:
        return name
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def site_of(host: str) -> str:
    """Return the part of a host that belongs to one owner: "example.org" of "www.example.org".

    The owner of a site can make as many hosts below it as they like. The site of "a.example.co.uk" is "example.co.uk",
    because the names below "co.uk" belong to many owners.
    """
    try:
        return str(ip_address(host))
    except ValueError:
        parts = host.split(".")
        is_shared = len(parts[-1]) == 2 and parts[-2:-1] and parts[-2] in _SHARED
        return ".".join(parts[-3 if is_shared else -2 :])


def unknown_host() -> socket.gaierror:
    """Return the error that resolvers raise for a name that does not exist."""
    return socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _no_web_url(url: str | httpx.URL) -> ToolError:
    return ToolError(f"{str(url)[:200]!r} is not an address that starts with http:// or https:// and names a site.")
