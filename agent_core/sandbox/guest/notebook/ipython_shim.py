"""Replaces IPython: `from IPython.display import …` and `get_ipython()` work, without a shell and its twelve packages.

The classes hold what they are given and say of which MIME type it is, as IPython's do; the host shows that.
"""

import base64
import json
import mimetypes
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .cell import path_here

# What of HTML no one reads: scripts, styles, and data of pictures and videos.
_UNREAD = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|(?<=[\"'])data:[^\"']*", re.DOTALL | re.IGNORECASE)
_DATA = re.compile(r"data:[\w/+.-]*;base64,[\w+/=]+")
_NO_REMOTE = "What is on the web is not loaded here."
_display_value: Callable[[Any], None] = print
_shell: Any = None


def connect(display: Callable[[Any], None], shell: Any) -> None:
    """Connect the module with the worker.

    Args:
        display: Shows one value.
        shell: What `get_ipython()` returns.
    """
    global _display_value, _shell
    _display_value, _shell = display, shell


def get_ipython() -> Any:
    return _shell


class DisplayObject:
    """Something to show: data, or the name of a file that has it."""

    mime = ""
    binary = False

    def __init__(
        self, data: Any = None, url: str | None = None, filename: Any = None, metadata: Any = None, **options: Any
    ) -> None:
        if isinstance(data, Path) or (self.binary and isinstance(data, str)):
            filename, data = data, None
        if str(filename or url).startswith(("http:", "https:")):
            filename, url = None, str(filename or url)
        self.url, self.filename, self.metadata, self.options = (
            url,
            filename and path_here(str(filename)),
            metadata,
            options,
        )
        self.data: Any = self._read() if data is None and self.filename else data

    def _read(self) -> Any:
        content = Path(self.filename).read_bytes()
        return content if self.binary else content.decode("utf-8", "replace")

    def reload(self) -> None:
        """Read the file again."""
        self.data = self._read()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {} if self.data is None else {self.mime: self.data}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}{f' of {self.url}: {_NO_REMOTE}' if self.url else ''}>"


class TextDisplayObject(DisplayObject):
    def __repr__(self) -> str:
        return str(self.data)


class HTML(TextDisplayObject):
    mime = "text/html"

    def __repr__(self) -> str:
        text = _UNREAD.sub("", str(self.data))
        if "<script" in str(self.data).lower():
            text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text))  # what its scripts work on says nothing
        return text.strip() or "<HTML>"

    def _repr_html_(self) -> str:
        return self.data

    def __html__(self) -> str:
        return self.data


class Markdown(TextDisplayObject):
    mime = "text/markdown"

    def __repr__(self) -> str:
        return _DATA.sub("data:…", str(self.data))

    def _repr_markdown_(self) -> str:
        return self.data


class Latex(TextDisplayObject):
    mime = "text/latex"

    def _repr_latex_(self) -> str:
        return self.data


class Math(Latex):
    def __init__(self, data: Any = None, *arguments: Any, **options: Any) -> None:
        super().__init__(f"$\\displaystyle {str(data).strip('$')}$", *arguments, **options)


class SVG(TextDisplayObject):
    mime = "image/svg+xml"

    def __init__(self, data: Any = None, *arguments: Any, **options: Any) -> None:
        super().__init__(data, *arguments, **options)
        if isinstance(self.data, bytes):
            self.data = self.data.decode("utf-8", "replace")

    def _repr_svg_(self) -> str:
        return self.data

    def __repr__(self) -> str:
        return "<SVG>"


class Pretty(TextDisplayObject):
    mime = "text/plain"


class Code(TextDisplayObject):
    mime = "text/markdown"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        language = self.options.get("language") or Path(self.filename or "").suffix.removeprefix(".")
        return {self.mime: _code_block(str(self.data), str(language or "python"))}


class JSON(DisplayObject):
    mime = "text/markdown"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {self.mime: _code_block(repr(self), "json")}

    def __repr__(self) -> str:
        data = json.loads(self.data) if isinstance(self.data, str) else self.data
        return json.dumps(data, indent=2, ensure_ascii=False, default=str)


