"""The pictures of one chat, laid down as files for the browser to fetch."""

import base64
import tempfile
from pathlib import Path

from agent_core.execution import IMAGE_ENDINGS, SVG, Display

ALT_TEXT = "A picture made by the code"


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
        """Return the file of a display that is an image, and no SVG."""
        for known, path in self._laid_down:
            if known is display and path.is_file():
                return path
        mime = display.image_type
        assert mime in IMAGE_ENDINGS, "nothing else has a file"
        Path(self._folder.name).mkdir(exist_ok=True)  # some machines tidy up what nobody has used for long
        path = Path(self._folder.name) / f"{len(self._laid_down) + 1}{IMAGE_ENDINGS[mime]}"
        path.write_bytes(base64.b64decode(display.data[mime]))
        self._laid_down.append((display, path))
        return path

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()
