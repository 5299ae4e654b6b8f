"""Downloads a document from the web, within limits."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from agent_core.errors import ToolError
from agent_core.net.bounded_body import decompressed
from agent_core.net.transport import PublicTransport
from agent_core.net.urls import host_of, path_of
from agent_core.tools.context import report
from tools.web.content_type import START, Kind, content_type_of, name_binary

HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Glassbox/0.1; reads pages that a person asked an agent about)",
    "Accept": "text/html,application/json;q=0.9,application/pdf;q=0.9,text/*;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip, deflate",
}
LONGEST_ADDRESS = 4_000  # characters
MB = 1_000_000
MOST_BYTES: dict[Kind, int] = {"pdf": 20 * MB, "image": 10 * MB, "json": 5 * MB, "csv": 5 * MB}
MOST_BYTES_OF_TEXT = 3 * MB
_LEADS_AWAY = "{url} leads to another site, to {target} — open that address itself if you need it."
LOGIN_PATHS = ("login", "log-in", "signin", "sign-in", "sso", "wp-login.php", "auth", "authorize")


@dataclass(frozen=True)
class Download:
    """A document that a server sent.

    Attributes:
        url: Its address after all redirects.
        kind: How to read it.
        media_type: Its media type as the server names it; "" if it names none.
        charset: Its encoding as the server names it; None if it names none.
        body: The document, decompressed.
        is_cut: Whether it was longer than the limit for its kind, so that `body` is only its beginning.
        was_moved: Whether the server redirected to it.
    """

    url: str
    kind: Kind
    media_type: str
    charset: str | None
    body: bytes
    is_cut: bool = False
    was_moved: bool = False


class Downloader:
    """Downloads documents within limits, and follows at most five redirects.

    Args:
        transport: Makes the HTTP transport for each document.
        seconds: How long a download may take.
        most_bytes: The most decompressed bytes of a document; None for a limit that depends on its kind.
    """

    def __init__(
        self,
        *,
        transport: Callable[[], httpx.AsyncBaseTransport] = PublicTransport,
        seconds: float = 30.0,
        most_bytes: int | None = None,
    ) -> None:
        self._transport = transport
        self._seconds = seconds
        self._most_bytes = most_bytes

    async def fetch(self, url: str, *, may_go_to: Callable[[str], bool] | None = None) -> Download:
        """Download the document at an address.

        Args:
            url: The address.
            may_go_to: Returns whether a request may go to an address: to `url`, and to that of each redirect. None
                allows every address.

        Returns:
            The document.

        Raises:
            ToolError: The document cannot be had or read; the text tells the model why and what to do.
        """
        url = url.strip()
        if len(url) > LONGEST_ADDRESS:
            raise ToolError(f"The address is longer than {LONGEST_ADDRESS:,} characters; open a shorter one.")
        try:
            async with asyncio.timeout(self._seconds):
                return await self._fetch(url, may_go_to)
        except (TimeoutError, httpx.TimeoutException):
            raise ToolError(f"{url[:200]} took longer than {self._seconds:g} seconds; try another page.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ToolError(f"{url[:200]} {_explain(error)}") from error

    async def _fetch(self, url: str, may_go_to: Callable[[str], bool] | None) -> Download:
        async def check(request: httpx.Request) -> None:
            if may_go_to and not may_go_to(str(request.url)):
                raise ToolError(_LEADS_AWAY.format(url=url[:200], target=str(request.url)[:LONGEST_ADDRESS]))

        client = httpx.AsyncClient(
            transport=self._transport(),
            headers=HEADERS,
            timeout=httpx.Timeout(self._seconds, connect=5.0),
            follow_redirects=True,
            max_redirects=5,
            trust_env=False,
            event_hooks={"request": [check]},
        )
        async with client, client.stream("GET", url) as response:
            final_url = str(response.url)
            if response.is_error:
                raise ToolError(_refusal(response))
            if response.history and _is_login(final_url) and not _is_login(url):
                raise ToolError(needs_login(final_url))
            return await self._receive(response, final_url)

    async def _receive(self, response: httpx.Response, url: str) -> Download:
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = bytearray()
        kind: Kind | None = None
        limit = self._most_bytes or max(MOST_BYTES.values())
        is_cut = False
        began, told = time.monotonic(), MB
        async for piece in decompressed(response):
            body += piece
            if kind is None and len(body) >= START:
                kind = _checked_kind(bytes(body[:START]), media_type, url)
                limit = self._most_bytes or MOST_BYTES.get(kind, MOST_BYTES_OF_TEXT)
            if len(body) > limit:
                is_cut = True
                break
            if len(body) > told and time.monotonic() - began > 2:
                report(f"downloaded {len(body) / MB:.1f} MB of {host_of(url)}")
                told = len(body) + MB
        kind = kind or _checked_kind(bytes(body), media_type, url)
        if is_cut and kind in ("pdf", "image"):
            raise ToolError(f"{url[:200]} is larger than {limit / MB:g} MB; try another page.")
        moved = bool(response.history)
        return Download(url, kind, media_type, response.charset_encoding, bytes(body[:limit]), is_cut, moved)


def needs_login(url: str) -> str:
    """Return what to tell the model about a page that needs a login."""
    return f"The page needs a login (it leads to {url[:200]}), and this tool has none; try another page."


def _checked_kind(start: bytes, media_type: str, url: str) -> Kind:
    if not start.strip():
        raise ToolError(f"{url[:200]} is empty; try another page.")
    kind = content_type_of(start, media_type, url)
    if kind == "binary":
        raise ToolError(
            f"{url[:200]} is {name_binary(start, media_type)}, which this tool cannot read; try another page."
        )
    return kind


def _is_login(url: str) -> bool:
    """Return whether an address looks like that of a login page."""
    return path_of(url).lower().rstrip("/").rpartition("/")[2] in LOGIN_PATHS


def _refusal(response: httpx.Response) -> str:
    status = f"{response.status_code} {response.reason_phrase}".strip()
    answer = f"{str(response.url)[:200]} answered {status}"
    if response.status_code in (401, 407):
        return f"{answer}: it needs a login, and this tool has none; try another page."
    if response.status_code in (403, 451):
        return f"{answer}: it needs a login or does not let programs in; try another page."
    if response.status_code in (404, 410):
        return f"{answer}: there is no such page; check the address, or search for the page."
    if response.status_code == 429:
        wait = response.headers.get("retry-after", "")
        after = f" after {wait} seconds" if wait.isdigit() else " later"
        return f"{answer}: it was asked too often; try another page, or this one again{after}."
    if response.is_server_error:
        return f"{answer}: the site has a fault of its own; try another page, or this one later."
    return f"{answer}; try another page, or search for it."


def _explain(error: Exception) -> str:
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return "is not a full address that starts with http:// or https://."
    if isinstance(error, httpx.TooManyRedirects):
        return "redirects too often; try another page."
    if isinstance(error, httpx.DecodingError):
        return "sent data that cannot be read; try another page."
    if isinstance(error, httpx.ConnectError):
        reason = "has no valid certificate" if "SSL" in str(error) else "could not be reached"
        return f"{reason}; try another page."
    return "broke off the connection; try again or try another page."
