"""Keeps the variables of a sleeping chat in its history's folder: bytes that only its own worker ever reads."""

import errno
import logging
import os
import sys
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel

from agent_core.disk_space import has_room
from agent_core.sandbox.checkpoints.saved_tree import replace_file
from agent_core.sandbox.guest.message_limits import MOST_KEPT

_PYTHON = sys.implementation.cache_tag  # code of another version of Python may not even be loaded
logger = logging.getLogger(__name__)


class _AboutVariables(BaseModel):
    checkpoint: int
    lost: tuple[str, ...]
    python: str


class SavedVariables:
    """The variables of one checkpoint, as one file, and beside it what is known of them.

    Args:
        folder: The folder. It is made when something is first written.

    Attributes:
        checkpoint: The checkpoint; None if no variables are kept.
        lost: The names of the variables that could not be kept.
    """

    def __init__(self, folder: Path) -> None:
        self._file, self._about = folder / "variables", folder / "variables.json"
        self.checkpoint: int | None = None
        self.lost: tuple[str, ...] = ()
        try:
            about = _AboutVariables.model_validate_json(self._about.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            logger.warning("The variables of a sleeping chat cannot be found: %r", error)
            return
        if about.python == _PYTHON:
            self.checkpoint, self.lost = about.checkpoint, about.lost

    def begin(self) -> BinaryIO:
        """Return the file to write variables to, in place of those that were kept before. Raises OSError."""
        self.remove()
        if not has_room(self._file.parent, MOST_KEPT):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._file.parent.mkdir(exist_ok=True, mode=0o700)  # not those above: the chat may be deleted meanwhile
        return self._file.open("wb")

    def finish(self, checkpoint: int, lost: tuple[str, ...]) -> None:
        """Note that all is written. Raises OSError."""
        self._file.stat()  # raises where the chat was deleted meanwhile, which may leave nothing behind
        about = _AboutVariables(checkpoint=checkpoint, lost=lost, python=_PYTHON or "")
        replace_file(self._about, about.model_dump_json().encode())
        self.checkpoint, self.lost = checkpoint, lost

    def open(self) -> BinaryIO:
        """Open the variables for reading. Raises OSError."""
        return self._file.open("rb")

    def remove(self) -> None:
        """Remove what is kept, if anything is."""
        self.checkpoint, self.lost = None, ()
        for file in (self._about, self._file):
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                logger.warning("Variables that were kept could not be removed: %s", error.strerror)
