import gradio as gr
import pytest
from starlette.requests import Request

from ui.config import Config
from ui.visitors import visitor_of

DIRECT, BEHIND_PROXY = Config(), Config(behind_proxy=True)


def request(client: str | None, *forwarded: str, session: dict | None = None, **headers: str) -> Request:
    pairs = [*(("x-forwarded-for", value) for value in forwarded), *headers.items()]
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in pairs]
    scope = {"type": "http", "headers": encoded, "client": (client, 1) if client else None}
    return Request(scope | ({"session": session} if session is not None else {}))


@pytest.mark.parametrize(
    ("client", "forwarded", "visitor"),
    [
        ("10.0.0.1", ["8.8.8.8"], "8.8.8.8"),
        ("10.0.0.1", ["8.8.8.8, 10.0.0.7"], "8.8.8.8"),  # a second proxy of the owner's
        ("10.0.0.1", ["9.9.9.9, 8.8.8.8, 10.0.0.7"], "8.8.8.8"),  # what is left of it is made up
        ("10.0.0.1", ["8.8.8.8", "9.9.9.9"], "9.9.9.9"),  # two headers are one
        ("10.0.0.1", ["8.8.8.8:4711"], "8.8.8.8"),
        ("10.0.0.1", ["[2a00:1450:4001:81b::200e]:443"], "2a00:1450:4001:81b::/64"),
        ("10.0.0.1", ["10.0.0.9, 127.0.0.1"], "10.0.0.1"),
        ("10.0.0.1", ["", ",,, x, 8.8.8.8.8, ::g, é"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
    ],
)
def test_behind_a_proxy_it_is_the_nearest_public_address(client, forwarded, visitor):
    assert visitor_of(request(client, *forwarded), BEHIND_PROXY) == visitor


def test_without_a_proxy_it_is_the_connections_address_whatever_headers_say():
    assert visitor_of(request("8.8.8.8", "9.9.9.9", forwarded="for=9.9.9.9", xrealip="9.9.9.9"), DIRECT) == "8.8.8.8"
    assert visitor_of(request(None), DIRECT) == "unknown"


def test_one_network_of_ipv6_is_one_visitor():
    one, same, other = (
        visitor_of(request(address), DIRECT)
        for address in ("2a00:1450:4001:81b::1", "2a00:1450:4001:81b:ffff::2", "2a00:1450:4001:81c::1")
    )
    assert one == same != other
    assert visitor_of(request("::ffff:8.8.8.8"), DIRECT) == "8.8.8.8"


def test_a_signed_in_account_is_one_visitor_wherever_it_comes_from():
    session = {"oauth_info": {"userinfo": {"sub": "4711", "preferred_username": "ann"}, "access_token": "t"}}
    assert visitor_of(request("8.8.8.8", session=session), DIRECT) == "account 4711"
    assert visitor_of(request("9.9.9.9", session=session), DIRECT) == "account 4711"
    for none in ({}, {"oauth_info": None}, {"oauth_info": {}}):
        assert visitor_of(request("8.8.8.8", session=none), DIRECT) == "8.8.8.8"


def test_gradios_requests_tell_the_same():
    assert visitor_of(gr.Request(request("8.8.8.8")), DIRECT) == "8.8.8.8"
    assert visitor_of(gr.Request(request("10.0.0.1", "8.8.8.8")), BEHIND_PROXY) == "8.8.8.8"
