"""Where chats are kept."""

import asyncio
import hashlib
import os
import re
import tempfile
from pathlib import Path

from platformdirs import user_data_path

from agent_core import Store, StoreError
from agent_core.temporary import temporary_folder
from ui.config import Config, ConfigError

_DISK_OF_SPACE = Path("/data")  # where a Space has its storage, if it has any
_WHAT_TO_DO = "GLASSBOX_DATA names the folder for chats, and DATABASE_URL their database; docs/configure.md has both."


class DataFolder:
    """The folder that chats are kept in.

    On a Space without storage it is a temporary folder, which goes with this object.

    Args:
        config: How the app is configured.
        page: The title of a page that was opened around an agent, whose chats lie apart from those of others on the
            same computer; "" for Glassbox's own.

    Attributes:
        path: The folder, which need not exist.
        lasts: Whether what is in it outlasts the app.
    """

    def __init__(self, config: Config, page: str = "") -> None:
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if config.data:
            self.path = config.data.expanduser()
        elif not config.space_id and page:
            self.path = user_data_path("glassbox-pages", appauthor=False) / _name(page)
        elif not config.space_id:
            self.path = user_data_path("glassbox", appauthor=False)
        elif os.access(_DISK_OF_SPACE, os.W_OK):
            self.path = _DISK_OF_SPACE / "glassbox"
        else:
            self._temporary = temporary_folder("data")
            self.path = Path(self._temporary.name)

    @property
    def lasts(self) -> bool:
        return self._temporary is None

    def open_store(self, config: Config) -> Store:
        """Open the store; not within an event loop. Raises ConfigError."""
        try:
            return asyncio.run(Store.open(self.path, config.database_url.get_secret_value()))
        except StoreError as error:
            raise ConfigError(f"Chats cannot be kept. {error} {_WHAT_TO_DO}") from None

    def close(self) -> None:
        """Remove the folder if it is a temporary one."""
        if self._temporary:
            self._temporary.cleanup()


def _name(title: str) -> str:
    """Return a folder's name for a title: readable, and not that of another title."""
    readable = re.sub(r"[^\w-]+", "-", title.lower()).strip("-")[:40]
    return f"{readable}-{hashlib.sha256(title.encode()).hexdigest()[:8]}".strip("-")
