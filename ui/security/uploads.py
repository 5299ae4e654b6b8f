"""Limits uploads, for each visitor and for all, before and while they are written to disk."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable

from gradio.utils import get_upload_folder
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.formparsers import MultiPartException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_core.disk_space import has_room
from ui.config import Config
from ui.input_checks import MOST_FILES
from ui.texts import words
from ui.visitors import visitor_of_scope

UPLOAD = "/gradio_api/upload"
UPLOADS = (UPLOAD, "/chats/import")
"""Where files come in: as a form with several, and one as the body."""
_DISK_FULL = 507  # Insufficient Storage
_SECONDS = 3_600.0  # after which Gradio removes an uploaded file
_MINUTE = 60.0
_FORM = 10_000  # bytes of a form beside a file's own
_MOST_PARTS = 5 * MOST_FILES  # of a form; a few too many files are only refused when the question is sent

logger = logging.getLogger(__name__)


class Allowance:
    """The bytes that one visitor, and all together, may upload within an hour."""

    def __init__(self, per_visitor: int, in_all: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_visitor = per_visitor
        self._in_all = in_all
        self._clock = clock
        self._taken: dict[tuple[int, str], int] = {}  # by minute, because uploads may arrive in pieces of one byte
        self._of: defaultdict[str, int] = defaultdict(int)

    def has_room(self, visitor: str, size: int) -> bool:
        """Return whether so many more bytes may be uploaded."""
        self._forget()
        return self._of[visitor] + size <= self._per_visitor and sum(self._of.values()) + size <= self._in_all

    def take(self, visitor: str, size: int) -> None:
        minute = int(self._clock() // _MINUTE)
        self._taken[minute, visitor] = self._taken.get((minute, visitor), 0) + size
        self._of[visitor] += size

    def _forget(self) -> None:
        oldest = (self._clock() - _SECONDS) // _MINUTE
        while self._taken and (first := next(iter(self._taken)))[0] < oldest:
            self._of[first[1]] -= self._taken.pop(first)
        self._of = defaultdict(int, {visitor: size for visitor, size in self._of.items() if size})


class BoundedUploads:
    """ASGI middleware that refuses uploads of too many bytes or files, before and while they arrive."""

    def __init__(self, app: ASGIApp, *, config: Config) -> None:
        self._app = app
        self._config = config
        self._allowance = Allowance(config.uploads_mb_per_visitor * 2**20, config.uploads_mb * 2**20)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in UPLOADS:
            await self._app(scope, receive, send)
            return
        visitor = visitor_of_scope(scope, self._config)
        size, most = content_length(scope), self._config.upload_mb
        if size > MOST_FILES * (most * 2**20 + _FORM):
            await PlainTextResponse(words("input.upload_large", most=most, files=MOST_FILES), 413)(scope, receive, send)
        elif not self._allowance.has_room(visitor, size):
            await PlainTextResponse(words("input.upload_hour"), 429)(scope, receive, send)
        elif not has_room(get_upload_folder(), size):
            await PlainTextResponse(words("input.disk_full"), _DISK_FULL)(scope, receive, send)
        else:
            await self._take(scope, _Upload(scope, receive, self._allowance, visitor), send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the app take an upload. What the disk does not take is said in a sentence."""
        begun = False

        async def note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, note)
        except OSError as error:
            logger.warning("An upload could not be written: %s", error.strerror)
            if begun:
                raise
            await PlainTextResponse(words("input.disk_full"), _DISK_FULL)(scope, receive, send)


class _Upload:
    """Passes on an upload. If it becomes too much or breaks off, this raises the error of an unreadable form, because
    only then does Gradio remove what it has written so far.
    """

    def __init__(self, scope: Scope, receive: Receive, allowance: Allowance, visitor: str) -> None:
        _, options = parse_options_header(Headers(scope=scope).get("content-type"))
        self._boundary = options.get(b"boundary", b"")
        self._receive = receive
        self._allowance = allowance
        self._visitor = visitor
        self._parts = 0
        self._end = b""  # of what came last, in which a boundary may have begun
        self._is_over = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if self._is_over:
            return message
        if message["type"] == "http.disconnect":
            raise MultiPartException(words("input.upload_broken"))
        body = message.get("body", b"")
        self._is_over = not message.get("more_body")
        if not self._allowance.has_room(self._visitor, len(body)):
            raise MultiPartException(words("input.upload_hour"))
        if not has_room(get_upload_folder(), len(body)):
            raise MultiPartException(words("input.disk_full"))
        self._allowance.take(self._visitor, len(body))
        if self._counted(body) > _MOST_PARTS:
            raise MultiPartException(words("input.upload_many", most=MOST_FILES))
        return message

    def _counted(self, body: bytes) -> int:
        """Return how many boundaries have arrived."""
        if self._boundary:
            joined = self._end + body
            self._parts += joined.count(self._boundary)
            self._end = joined[len(joined) - len(self._boundary) + 1 :]
        return self._parts


def content_length(scope: Scope) -> int:
    """Return the Content-Length of a request; 0 if it has none."""
    length = Headers(scope=scope).get("content-length", "0")
    return int(length) if length.isdecimal() else 0
