"""Whose a request is, by cookies and sign-ins."""

import hashlib

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.support import SPACE, signed_in_cookie
from ui.config import Config
from ui.owners import BrowserCookie, owner_of

HOME, ON_SPACE = Config(), Config(space_id="owner/name")


class Site:
    """An app that answers with the owner of the request. moved: whose chats became whose."""

    def __init__(self, config: Config) -> None:
        self.moved: list[tuple[str, str]] = []

        async def tell(request: Request) -> PlainTextResponse:
            return PlainTextResponse(owner_of(request, config))

        async def signed_in(browser: str, account: str) -> None:
            self.moved.append((browser, account))

        middleware = [Middleware(BrowserCookie, config=config, signed_in=signed_in)]
        self.app: ASGIApp = Starlette(routes=[Route("/", tell), Route("/other", tell)], middleware=middleware)

    def browser(self, scheme: str = "http") -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=f"{scheme}://glassbox.test")


async def test_each_browser_is_an_owner_whose_secret_is_in_no_text():
    site = Site(HOME)
    async with site.browser() as one, site.browser() as other:
        assert (await one.get("/other")).text == "" and "set-cookie" not in (await one.get("/other")).headers
        first = await one.get("/")
        assert first.text == "", "the cookie comes with the first page"
        cookie = first.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; ")) and "Secure" not in cookie
        owner = (await one.get("/other")).text
        assert owner.startswith("browser ") and one.cookies["glassbox"] not in owner
        assert (await one.get("/")).text == owner, "a second visit changes nothing"
        await other.get("/")
        assert (await other.get("/other")).text not in ("", owner)
    async with site.browser("https") as safe:
        assert "Secure" in (await safe.get("/")).headers["set-cookie"].split("; ")


async def test_within_the_hubs_page_the_cookie_is_kept_too():
    async with Site(ON_SPACE).browser("https") as visitor:
        cookie = (await visitor.get("/")).headers["set-cookie"]
        assert cookie.startswith("__Host-glassbox=")
        assert {"HttpOnly", "SameSite=None", "Secure", "Partitioned", "Path=/"} <= set(cookie.split("; "))


@pytest.mark.parametrize("odd", ["", "x", "x" * 42 + "é", "x" * 10_000, 'a"; Path=/; b="'])
async def test_what_is_no_secret_of_ours_is_nobodys(odd):
    scope = {"type": "http", "headers": [(b"cookie", f"glassbox={odd}".encode())]}
    assert owner_of(HTTPConnection(scope), HOME) == ""


async def test_who_signs_in_takes_the_chats_of_the_browser_along(monkeypatch):
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", SPACE["OAUTH_CLIENT_SECRET"])
    site = Site(ON_SPACE)
    site.app = with_sessions(site.app)
    async with site.browser("https") as visitor:
        await visitor.get("/")
        browser = (await visitor.get("/other")).text
        visitor.cookies.set("session", signed_in_cookie("hf_token"))
        assert (await visitor.get("/other")).text == "account 1" and site.moved == []
        assert (await visitor.get("/")).text == "account 1" and site.moved == [(browser, "account 1")]


async def test_a_sign_in_counts_only_where_its_key_is_secret(monkeypatch):
    for config, secret in ((HOME, "known"), (ON_SPACE, "")):
        monkeypatch.setenv("OAUTH_CLIENT_SECRET", secret)
        site = Site(config)
        site.app = with_sessions(site.app)
        async with site.browser("https") as visitor:
            visitor.cookies.set("session", signed_in_cookie("hf_token"))
            await visitor.get("/")
            assert (await visitor.get("/other")).text.startswith("browser ")


def with_sessions(app: ASGIApp) -> ASGIApp:
    """The app behind Gradio's sessions."""
    key = hashlib.sha256(f"{SPACE['OAUTH_CLIENT_SECRET']}-v4".encode()).hexdigest()
    return SessionMiddleware(app, secret_key=key)
