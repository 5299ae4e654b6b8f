"""Copies files that the code made to a folder of the person's."""

import os
from pathlib import Path

from agent_core.agents.base import Agent
from agent_core.errors import GlassboxError
from agent_core.file_names import safe_name


class SavedFiles:
    """The files of a chat that were copied. None of the person's own files is replaced.

    Args:
        folder: Where they go. It is made with the first one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, Path] = {}

    async def save(self, agent: Agent, names: list[str]) -> list[Path]:
        """Copy files of the workspace, and return the paths of the copies. A file that is gone by now has none.

        Raises:
            GlassboxError: The folder cannot be written.
        """
        copied = []
        for name in dict.fromkeys(names):
            try:
                place = self._place_of(name)
            except OSError as error:
                raise GlassboxError(f"{self._folder} cannot be written: {error.strerror}.") from None
            try:
                await agent.copy_file(name, place)
            except GlassboxError:
                continue
            copied.append(place)
        return copied

    def _place_of(self, name: str) -> Path:
        if name not in self._places:
            self._folder.mkdir(parents=True, exist_ok=True)
            plain = safe_name(Path(name).name)
            number = 1
            while os.path.lexists(place := self._folder / safe_name(plain, number)) or place in self._places.values():
                number += 1
            self._places[name] = place
        return self._places[name]
