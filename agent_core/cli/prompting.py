"""Reads what a person types, while the event loop goes on."""

import asyncio
import os
import sys
import termios
from contextlib import suppress


async def read_line(prompt: str) -> str | None:
    """Show a prompt, and return the line that is typed after it; None at the end of the input.

    What was typed before the prompt is not taken for an answer to it. If this is cancelled, nothing is read any more.
    """
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
    with suppress(termios.error):
        termios.tcflush(descriptor, termios.TCIFLUSH)
    sys.stderr.write(prompt)
    sys.stderr.flush()
    typed: asyncio.Future[str | None] = loop.create_future()
    begun = b""

    def read() -> None:
        nonlocal begun
        some = os.read(descriptor, 4096)
        begun += some
        if not typed.done() and (not some or begun.endswith(b"\n")):
            typed.set_result(begun.decode(errors="replace").strip() if begun else None)

    loop.add_reader(descriptor, read)
    try:
        return await typed
    finally:
        loop.remove_reader(descriptor)
