"""Results of a Gradio app: its values as they are, and its files put into the chat's workspace."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import httpx

from agent_core.concurrency import run_in_own_thread
from agent_core.errors import ToolError
from agent_core.file_names import safe_name
from agent_core.integrations.spaces.endpoints import Endpoint, is_file_data
from agent_core.net.bounded_body import IDENTITY, BodyTooLarge, bounded, decompressed
from agent_core.net.urls import is_web_url, same_origin
from agent_core.tools.context import give_file

MOST_BYTES = 50 * 2**20  # of all files of one result
_MOST_FILES = 20
_MOST_CHARACTERS = 8_000_000  # of all texts of one result
_PART = 8  # characters, as which each other part of it counts


class Outputs:
    """Makes the result of one call.

    root: the address of the app's own routes; nothing else is fetched. folder: for the files. stay: whether one of
    them was given as it lies there, as there is no chat to give it to.
    """

    def __init__(self, http: httpx.AsyncClient, root: str, folder: Path) -> None:
        self._http = http
        self._root = root
        self._folder = folder
        self._left = MOST_BYTES
        self._room = _MOST_CHARACTERS
        self._count = 0
        self._files: list[tuple[Any, Any, Mapping[str, Any]]] = []  # with what holds each in the result, and where
        self.stay = False

    async def result(self, endpoint: Endpoint, values: Sequence[Any]) -> Any:
        """What a call returns: one value, or several by their labels. Raises ToolError."""
        if len(values) != len(endpoint.returns):
            raise ToolError("It returned something else than it says.")
        result: dict[str, Any] = {}
        await run_in_own_thread(partial(self._put_all, dict(zip(endpoint.labels, values, strict=True)), result))
        if len(self._files) > _MOST_FILES:
            raise ToolError(f"It returned more than {_MOST_FILES} files.")
        for holder, key, file in self._files:
            holder[key] = await self._file(file)
        return result if len(result) > 1 else next(iter(result.values()), None)

    def _put_all(self, values: Mapping[Any, Any], holder: dict[Any, Any]) -> None:
        for key, value in values.items():
            self._put(value, holder, key)

    def _put(self, data: Any, holder: Any, key: Any) -> None:
        """Put a value into what holds it in the result; a file only later. Takes a while: for threads."""
        self._room -= len(data) if isinstance(data, str) else _PART
        if self._room < 0:
            raise ToolError("It returned more than can be taken here.")
        if is_file_data(data):
            holder[key] = None
            self._files.append((holder, key, data))
        elif isinstance(data, Mapping) and data.get("__type__") == "update":
            self._put(data.get("value"), holder, key)
        elif isinstance(data, Mapping):
            holder[key] = held = {}
            self._put_all(data, held)
        elif isinstance(data, (list, tuple)):
            holder[key] = held = [None] * len(data)
            for number, part in enumerate(data):
                self._put(part, held, number)
        else:
            holder[key] = data

    async def _file(self, data: Mapping[str, Any]) -> str | None:
        """The name of a file in the workspace; its address where it lies elsewhere."""
        address = self._address(data)
        if not address:
            return data["url"] if is_web_url(data.get("url")) else None
        self._count += 1
        folder = self._folder / f"out{self._count}"
        folder.mkdir()
        path = folder / _name_of(data)
        await self._fetch(address, path)
        name = await give_file(path)
        self.stay = self.stay or name == str(path)
        return name

    def _address(self, data: Mapping[str, Any]) -> str | None:
        path, url = data.get("path"), data.get("url")
        if isinstance(path, str) and path and not is_web_url(path) and not data.get("is_stream"):
            return f"{self._root}file={quote(path, errors='replace')}"
        return url if isinstance(url, str) and same_origin(url, self._root) else None

    async def _fetch(self, address: str, path: Path) -> None:
        try:
            async with self._http.stream("GET", address, headers=IDENTITY) as response:
                response.raise_for_status()
                with path.open("wb") as file:
                    async for piece in bounded(decompressed(response), self._left):
                        self._left -= file.write(piece)
        except BodyTooLarge:
            raise ToolError("It sent more than can be taken here.") from None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ToolError("It returned a file that cannot be fetched.") from None


def _name_of(data: Mapping[str, Any]) -> str:
    told = data.get("orig_name") or data.get("path") or data.get("url")
    name = PurePosixPath(str(told).replace("\\", "/")).name
    return safe_name(name)
