"""The pictures of one chat, laid down as files for the browser to fetch."""

import base64
import tempfile
from pathlib import Path

from agent_core.execution import Display

_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/svg+xml": "svg"}


def picture_type(display: Display) -> str | None:
    """The MIME type under which a display is a picture; None where it is something else."""
    return next((mime for mime in _ENDINGS if mime in display.data), None)


class Pictures:
    """Lays each picture down once, however often its message is shown. The folder goes with the chat or the app."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="glassbox-pictures-", ignore_cleanup_errors=True)
        self._laid_down: list[tuple[Display, Path]] = []

    def path_of(self, display: Display) -> Path:
        """The file of a display that is a picture."""
        for known, path in self._laid_down:
            if known is display and path.is_file():
                return path
        mime = picture_type(display)
        assert mime is not None, "only a picture has a file"
        Path(self._folder.name).mkdir(exist_ok=True)  # some machines tidy up what nobody has used for long
        path = Path(self._folder.name) / f"{len(self._laid_down) + 1}.{_ENDINGS[mime]}"
        data = display.data[mime].encode()
        path.write_bytes(data if mime == "image/svg+xml" else base64.b64decode(data))
        self._laid_down.append((display, path))
        return path

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()
