"""Reads PDF files and large documents in a process of their own, because they could take too much time or memory.

A thread cannot be stopped, and its memory is that of the whole app. A process can be stopped at its limits.
"""

import asyncio
import json
import os
import resource
import sys
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from agent_core.errors import ToolError
from tools.readers.document_reader import read_document
from tools.web.download import Download
from tools.web.page import Document, Link, Table

SECONDS = 25.0
PROCESSOR_SECONDS = 20
MOST_MEMORY = 1_000_000_000  # bytes
AT_ONCE = 2

_SLOW = "{url} takes too long to read, or too much memory; try another page."
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def read_in_subprocess(download: Download) -> Document:
    """Return what `read_document` does. Raises ToolError as it does, and if the process reaches its limits."""
    head = {field.name: getattr(download, field.name) for field in fields(download) if field.name != "body"}
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from tools.readers.subprocess_reader import main; main()"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            env={"PATH": os.environ.get("PATH", "")},
        )
        try:
            async with asyncio.timeout(SECONDS):
                answer, _ = await process.communicate(json.dumps(head).encode() + b"\n" + download.body)
        except TimeoutError:
            answer = b""
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
    if not answer:
        raise ToolError(_SLOW.format(url=download.url[:200]))
    return _unpacked(json.loads(answer))


def _unpacked(answer: dict[str, Any]) -> Document:
    if "error" in answer:
        raise ToolError(answer["error"])
    tables = [Table(**table) for table in answer.pop("tables")]
    links = [Link(**link) for link in answer.pop("links")]
    return Document(**answer, tables=tables, links=links)


def main() -> None:
    """Run the process: read a line about the download and its body, and write the document as JSON."""
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    head = json.loads(sys.stdin.buffer.readline())
    try:
        answer = asdict(read_document(Download(**head, body=sys.stdin.buffer.read())))
    except ToolError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": _SLOW.format(url=head["url"][:200])}
    except Exception as error:  # the model needs a sentence in any case
        answer = {"error": f"{head['url'][:200]} cannot be read ({type(error).__name__}); try another page."}
    sys.stdout.write(json.dumps(answer))
