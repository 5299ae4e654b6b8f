"""Who may see what the owner sees."""

from typing import Any

import pytest
from pydantic import SecretStr
from starlette.requests import Request

from ui.config import Config
from ui.seeing.owner_access import OwnerAccess

KEY = "a key of some length"
SPACE: dict[str, Any] = {"space_id": "owner/name", "space_author": "owner"}


def request(name: str = "", **headers: str) -> Request:
    user = {"sub": "1", "preferred_username": name}
    raw = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
    return Request({"type": "http", "headers": raw, "session": {"oauth_info": {"userinfo": user}} if name else {}})


def test_the_key_opens_as_a_bearers_and_as_the_cookie_that_it_is_exchanged_for():
    access = OwnerAccess(Config(owner_key=SecretStr(KEY)))
    assert access.is_owner(request(authorization=f"Bearer {KEY}"))
    cookie = access.cookie("https")
    assert KEY not in cookie and "HttpOnly" in cookie and "Secure" in cookie and "SameSite=Lax" in cookie
    assert access.is_owner(request(cookie=cookie.partition(";")[0]))
    assert not OwnerAccess(Config(owner_key=SecretStr(f"{KEY}!"))).is_owner(request(cookie=cookie.partition(";")[0]))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": f"Basic {KEY}"},
        {"authorization": "Bearer"},
        {"authorization": f"Bearer {KEY}x"},
        {"authorization": "Bearer \xe9"},
        {"cookie": f"glassbox-owner={KEY}"},
        {"cookie": "glassbox-owner="},
    ],
)
def test_nothing_else_opens(headers):
    assert not OwnerAccess(Config(owner_key=SecretStr(KEY))).is_owner(request(**headers))
    assert not OwnerAccess(Config()).is_owner(request(**headers))


def test_without_a_key_the_cookie_of_an_empty_one_opens_nothing():
    access = OwnerAccess(Config())
    assert not access.is_owner(request(cookie=access.cookie("http").partition(";")[0]))
    assert not access.is_owner(request(authorization="Bearer "))


def test_the_account_whose_space_it_is_may_see_it(monkeypatch):
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", "secret")
    access = OwnerAccess(Config(**SPACE))
    assert access.is_owner(request("owner"))
    assert not access.is_owner(request("somebody"))
    assert not access.is_owner(request())
    assert not OwnerAccess(Config(space_id="owner/name")).is_owner(request(""))


def test_a_session_counts_only_where_its_signature_is_a_secret(monkeypatch):
    monkeypatch.delenv("OAUTH_CLIENT_SECRET", raising=False)
    assert not OwnerAccess(Config(**SPACE)).is_owner(request("owner"))
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", "secret")
    assert not OwnerAccess(Config(space_author="owner")).is_owner(request("owner"))
