"""The pictures of one chat, laid down as files for the browser to fetch."""

import base64
import tempfile
from pathlib import Path

from agent_core.execution import Display

ALT_TEXT = "A picture made by the code"
SVG = "image/svg+xml"
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg"}


def picture_type(display: Display) -> str | None:
    """The MIME type under which a display is a picture; None where it is something else."""
    return next((mime for mime in (*_ENDINGS, SVG) if mime in display.data), None)


def drawing_html(display: Display) -> str:
    """A display that is an SVG, as an image in one line of HTML: Gradio hands out no file that is one as a picture.

    Browsers load nothing and run nothing for what is shown so.
    """
    return f'<img src="data:{SVG};base64,{base64.b64encode(display.data[SVG].encode()).decode()}" alt="{ALT_TEXT}">'


class Pictures:
    """Lays each picture down once, however often its message is shown. The folder goes with the chat or the app."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="glassbox-pictures-", ignore_cleanup_errors=True)
        self._laid_down: list[tuple[Display, Path]] = []

    def path_of(self, display: Display) -> Path:
        """The file of a display that is a picture, and no SVG."""
        for known, path in self._laid_down:
            if known is display and path.is_file():
                return path
        mime = picture_type(display)
        assert mime in _ENDINGS, "nothing else has a file"
        Path(self._folder.name).mkdir(exist_ok=True)  # some machines tidy up what nobody has used for long
        path = Path(self._folder.name) / f"{len(self._laid_down) + 1}.{_ENDINGS[mime]}"
        path.write_bytes(base64.b64decode(display.data[mime]))
        self._laid_down.append((display, path))
        return path

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()