class GeoJSON(JSON):
    pass


class Javascript(DisplayObject):
    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {}

    def __repr__(self) -> str:
        return "<Javascript: scripts are not run here>"


class Image(DisplayObject):
    """A picture: bytes, or a file's name."""

    binary = True

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {} if self.data is None else {_image_type(bytes(self.data)): self.data}


class _Media(DisplayObject):
    binary = True
    tag = ""

    def __init__(self, data: Any = None, filename: Any = None, mimetype: str | None = None, **options: Any) -> None:
        super().__init__(data, filename=filename, **options)
        self.mime = mimetype or mimetypes.guess_type(str(self.filename or ""))[0] or self.mime

    def _repr_html_(self) -> str:
        content = base64.b64encode(bytes(self.data or b"")).decode()
        return f'<{self.tag} controls src="data:{self.mime};base64,{content}"></{self.tag}>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {} if self.data is None else {"text/html": self._repr_html_()}


class Audio(_Media):
    """Sound: bytes, a file's name, or samples from -1 to 1 with their rate."""

    mime, tag = "audio/wav", "audio"

    def __init__(self, data: Any = None, filename: Any = None, rate: int | None = None, **options: Any) -> None:
        if data is not None and not isinstance(data, (str, bytes, Path)):
            data = _wave(data, rate, normalize=options.get("normalize", True))
        super().__init__(data, filename, **options)


class Video(_Media):
    """A film: bytes, or a file's name."""

    mime, tag = "video/mp4", "video"


class IFrame(DisplayObject):
    """A page in the page, which is not shown: nothing remote is."""

    def __init__(self, src: Any = "", *sizes: Any, **options: Any) -> None:
        super().__init__(url=str(src))


class YouTubeVideo(IFrame):
    pass


class VimeoVideo(IFrame):
    pass


class FileLink(DisplayObject):
    """A file that the person can download, as all that the code writes."""

    def __init__(self, path: Any, *arguments: Any, **options: Any) -> None:
        super().__init__()
        self.path = path_here(str(path))

    def __repr__(self) -> str:
        return self.path


class FileLinks(FileLink):
    pass


class ProgressBar(DisplayObject):
    """How far something is."""

    def __init__(self, total: int) -> None:
        super().__init__()
        self.total, self.progress = total, 0

    def __repr__(self) -> str:
        return f"{self.progress}/{self.total}"

    def display(self) -> None:
        """Show it."""
        display(self)

    update = display


class DisplayHandle:
    """Shows something again that has changed."""

    def __init__(self, display_id: str | None = None) -> None:
        self.display_id = display_id or "display"

    def display(self, value: Any, **options: Any) -> None:
        """Show a value."""
        display(value, **options)

    update = display


