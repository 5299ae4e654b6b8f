"""The far end: one chat's sandbox, on the orders of an app at the other end of standard input and output.

Started by what `shipping.py` sends. It ends when its input does, and takes everything with it that it has started.
"""

import asyncio
import json
import os
import re
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent_core.errors import GlassboxError
from agent_core.events import Displayed, OutputDelta, SandboxEvent
from agent_core.execution import Execution
from agent_core.sandbox.guest import wire_format
from agent_core.sandbox.host.guest_requests import Request
from agent_core.sandbox.host.workspace import remove_tree
from agent_core.sandbox.local_box import LocalBox
from agent_core.sandbox.policy import Limits
from agent_core.sandbox.remote import frames
from agent_core.sandbox.remote.frames import FileListing, Stamp
from agent_core.sandbox.remote.incoming import Incoming
from agent_core.sandbox.remote.mirror import Mirror
from agent_core.sandbox.remote.requests import ForwardedRequests
from agent_core.temporary import temporary_folder

_NUMBER = re.compile(rb'....\{"id": (\d+)', re.DOTALL)
_READ = 2**18  # bytes
_END_SECONDS = 5.0


class FarEnd:
    """Serves one app.

    Args:
        input: What the app says.
        output: Takes what it is told.
    """

    def __init__(self, input: asyncio.StreamReader, output: asyncio.StreamWriter) -> None:
        self._input = input
        self._output = output
        self._box: LocalBox | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._step: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: dict[int, asyncio.Future[bytes]] = {}
        self._more_time: asyncio.Future[bool] | None = None
        self._files: dict[int, Incoming] = {}

    async def serve(self) -> None:
        """Do what the app wants until its end of the stream is closed."""
        self._say(type="ready")
        decoder = wire_format.Decoder(wire_format.LIMIT + _READ)
        try:
            with suppress(OSError):
                while data := await self._input.read(_READ):
                    decoder.feed(data)
                    while (body := decoder.next()) is not None:
                        self._take(body)
        finally:
            await self._end()

    def _take(self, body: bytes) -> None:
        if piece := frames.piece_in(body):
            if incoming := self._files.get(piece[0]):  # else the command has failed meanwhile
                incoming.write(piece[1])
        elif frame := frames.answer_in(body):
            self._answer(frame)
        else:
            order = json.loads(body)
            number, do = order.pop("id"), order.pop("do")
            match do:
                case "ping":
                    self._say(type="ready")
                case "stop":
                    if self._step:
                        self._step.cancel()
                case "more_time":
                    if self._more_time and not self._more_time.done():
                        self._more_time.set_result(order["allowed"])
                case "begin_turn":
                    self._opened.begin_turn()
                case _:
                    self._begin(number, do, order)

    def _begin(self, number: int, do: str, order: dict[str, Any]) -> None:
        """Carry out a command beside all others. What takes files that come with it is there at once."""
        if do == "put":
            sinks = [Mirror(self._opened.workspace).sink(path, Stamp(**look)) for path, look in order["files"].items()]
            self._files[number] = Incoming([sink.write for sink in sinks])
        elif do == "add":
            self._files[number] = Incoming.into_new_folder(order["files"])
        work: Callable[..., Awaitable[dict[str, Any]]] = getattr(self, f"_do_{do}")
        task = asyncio.create_task(self._carry_out(number, work, order))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if do == "run":
            self._step = task

    async def _carry_out(
        self, number: int, work: Callable[..., Awaitable[dict[str, Any]]], order: dict[str, Any]
    ) -> None:
        try:
            self._say(type="reply", id=number, **await work(number=number, **order))
        except GlassboxError as error:
            self._say(type="failed", id=number, message=str(error)[:2_000])
        except OSError as error:
            self._say(type="failed", id=number, message=f"It failed there: {error.strerror}.")
        except wire_format.FrameError:
            self._say(type="failed", id=number, message="The result of the code is too large to be sent.")
        finally:
            self._files.pop(number, None)
            with suppress(OSError):
                await self._output.drain()

    # The commands

    async def _do_open(self, *, number: int, limits: dict[str, Any]) -> dict[str, Any]:
        """Start a sandbox with nothing in it, in place of the one that there is."""
        await self._end()
        self._folder = temporary_folder("chat")
        self._box = LocalBox(Limits(**limits), Path(self._folder.name))
        await self._box.start()
        return {"layers": list(self._box.confinement)}

    async def _do_arrange(self, *, number: int, listing: dict[str, Any]) -> dict[str, Any]:
        """Remove the files that are not wanted; say which are needed."""
        wanted = FileListing.model_validate(listing)
        return {"names": await asyncio.to_thread(self._mirror.arrange, wanted)}

    async def _do_remove(self, *, number: int, names: list[str]) -> dict[str, Any]:
        """Remove files."""
        for name in names:
            await asyncio.to_thread(self._mirror.remove, name)
        return {}

    async def _do_put(self, *, number: int, files: dict[str, Any]) -> dict[str, Any]:
        """Take files, as they are to be there."""
        await self._files[number].whole
        return {}

    async def _do_add(self, *, number: int, files: dict[str, Any]) -> dict[str, Any]:
        """Take files that a person adds, under names that are free."""
        incoming = self._files[number]
        try:
            await incoming.whole
            notes = await self._opened.add_files(incoming.paths)
        finally:
            incoming.remove()
        for note, look in zip(notes, files.values(), strict=True):
            with suppress(OSError):
                times = (look["modified"], look["modified"])
                os.utime(self._opened.workspace / note.name, ns=times, follow_symlinks=False)
        return {"names": [note.name for note in notes]}

    async def _do_get(self, *, number: int, names: list[str]) -> dict[str, Any]:
        """Send files."""
        for name in names:
            for data in self._mirror.pieces(name):
                self._output.write(frames.piece(number, data))
                await self._output.drain()
        return {}

    async def _do_run(self, *, number: int, order: dict[str, Any], limits: dict[str, Any]) -> dict[str, Any]:
        """Run code as one step; a "stop" ends it."""
        box, execution = self._opened, None
        box.limits = Limits(**limits)
        try:
            async with aclosing(box.stream(order, self._requests)) as events:
                async for event in events:
                    if isinstance(event, Execution):
                        execution = event
                    else:
                        await self._show(event)
        except asyncio.CancelledError:
            if task := asyncio.current_task():
                task.uncancel()
        self._step = None
        result = None if execution is None else _plain(execution)
        return {**await self._state(), "aftermath": box.aftermath, "result": result}

    async def _do_list(self, *, number: int) -> dict[str, Any]:
        """Say how the files are now."""
        return await self._state()

    async def _do_rewind(self, *, number: int, checkpoint: int, keep_later: bool) -> dict[str, Any]:
        """Go to a checkpoint of this sandbox."""
        lost = await self._opened.rewind(checkpoint, keep_later=keep_later)
        return {**await self._state(), "aftermath": self._opened.aftermath, "names": lost}

    async def _do_look(self, *, number: int, task: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Have a worker of its own look into files."""
        execution = await self._opened.look_into(task, seconds)
        shown = execution.displays[0].data if execution.displays else None
        return {"result": _plain(execution), "shown": shown}

    # What they need

    async def _end(self) -> None:
        """End the sandbox, if there is one, and all that is being done in it."""
        others = self._tasks - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=_END_SECONDS)
        box, self._box = self._box, None
        if box and self._folder:
            await box.close(in_use=False)
            await asyncio.to_thread(remove_tree, box.workspace)
            self._folder.cleanup()

    @property
    def _opened(self) -> LocalBox:
        if self._box is None:
            raise GlassboxError("There is no sandbox yet.")
        return self._box

    @property
    def _mirror(self) -> Mirror:
        return Mirror(self._opened.workspace)

    async def _state(self) -> dict[str, Any]:
        listing = await asyncio.to_thread(self._mirror.listing)
        box = self._opened
        return {"checkpoint": box.checkpoint, "kept": box.kept_checkpoints, "listing": listing.model_dump()}

    async def _show(self, event: SandboxEvent) -> None:
        if isinstance(event, OutputDelta):
            self._say(type="printed", text=event.text, erased=event.erased)
        elif isinstance(event, Displayed):
            self._say(type="shown", data=event.display.data)
        await self._output.drain()

    def _requests(self, emit: Callable[[SandboxEvent], None]) -> ForwardedRequests:
        return ForwardedRequests(
            self._forward, lambda message: self._say(**message.model_dump()), self._ask_for_time, emit
        )

    async def _forward(self, request: Request) -> bytes:
        answer = self._answers[request.id] = asyncio.get_running_loop().create_future()
        try:
            self._say(**request.model_dump())
            await self._output.drain()
            return await answer
        finally:
            self._answers.pop(request.id, None)

    def _answer(self, frame: bytes) -> None:
        number = _NUMBER.match(frame)
        answer = self._answers.get(int(number[1])) if number else None
        if answer and not answer.done():
            answer.set_result(frame)

    async def _ask_for_time(self) -> bool:
        asked = self._more_time = asyncio.get_running_loop().create_future()
        self._say(type="more_time")
        return await asked

    def _say(self, **message: Any) -> None:
        self._output.write(wire_format.encode(message))


def _plain(execution: Execution) -> dict[str, Any]:
    """Return what an Execution says, without what was shown and what the app finds out itself."""
    return {
        "stdout": execution.stdout,
        "value": execution.value,
        "answer": execution.answer.data if execution.answer else None,
        "error": asdict(execution.error) if execution.error else None,
        "seconds": execution.seconds,
        "variables": execution.variables,
        "note": execution.note,
    }


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever is printed here must not get between the frames
    source = asyncio.StreamReader(limit=_READ)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(source), os.fdopen(os.dup(0), "rb", buffering=0))
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, output)
    await FarEnd(source, asyncio.StreamWriter(transport, protocol, None, loop)).serve()


def main() -> None:
    """Serve the app at the other end of standard input and output."""
    asyncio.run(_serve())
