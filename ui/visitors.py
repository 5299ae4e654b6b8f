"""Identifies visitors, for limits per visitor."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import gradio as gr
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

from agent_core.net.addresses import is_public
from ui.config import Config

_UNKNOWN = "unknown"  # a connection without an address, such as one of a Unix socket


def visitor_of(request: HTTPConnection | gr.Request, config: Config) -> str:
    """Return who sent a request; see `visitor_of_scope`."""
    connection = request.request if isinstance(request, gr.Request) else request
    return visitor_of_scope(connection.scope, config) if connection else _UNKNOWN


def visitor_of_scope(scope: Scope, config: Config) -> str:
    """Return who sent a request: the account that is signed in with Hugging Face, or else the address.

    Of the headers only what the owner's proxy has added counts, because anybody can send headers.
    """
    return account_of(scope) or _network(_forwarded(scope) if config.behind_proxy else "") or _network(_peer(scope))


def account_of(scope: Scope) -> str:
    """Return the account in Gradio's session, whose cookie is signed; "" if nobody is signed in."""
    user = _user_of(scope)
    return f"account {user['sub']}" if user.get("sub") else ""


def account_name_of(scope: Scope) -> str:
    """Return the name of that account, which its person may change; "" if nobody is signed in."""
    return str(_user_of(scope).get("preferred_username") or "")


def _user_of(scope: Scope) -> dict[str, Any]:
    return (scope.get("session", {}).get("oauth_info") or {}).get("userinfo") or {}


def _forwarded(scope: Scope) -> str:
    """Return the last public address in X-Forwarded-For; "" for none. The client may have made up those before it."""
    way = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    addresses = (_without_port(hop.strip()) for hop in reversed(way))
    return next((address for address in addresses if _is_address(address) and is_public(address)), "")


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else _UNKNOWN


def _network(address: str) -> str:
    """Return an address; for IPv6 its /64 network, because whoever has one address there has them all."""
    if not _is_address(address):
        return address
    parsed = ip_address(address)
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))


def _without_port(hop: str) -> str:
    """Return an address without its port: some proxies write 192.0.2.1:4711 or [2001:db8::1]:4711."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
