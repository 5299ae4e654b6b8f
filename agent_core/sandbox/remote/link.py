"""The app's end of a byte stream to a far end. All of them live in one event loop, in a thread of its own.

So a sandbox works under any event loop, as those of this machine do, and large files keep no page waiting.
"""

import asyncio
import functools
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from agent_core.concurrency import run_to_completion
from agent_core.errors import GlassboxError, SandboxError
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.host.code_run import MOST_SENT
from agent_core.sandbox.remote import frames
from agent_core.sandbox.remote.engine import ByteStream, Engine, Needs
from agent_core.sandbox.remote.shipping import archive

LARGEST_FRAME = 16 * 2**20  # bytes, of a far end
MOST_RECEIVED = 2 * MOST_SENT  # bytes while something is awaited, files left out: the far end holds its code to half
LOST = "The connection to the place where the code runs was lost. The next step connects again."
_READY_SECONDS = 60.0  # from the connection to the far end's first word
_SILENT_SECONDS = 60.0  # without a word, while something is awaited
_PING_SECONDS = 15.0
_COMMAND_SECONDS = 600.0  # for a command that runs no code, and its files: some say a little from time to time
_MOST_WAITING = 100  # messages of a step; the far end waits until fewer do
_PAUSE_SECONDS = 0.01
_READ = 2**18  # bytes
logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class LinkLost(SandboxError):
    """The connection is lost, or what came over it cannot be from a far end of ours."""

    def __init__(self) -> None:
        super().__init__(LOST)


class Sink(Protocol):
    """Takes the bytes of one file; b"" ends it. Raises OSError and ValueError."""

    def write(self, data: bytes) -> None: ...
    def drop(self) -> None: ...


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="remote sandboxes").start()
    return loop


async def in_links_loop(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Await work in the links' event loop, from any other."""
    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, _loop()))


