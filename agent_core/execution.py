"""The result of running a piece of code: output, value, displays, answer and error."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from agent_core.file_names import mime_type

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

DisplayKind = Literal["image", "interactive", "table", "formula", "value"]
IMAGE_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp"}
"""MIME types of the images that browsers show and models see, to the endings of their files."""
SVG = "image/svg+xml"
"""A drawing: browsers show it, models do not see it. Its content is text, not base64."""
CSV = "text/csv"
"""A table to be downloaded, as a whole where it is not too long; beside "text/html" with what is shown of it."""
CHARTS = (
    "application/vnd.plotly.v1+json",
    "application/vnd.vegalite.v6+json",
    "application/vnd.bokeh.item+json",
    "application/vnd.glassbox.map+json",
    "application/vnd.glassbox.film+json",
)
"""MIME types of interactive charts: of what the scripts of plotly, Vega and bokeh take, and of maps and animations."""
VALUE = "application/vnd.glassbox.value+json"
"""What an answer is, beside what is shown of it; `Display.value` reads it."""
# Also the style of anything but a table, whose cells show their colours without a frame.
_BEYOND_TABLES = re.compile(
    r"<(?:script|style|link|iframe|audio|video|canvas|svg|button|input|select|form|object|embed)\b"
    r"|<(?!(?:t[dhr]|table|thead|tbody|tfoot|col|colgroup)\b)[a-z][\w-]*\s[^<>]*\bstyle\s*=",
    re.IGNORECASE,
)


_read_value: list[Callable[[Mapping[str, str]], Any]] = []


def register_value_reader(read: Callable[[Mapping[str, str]], Any]) -> None:
    """Make `Display.value` use this function. `agent_core.sandbox` calls this when it is imported."""
    _read_value[:] = [read]


@dataclass(frozen=True)
class Display:
    """Something to show, as a MIME bundle like Jupyter's. `str()` gives its text.

    Attributes:
        data: MIME types to contents. "text/plain" is always there; binary types ("image/png") hold base64 text.
    """

    data: dict[str, str]

    def __str__(self) -> str:
        return self.data["text/plain"]

    @property
    def kind(self) -> DisplayKind:
        """What a person is shown: an image rather than a chart, then HTML, then a formula, and else plain text.

        HTML that needs more than a table does (scripts, styles, sound, film, drawings, controls) is "interactive".
        """
        if self.image_type:
            return "image"
        if self.chart_type:
            return "interactive"
        if "text/html" in self.data:
            return "interactive" if self._needs_frame else "table"
        return "formula" if "text/latex" in self.data else "value"

    @cached_property
    def value(self) -> Any:
        """The object that an answer is: what the code gave to `final_answer`, or the text of a reply.

        None, booleans, numbers, texts, lists, dicts, tuples, sets, dates, bytes; records with the fields of a
        dataclass; tables and columns of pandas and polars, arrays of numpy; pictures of PIL, which figures become, too.
        It is read when it is first asked for, and then stays the same object.

        Raises:
            GlassboxError: It exists only in the sandbox, as a function does; it is larger than 8 MB, or than 1 MB in a
                chat that was read again; a package is missing here; or this is no answer, but only shown.
        """
        return _read_value[0](self.data)

    def with_value(self, value: Any) -> "Display":
        """Return the same display with this object as its value. In a record, the object is left out."""
        other = Display(self.data)
        vars(other)["value"] = value  # where the property keeps it
        return other

    @cached_property
    def _needs_frame(self) -> bool:
        return _BEYOND_TABLES.search(self.data["text/html"]) is not None

    @property
    def chart_type(self) -> str | None:
        """The MIME type of its chart, as in CHARTS; None if it has none."""
        return next((mime for mime in CHARTS if mime in self.data), None)

    @property
    def image_type(self) -> str | None:
        """The MIME type of its image; None if it has none."""
        return next((mime for mime in (*IMAGE_ENDINGS, SVG) if mime in self.data), None)


@dataclass(frozen=True)
class FileNote:
    """A file of the workspace.

    Attributes:
        name: Its path, relative to the workspace.
        size: Its size in bytes.
        kind: Its MIME type, guessed from its name.
        overview: What a person would look at first in it, in a few lines; "" for nothing.
    """

    name: str
    size: int
    kind: str
    overview: str = ""

    @classmethod
    def of(cls, name: str, size: int) -> "FileNote":
        """Make a note of a file, with the MIME type that its name suggests."""
        return cls(name, size, mime_type(name))

    def __str__(self) -> str:
        return f"{self.name} ({self.kind}, {size_text(self.size)})"


@dataclass(frozen=True)
class ValueNote:
    """A value that came with a question.

    Attributes:
        name: Its name, which the variable has.
        look: What it is, in a few words; where no code runs, the value as text.
        content: The value, encoded; "" if it is too large to be kept.
        is_variable: Whether it is a variable in the sandbox, rather than told to the model.
    """

    name: str
    look: str
    content: str = ""
    is_variable: bool = True

    def __str__(self) -> str:
        return f"{self.name}:\n{self.look}" if "\n" in self.look else f"{self.name}: {self.look}"


def size_text(size: int) -> str:
    """Return a number of bytes as people write it, such as "1.5 MB"."""
    if size < 1_000:
        return f"{size} byte{'' if size == 1 else 's'}"
    return f"{size / 1_000:.0f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


@dataclass(frozen=True)
class ListedFile:
    """A file of the workspace in a list of all.

    Attributes:
        note: Its name, size and type.
        modified: When it was written last, in seconds since 1970.
    """

    note: FileNote
    modified: float


@dataclass(frozen=True)
class FilePreview:
    """The beginning of a file, for a person who wants to see what it is.

    Attributes:
        note: How much there is in all, or why nothing can be shown; may be "".
        table: The first rows of a table as CSV, the names of the columns first; None if it is no table.
        text: The beginning of a text, or of a document's text; None if it has none.
    """

    note: str
    table: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class ExecutionError:
    """Why a piece of code did not run to its end.

    Attributes:
        kind: The kind of error.
        message: One sentence, without any path of the host.
        traceback: The traceback with the agent's own lines only; "" for none.
        advice: One line that helps to fix it, such as the columns that a table has; "" for none.
        place: The agent's own lines where it happened, the outermost first; "" for none.
    """

    kind: ErrorKind
    message: str
    traceback: str = ""
    advice: str = ""
    place: str = ""


@dataclass(frozen=True)
class Execution:
    """The result of one step of code.

    Attributes:
        stdout: Everything that was printed; a very long output is cut in the middle.
        value: The value of the last expression as text; None for none.
        displays: Figures, tables and images, in their order.
        answer: What the code passed to `final_answer(value)`; None if it did not.
        error: Why the code did not run to its end; None if it did.
        seconds: Time on the step's clock, which stands still while a host tool works or a person is asked.
        checkpoint: The state right after the step, for `Sandbox.rewind`.
        variables: The variables that the code created, changed or deleted, each with its type and shape; "" for deleted
            ones. The number of those beyond the first 20 is under "…".
        note: What else the model must know, in one sentence; "" for nothing.
        files: The files of the workspace that the code created or changed, without hidden ones.
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
