"""Results of a Gradio app: its values as they are, and its files put into the chat's workspace."""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import httpx
from gradio_client.utils import is_http_url_like

from agent_core.chat_files import give_file
from agent_core.errors import ToolError
from agent_core.tools_from.space_client import pieces_of, same_origin
from agent_core.tools_from.space_inputs import Endpoint, is_file_data

MOST_BYTES = 50 * 2**20  # of all files of one result
_MOST_FILES = 20
_LONGEST_NAME = 100  # characters


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
        self._count = 0
        self.stay = False

    async def result(self, endpoint: Endpoint, data: Any) -> Any:
        """What a call returns: one value, or several by their labels. Raises ToolError."""
        if len(endpoint.returns) == 1:
            return await self._value(data)
        if not isinstance(data, (list, tuple)) or len(data) != len(endpoint.returns):
            raise ToolError("It returned something else than it says.")
        return {name: await self._value(item) for name, item in zip(endpoint.labels, data, strict=True)} or None

    async def _value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            if is_file_data(data):
                return await self._file(data)
            if data.get("__type__") == "update":
                return await self._value(data.get("value"))
            return {key: await self._value(part) for key, part in data.items()}
        return [await self._value(part) for part in data] if isinstance(data, (list, tuple)) else data

    async def _file(self, data: Mapping[str, Any]) -> str | None:
        """The name of a file in the workspace; its address where it lies elsewhere."""
        address = self._address(data)
        if not address:
            return data["url"] if is_http_url_like(data.get("url")) else None
        self._count += 1
        if self._count > _MOST_FILES:
            raise ToolError(f"It returned more than {_MOST_FILES} files.")
        folder = self._folder / f"out{self._count}"
        folder.mkdir()
        path = folder / _name_of(data)
        await self._fetch(address, path)
        name = await give_file(path)
        self.stay = self.stay or name == str(path)
        return name

    def _address(self, data: Mapping[str, Any]) -> str | None:
        path, url = data.get("path"), data.get("url")
        if isinstance(path, str) and path and not is_http_url_like(path) and not data.get("is_stream"):
            return f"{self._root}file={quote(path, errors='replace')}"
        return url if isinstance(url, str) and same_origin(url, self._root) else None

    async def _fetch(self, address: str, path: Path) -> None:
        try:
            with path.open("wb") as file:
                async for piece in pieces_of(self._http, address, self._left):
                    self._left -= file.write(piece)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ToolError("It returned a file that cannot be fetched.") from None


def _name_of(data: Mapping[str, Any]) -> str:
    told = data.get("orig_name") or data.get("path") or data.get("url")
    name = PurePosixPath(str(told).replace("\\", "/")).name
    return re.sub(r"[^\w.,()+@=& -]", "_", name).strip(" .")[-_LONGEST_NAME:] or "file"