class FarLink:
    """A connection to one far end. Its methods are for the links' event loop.

    Args:
        stream: The bytes.

    Attributes:
        is_alive: Whether it has not been lost or closed.
        messages: Takes the messages of a running step; None while there is none.
        wake: Called, in this event loop, when there is another one.
    """

    def __init__(self, stream: ByteStream) -> None:
        self.is_alive = True
        self.messages: deque[frames.StepMessage] | None = None
        self.wake: Callable[[], None] = lambda: None
        self._stream = stream
        self._sending = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._ready = asyncio.get_running_loop().create_future()
        self._awaited: dict[int, asyncio.Future[frames.ReplyMessage]] = {}
        self._sinks: dict[int, list[Sink]] = {}
        self._heard = time.monotonic()
        self._received = self._pings = 0
        self._ending: asyncio.Task[None] | None = None
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._ping())]

    @classmethod
    async def open(cls, engine: Engine, needs: Needs) -> "FarLink":
        """Connect to a new far end. Raises SandboxError."""
        stream = await engine.connect(needs)
        link = cls(stream)
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await link._send(archive())
                await link._ready
        except (TimeoutError, LinkLost):
            await run_to_completion(link.close())
            raise SandboxError(
                f"The sandbox did not start ({engine.name}). See whether it has Python 3.11 or newer with Glassbox's "
                "requirements, and enough memory."
            ) from None
        except BaseException:
            await run_to_completion(link.close())
            raise
        return link

    async def request(
        self, do: str, *, content: Iterable[bytes] = (), sinks: Sequence[Sink] = (), **data: Any
    ) -> frames.ReplyMessage:
        """Have the far end do something.

        Args:
            do: What. For all but running code, which has a time of its own, the connection is given up after a while.
            content: Bytes of files that go with it, b"" after each.
            sinks: What takes the files that come with the answer, in their order.
            **data: What belongs to it.

        Raises:
            GlassboxError: The far end says that it cannot.
            LinkLost: It is gone.
        """
        if not self._awaited:
            self._received = 0
        number = next(self._numbers)
        reply = self._awaited[number] = asyncio.get_running_loop().create_future()
        self._sinks[number] = [*sinks]
        self._heard = time.monotonic()
        try:
            async with asyncio.timeout(None if do == "run" else _COMMAND_SECONDS):
                await self._send(_command(number, do, data))
                await self._send_content(number, content, reply)
                return await reply
        except TimeoutError:
            logger.warning("A remote sandbox has not answered %r in time.", do)
            self._lose()
            raise LinkLost from None
        finally:
            del self._awaited[number]
            for sink in self._sinks.pop(number):
                sink.drop()

    async def post(self, do: str, **data: Any) -> None:
        """Tell the far end something that has no answer. Raises LinkLost."""
        await self._send(frames.command(0, do, data))

    def post_soon(self, do: str, **data: Any) -> None:
        """The same from any thread, without waiting. If the far end is gone, nothing happens."""

        async def post() -> None:
            with suppress(LinkLost):
                await self.post(do, **data)

        asyncio.run_coroutine_threadsafe(post(), _loop())

    async def answer(self, frame: bytes) -> None:
        """Pass on an answer for a worker. Raises LinkLost."""
        await self._send(frames.answer(frame))

    async def close(self) -> None:
        """End the far end, and what it runs in."""
        await asyncio.shield(self._lose())

    async def _send_content(
        self, number: int, content: Iterable[bytes], reply: asyncio.Future[frames.ReplyMessage]
    ) -> None:
        """Send the bytes of files, until the far end says that it does not take them."""
        try:
            for piece in content:
                if reply.done():
                    return
                await self._send(frames.piece(number, piece))
        except BaseException:
            self._lose()  # what was sent in part cannot be taken back
            raise

    async def _send(self, data: bytes) -> None:
        """Send a frame: all of it, even if the caller is cancelled. Raises LinkLost."""
        await asyncio.shield(self._write(data))

    async def _write(self, data: bytes) -> None:
        try:
            async with self._sending:
                if not self.is_alive:
                    raise LinkLost
                await self._stream.write(data)
        except OSError:
            self._lose()
            raise LinkLost from None

    async def _read(self) -> None:
        decoder = wire_format.Decoder(LARGEST_FRAME)
        try:
            while data := await self._stream.read(_READ):
                self._heard = time.monotonic()
                decoder.feed(data)
                while (body := decoder.next()) is not None:
                    self._take(body)
                    await self._caught_up()
        except (OSError, ValueError) as error:  # of a frame or message that is not valid, too
            logger.warning("The connection to a remote sandbox is given up: %s", type(error).__name__)
        finally:
            self._lose()

    async def _caught_up(self) -> None:
        """Wait while the step has many messages before it. What the far end says on then, it keeps."""
        while self.is_alive and len(self.messages or ()) > _MOST_WAITING:
            self._heard = time.monotonic()
            await asyncio.sleep(_PAUSE_SECONDS)

    def _take(self, body: bytes) -> None:
        """Take a frame. Raises ValueError if it is not valid, or nobody asked for it, and OSError."""
        if piece := frames.piece_in(body):
            self._take_piece(*piece)
            return
        self._received += len(body)
        if self._received > MOST_RECEIVED:
            raise ValueError("it says too much")
        message = frames.parse_far(body)
        match message:
            case frames.ReadyMessage() if self._ready.done() and self._pings:
                self._pings -= 1
            case frames.ReadyMessage() if not self._ready.done():
                self._ready.set_result(None)
            case frames.FailedMessage(id=0) if not self._ready.done():
                self._ready.set_exception(SandboxError(f"The sandbox did not start. {_from_there(message.message)}"))
            case frames.FailedMessage():
                self._settle(message.id, GlassboxError(_from_there(message.message)))
            case frames.ReplyMessage():
                self._settle(message.id, message)
            case _:
                if len(body) > wire_format.worker_limit(body.replace(b'"shown"', b'"display"', 1)):
                    raise ValueError("the frame is too long for a request")
                messages = self.messages
                if messages is None or isinstance(message, frames.ReadyMessage | frames.FailedMessage):
                    raise ValueError("nobody asked for it")
                messages.append(message)
                self.wake()

    def _take_piece(self, number: int, data: bytes) -> None:
        sinks = self._sinks.get(number)
        if not sinks:
            raise ValueError("nobody asked for a file")
        sinks[0].write(data)
        if not data:
            sinks.pop(0)

    def _settle(self, number: int, outcome: "frames.ReplyMessage | GlassboxError") -> None:
        reply = self._awaited.get(number)
        if reply is None or reply.done():
            return  # nobody waits any more
        if isinstance(outcome, GlassboxError):
            reply.set_exception(outcome)
        elif self._sinks.get(number):
            raise ValueError("not all files came")
        else:
            reply.set_result(outcome)

    def _lose(self) -> asyncio.Task[None]:
        """Give the connection up, and begin to end what is at its other end. Returns what does so."""
        self.is_alive = False
        for waiting in (self._ready, *self._awaited.values()):
            if not waiting.done():
                waiting.set_exception(LinkLost())
                waiting.exception()  # it may be that nobody waits for it
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        return self._ending

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        try:
            await self._stream.close()
        except OSError as error:
            logger.warning("A remote sandbox could not be closed: %s", error.strerror)

    async def _ping(self) -> None:
        """Give up the connection if nothing comes of it while something is awaited."""
        while True:
            await asyncio.sleep(_PING_SECONDS)
            silent = time.monotonic() - self._heard
            if self._awaited and silent > _SILENT_SECONDS:
                logger.warning("A remote sandbox has said nothing for %d seconds.", silent)
                self._lose()
            elif self._awaited and silent > _PING_SECONDS:
                self._pings += 1
                self.post_soon("ping")  # it may be that nothing can be sent


def require_sendable(data: dict[str, Any]) -> None:
    """Raise SandboxError if a command with this data is too large to be sent."""
    _command(0, "", data)


def _command(number: int, do: str, data: dict[str, Any]) -> bytes:
    try:
        return frames.command(number, do, data)
    except wire_format.FrameError as error:
        raise SandboxError(f"The code cannot be run. {error}") from None


def _from_there(message: str) -> str:
    """Return a far end's sentence as one that cannot pass for the app's markup or many lines."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in message).split())
