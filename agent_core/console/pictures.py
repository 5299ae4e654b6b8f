"""Pictures that code displayed, as files: a terminal shows where they are."""

import base64
import binascii
import tempfile
from pathlib import Path

from agent_core.execution import IMAGE_ENDINGS, SVG, Display


class PictureFolder:
    """Where pictures are written.

    Args:
        folder: The folder, which is made with the first picture; None for a new one among the temporary files.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._count = 0

    def write(self, display: Display) -> Path | None:
        """Write the image of a display to a new file, and return its path; None if it cannot be written."""
        kind = display.image_type
        if kind is None:
            return None
        try:
            content = display.data[kind].encode() if kind == SVG else base64.b64decode(display.data[kind])
            return self._write(content, ".svg" if kind == SVG else IMAGE_ENDINGS[kind])
        except (OSError, binascii.Error):
            return None

    def _write(self, content: bytes, ending: str) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="glassbox-pictures-"))
        self._folder.mkdir(parents=True, exist_ok=True)
        while True:
            self._count += 1
            path = self._folder / f"picture-{self._count}{ending}"
            try:
                with path.open("xb") as file:
                    file.write(content)
            except FileExistsError:
                continue
            return path
