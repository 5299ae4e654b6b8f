"""The pictures of one chat as files that the browser fetches."""

import base64
import tempfile
from pathlib import Path

from agent_core.execution import IMAGE_ENDINGS, SVG, Display
from ui.texts import words


def alt_text() -> str:
    """Return what is said of a picture to those who do not see it."""
    return words("turn.picture")


def drawing_html(display: Display) -> str:
    """Return an SVG display as an <img> in one line of HTML, because Gradio does not serve SVG files as images.

    Browsers load and run nothing that such an image refers to.
    """
    return f'<img src="data:{SVG};base64,{base64.b64encode(display.data[SVG].encode()).decode()}" alt="{alt_text()}">'


class Pictures:
    """Writes each picture to a file once. The folder is removed with the chat or the app."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="glassbox-pictures-", ignore_cleanup_errors=True)
        self._files: list[tuple[Display, Path]] = []

    def path_of(self, display: Display) -> Path:
        """Return the file of a display that is an image other than an SVG."""
        for known, path in self._files:
            if known is display and path.is_file():
                return path
        mime = display.image_type
        assert mime in IMAGE_ENDINGS, "nothing else has a file"
        Path(self._folder.name).mkdir(exist_ok=True)  # some machines remove temporary files that are not used for long
        path = Path(self._folder.name) / f"{len(self._files) + 1}{IMAGE_ENDINGS[mime]}"
        path.write_bytes(base64.b64decode(display.data[mime]))
        self._files.append((display, path))
        return path

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()
