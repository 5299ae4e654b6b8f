"""Where what the owner sees is shown: health for everybody, metrics and the owner's page for the owner alone."""

from collections.abc import Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ui.seeing.health import Health
from ui.seeing.owner_access import OwnerAccess
from ui.seeing.owner_page import owner_page
from ui.seeing.seeing import Seeing
from ui.seeing.state import StateReader
from ui.texts import words

_FOLDER = Path(__file__).parent
_FILES = {"owner.css": "text/css", "owner.js": "text/javascript"}
_UNKEPT = {"cache-control": "no-store"}


class SeeingRoutes:
    """The routes /health, /metrics and /owner.

    Args:
        access: Knows the owner. Everybody else is told that there is nothing at the last two.
        seeing: What was counted.
        state: Reads what is so at the moment.
        health: Knows whether the app serves.
    """

    def __init__(self, access: OwnerAccess, seeing: Seeing, state: StateReader, health: Health) -> None:
        self._access = access
        self._seeing = seeing
        self._state = state
        self._health = health

    @property
    def routes(self) -> list[Route]:
        """The routes, as Starlette takes them."""
        files = [Route(f"/owner/{name}", self._file(name, kind), methods=["GET"]) for name, kind in _FILES.items()]
        return [
            Route("/health", self._tell_health, methods=["GET", "HEAD"]),
            Route("/metrics", self._tell_metrics, methods=["GET"]),
            Route("/owner", self._show_page, methods=["GET"]),
            *files,
        ]

    async def _tell_health(self, _: Request) -> Response:
        trouble = await self._health.trouble()
        return JSONResponse({"status": trouble or "ok"}, 503 if trouble else 200, headers=_UNKEPT)

    async def _tell_metrics(self, request: Request) -> Response:
        if not self._access.is_owner(request):
            return _nothing()
        state = await self._state.read()
        body, kind = self._seeing.metrics.exposition(state, request.headers.get("accept", ""))
        return Response(body, headers=_UNKEPT | {"content-type": kind})

    async def _show_page(self, request: Request) -> Response:
        if key := request.query_params.get("key"):
            return self._let_in(request, key)
        if not self._access.is_owner(request):
            return _nothing()
        page = owner_page(await self._state.read(), self._seeing.today)
        return Response(page, media_type="text/html", headers=_UNKEPT)

    def _let_in(self, request: Request, key: str) -> Response:
        """Give a browser with the key a cookie, and lead it to the address without the key."""
        if not self._access.is_key(key):
            return _nothing()
        headers = _UNKEPT | {"set-cookie": self._access.cookie(request.url.scheme)}
        return RedirectResponse("owner", 303, headers=headers)

    def _file(self, name: str, kind: str) -> Callable[[Request], Response]:
        content = (_FOLDER / name).read_text(encoding="utf-8")

        def send(request: Request) -> Response:
            return Response(content, media_type=kind) if self._access.is_owner(request) else _nothing()

        return send


def _nothing() -> Response:
    return PlainTextResponse(words("input.nothing_here"), 404)
