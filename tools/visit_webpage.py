"""The tool that opens a web page."""

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from agent_core.errors import ToolError
from agent_core.tool import Tool
from tools.address import PublicTransport
from tools.readable import decode, html_to_markdown, pretty_json

HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Glassbox)",
    "Accept": "text/html,application/json;q=0.9,text/*;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip",
}


@dataclass(frozen=True)
class Page:
    """A web page as text. url: where it was found in the end. text: Markdown, plain text or indented JSON."""

    title: str
    url: str
    text: str


@dataclass(frozen=True)
class Download:
    """What a server sent. body: decompressed. is_cut: there was more than the size limit allowed."""

    url: str
    media_type: str
    charset: str | None
    body: bytes
    is_cut: bool


class PageReader:
    """Opens web pages within limits: seconds for the whole visit, decompressed bytes, characters of the result."""

    def __init__(
        self,
        *,
        transport: Callable[[], httpx.AsyncBaseTransport] = PublicTransport,
        seconds: float = 20.0,
        max_bytes: int = 2_000_000,
        max_characters: int = 20_000,
    ) -> None:
        self._transport = transport
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._max_characters = max_characters

    async def visit_webpage(self, url: str) -> Page:
        """Open a web page. The Page has title, url and text: HTML as Markdown, plain text or JSON; long text is cut."""
        try:
            async with asyncio.timeout(self._seconds):
                download = await self._download(url)
                return await asyncio.to_thread(self._read, download)  # a very large page takes seconds
        except (TimeoutError, httpx.TimeoutException):
            raise ToolError(f"{url[:200]} took longer than {self._seconds:g} seconds; try another page.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ToolError(f"{url[:200]} {_explain(error)}") from error

    async def _download(self, url: str) -> Download:
        client = httpx.AsyncClient(
            transport=self._transport(),
            headers=HEADERS,
            timeout=httpx.Timeout(self._seconds, connect=5.0),
            follow_redirects=True,
            max_redirects=5,
            trust_env=False,
        )
        async with client, client.stream("GET", url.strip()) as response:
            final_url = str(response.url)
            if response.is_error:
                status = f"{response.status_code} {response.reason_phrase}".strip()
                raise ToolError(f"{final_url[:200]} answered {status}; try another page, or search for it.")
            media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if not _is_readable(media_type):
                raise ToolError(f"{final_url[:200]} is {media_type}, not a page of text; try another page.")
            body, is_cut = await _receive(response, self._max_bytes)
            return Download(final_url, media_type, response.charset_encoding, body, is_cut)

    def _read(self, download: Download) -> Page:
        title, text = _as_text(download)
        text = text.replace("\0", "").strip()
        if not text:
            raise ToolError(f"{download.url[:200]} has no text (it may need a browser); try another page.")
        excess = len(text) - self._max_characters
        if excess > 0:
            text = f"{text[: self._max_characters]}\n\n[Cut here: {excess:,} more characters.]"
        if download.is_cut:
            text += f"\n\n[The page is very large: only its first {self._max_bytes:,} bytes were read.]"
        return Page(title=title or download.url, url=download.url, text=text)


visit_webpage = Tool(PageReader().visit_webpage)


def _is_readable(media_type: str) -> bool:
    kind, _, subtype = media_type.partition("/")
    return not media_type or kind == "text" or subtype.rpartition("+")[2] in ("json", "xml")


async def _receive(response: httpx.Response, limit: int) -> tuple[bytes, bool]:
    """The decompressed body up to `limit` bytes, and whether it was cut. Never holds much more than that in memory."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise httpx.DecodingError(f"content-encoding {encoding}")
    gzip = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            body += gzip.decompress(chunk, limit + 1 - len(body)) if gzip else chunk
        except zlib.error as error:
            raise httpx.DecodingError("broken gzip") from error
        if len(body) > limit:
            return bytes(body[:limit]), True
    return bytes(body), False


def _as_text(download: Download) -> tuple[str, str]:
    """The title, "" where there is none, and the text."""
    start = download.body[:1000].lstrip().lower()
    is_html = "html" in download.media_type or (not download.media_type and start.startswith((b"<!doctype", b"<html")))
    text = decode(download.body, download.charset, is_html=is_html)
    if is_html:
        return html_to_markdown(text, download.url)
    if download.media_type.endswith("json"):
        return "", pretty_json(text)
    return "", text


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
