"""What running a piece of code gives back: output, value, displays, answer and error."""

import mimetypes
from dataclasses import dataclass, field
from typing import Literal

ErrorKind = Literal[
    "exception",
    "syntax",
    "import_denied",
    "host_denied",
    "timeout",
    "memory",
    "disk",
    "processes",
    "crash",
    "stopped",
]

DisplayKind = Literal["image", "table", "value"]
IMAGE_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp"}
"""The images that browsers show and models see, with the endings of their files."""
SVG = "image/svg+xml"
"""A drawing: browsers show it, models do not see it. Its content is text, not base64."""


@dataclass(frozen=True)
class Display:
    """Something to show, as a MIME bundle like Jupyter's. What it is, is decided here and nowhere else.

    Attributes:
        data: MIME type to content. "text/plain" is always there; binary types ("image/png") hold base64 text.
    """

    data: dict[str, str]

    def __str__(self) -> str:
        return self.data["text/plain"]

    @property
    def kind(self) -> DisplayKind:
        """What a person is shown: an image before a table, a table before plain text."""
        if self.image_type:
            return "image"
        return "table" if "text/html" in self.data else "value"

    @property
    def image_type(self) -> str | None:
        """The MIME type under which it is an image; None if it is something else."""
        return next((mime for mime in (*IMAGE_ENDINGS, SVG) if mime in self.data), None)


@dataclass(frozen=True)
class FileNote:
    """A file of the workspace. name: relative to it. size: in bytes. kind: its MIME type, by its name."""

    name: str
    size: int
    kind: str

    @classmethod
    def of(cls, name: str, size: int) -> "FileNote":
        return cls(name, size, mimetypes.guess_type(name)[0] or "application/octet-stream")

    def __str__(self) -> str:
        return f"{self.name} ({self.kind}, {size_text(self.size)})"


def size_text(size: int) -> str:
    """Bytes as a person reads them."""
    if size < 1_000:
        return f"{size} byte{'' if size == 1 else 's'}"
    return f"{size / 1_000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


@dataclass(frozen=True)
class ExecutionError:
    """Why a piece of code did not run to its end.

    message: one sentence, without any path of the host. traceback: the agent's own lines only, "" where there are none.
    advice: one line that helps to mend it, such as the columns that a table has; "" where there is none.
    place: the agent's own lines where it happened, the outermost first; "" where there are none.
    """

    kind: ErrorKind
    message: str
    traceback: str = ""
    advice: str = ""
    place: str = ""


@dataclass(frozen=True)
class Execution:
    """One finished piece of code.

    stdout: all that was printed, cut in the middle where it was very long. value: the last expression as text.
    displays: figures, tables and images in the order they came. answer: what the code passed to `final_answer(value)`.
    seconds: time on the step's clock, which stands still while a tool of the host works or a person is asked.
    checkpoint: the state right after this piece of code, for `Sandbox.rewind`.
    variables: those that the code made, changed or deleted, each with its kind and shape; "" for deleted; what there
    is beside the first 20 is counted under "…". note: what the model must know beside it, in one sentence.
    files: of the workspace, those that the code made or changed; hidden ones are left out.
    """

    stdout: str = ""
    value: str | None = None
    displays: tuple[Display, ...] = ()
    answer: Display | None = None
    error: ExecutionError | None = None
    seconds: float = 0.0
    checkpoint: int = 0
    variables: dict[str, str] = field(default_factory=dict)
    note: str = ""
    files: tuple[FileNote, ...] = ()