class _Raw:
    """A MIME bundle that was made already."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)

        if (given := self._data.pop("application/json", None)) is not None:
            self._data = JSON(given)._repr_mimebundle_() | self._data

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {mime: content for mime, content in self._data.items() if mime != "text/plain"}

    def __repr__(self) -> str:
        texts = (self._data.get(mime) for mime in ("text/plain", "text/markdown", "text/latex"))
        return str(next(filter(None, texts), f"<{', '.join(map(str, self._data))}>"))


def display(*values: Any, raw: bool = False, display_id: Any = None, **options: Any) -> DisplayHandle | None:
    """Show values, one after the other."""
    for value in values:
        _display_value(_Raw(value) if raw and isinstance(value, dict) else value)
    return DisplayHandle(display_id if isinstance(display_id, str) else None) if display_id else None


def update_display(value: Any, **options: Any) -> None:
    """Show a value that has changed."""
    display(value)


def publish_display_data(data: Mapping[str, Any], *arguments: Any, **options: Any) -> None:
    """Show a MIME bundle."""
    display(dict(data), raw=True)


def clear_output(wait: bool = False) -> None:
    """Do nothing: what a step shows stays."""


def _nothing(*arguments: Any, **options: Any) -> None:
    pass


def _shows_as(kind: type[DisplayObject]) -> Callable[..., None]:
    def show(*values: Any, raw: bool = False, **options: Any) -> None:
        display(*(kind(value) for value in values))

    return show


def _code_block(code: str, language: str) -> str:
    """Return code as Markdown, between more backticks than it has itself."""
    marks = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
    label = re.sub(r"[^\w+#-]", "", language)
    return f"{marks}{label}\n{code}\n{marks}"


def _image_type(data: bytes) -> str:
    starts = {b"\xff\xd8": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp", b"<": "image/svg+xml"}
    return next((mime for start, mime in starts.items() if data.lstrip()[:4].startswith(start)), "image/png")


def _wave(samples: Any, rate: int | None, *, normalize: bool) -> bytes:
    """Return samples as a WAV file, 16 bits each."""
    import io
    import wave

    import numpy as np

    if not rate:
        raise ValueError("rate must be specified when data is a numpy array or list of audio samples.")
    data = np.array(samples, dtype=float)
    channels = 1 if data.ndim == 1 else data.shape[0]
    most = float(np.max(np.abs(data))) if data.size else 0.0
    scale = most if normalize else 1.0
    whole = np.ascontiguousarray(np.clip(data.T / (scale or 1.0), -1, 1) * 32767, dtype="<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(int(rate))
        file.writeframes(whole.tobytes())
    return buffer.getvalue()


class InteractiveShell:
    """Takes the settings that notebooks begin with."""

    ast_node_interactivity = "last_expr"

    @classmethod
    def instance(cls, *_: Any, **__: Any) -> Any:
        return _shell

    initialized = classmethod(lambda cls: True)


class Magics:
    """The base class of magics that code defines, which are not known here."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass


def _no_magic(*arguments: Any, **_: Any) -> Any:
    """A decorator that leaves what it decorates as it is."""
    return arguments[0] if arguments and callable(arguments[0]) else lambda function: function


_KINDS = (
    *(
        DisplayObject,
        TextDisplayObject,
        HTML,
        Markdown,
        Latex,
        Math,
        SVG,
        Pretty,
        Code,
        JSON,
        GeoJSON,
        Javascript,
        Image,
    ),
    *(Audio, Video, IFrame, YouTubeVideo, VimeoVideo, FileLink, FileLinks, ProgressBar, DisplayHandle),
)
_SHOWN_AS = {"html": HTML, "markdown": Markdown, "latex": Latex, "svg": SVG, "json": JSON, "png": Image, "jpeg": Image}
_GET = {"get_ipython": get_ipython}
_DISPLAY: dict[str, Any] = {
    **{kind.__name__: kind for kind in _KINDS},
    **{f"display_{name}": _shows_as(kind) for name, kind in _SHOWN_AS.items()},
    "display": display,
    "update_display": update_display,
    "publish_display_data": publish_display_data,
    "clear_output": clear_output,
    "set_matplotlib_formats": _nothing,
    "set_matplotlib_close": _nothing,
}
_MAGICS = ("register_line_magic", "register_cell_magic", "register_line_cell_magic", "magics_class")
_MAGICS = (*_MAGICS, "line_magic", "cell_magic", "line_cell_magic", "needs_local_scope")

MODULES: dict[str, dict[str, Any]] = {
    "IPython": {**_GET, "version_info": (9, 0, 0, ""), "__version__": "9.0.0"},
    "IPython.core": {},
    "IPython.core.display": _DISPLAY,
    "IPython.core.display_functions": _DISPLAY,
    "IPython.core.getipython": _GET,
    "IPython.core.interactiveshell": {"InteractiveShell": InteractiveShell},
    "IPython.core.magic": {"Magics": Magics, **dict.fromkeys(_MAGICS, _no_magic)},
    "IPython.display": _DISPLAY,
}
"""The modules of IPython that exist here, with their names."""
