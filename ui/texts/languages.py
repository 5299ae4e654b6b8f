"""The language that a request is answered in: the first of those in Accept-Language that the page speaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from babel import Locale
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = Path(__file__).parent
ENGLISH = "en"
LANGUAGES = [ENGLISH, *sorted(path.parent.name for path in FOLDER.glob("*/words.toml") if path.parent.name != ENGLISH)]
"""The names of the languages' folders, English first."""

_LONGEST = 1_000  # characters of a header that are read

_current: ContextVar[str] = ContextVar("language", default=ENGLISH)


def current_language() -> str:
    """Return the language of the request that is being answered."""
    return _current.get()


def direction() -> str:
    """Return which way the language is written: "ltr" or "rtl"."""
    return Locale.parse(current_language()).text_direction


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within this block, and in the tasks and threads that begin in it, speak this language."""
    before = _current.set(language)
    try:
        yield
    finally:
        _current.reset(before)


def language_of(accepted: str) -> str:
    """Return the language for a header Accept-Language; English for one that names none of the page's.

    A region is not looked at: "de-AT" is German.
    """
    wishes = map(_weighed, accepted[:_LONGEST].split(","))
    ranked = sorted(wishes, key=lambda wish: -wish[1])  # stable: the first of equal ones
    wanted = (name.strip().lower().partition("-")[0] for name, weight in ranked if weight > 0)
    return next((name for name in wanted if name in LANGUAGES), ENGLISH)


def _weighed(wish: str) -> tuple[str, float]:
    name, _, weight = wish.partition(";")
    try:
        return name, float(weight.strip().removeprefix("q=")) if weight else 1.0
    except ValueError:  # anybody can send any header
        return name, 0.0


class InLanguageOfVisitor:
    """ASGI middleware that has each request answered in the language of whoever sends it, and caches told of it.

    Args:
        app: The app.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_vary(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message.setdefault("headers", [])).add_vary_header("Accept-Language")
            await send(message)

        with speaking(language_of(Headers(scope=scope).get("accept-language", ""))):
            await self._app(scope, receive, send_with_vary)
