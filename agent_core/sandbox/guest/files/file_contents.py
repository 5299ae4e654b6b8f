"""What a person looks at first in a file that is no table: texts, documents, pictures, recordings, archives."""

import json
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

from ..showing.truncation import truncate
from .file_text import read_text

_LARGEST_JSON = 20 * 2**20  # bytes that are parsed
_LONGEST_LINE = 160  # characters
_FIRST_WORDS = 300  # characters
_MOST_NAMES = 20


def text(path: Path) -> str:
    """Describe a text; "" if it is none."""
    found = read_text(path)
    if found is None:
        return ""
    count = found.lines_in_all
    first = [line for line in found.lines if line.strip()][:3]
    return "\n".join(
        [f"{found.encoding}, {count:,} line{'' if count == 1 else 's'}, the first:", *map(_quoted_line, first)]
    )


def json_document(path: Path) -> str:
    """Describe a document of JSON."""
    if path.stat().st_size > _LARGEST_JSON:
        return text(path)
    value = json.loads(path.read_bytes())
    first = value[0] if isinstance(value, list) and value else value
    return f"{_shape(value)}\n{_quoted_line(json.dumps(first, ensure_ascii=False))}"


def json_lines(path: Path) -> str:
    """Describe a file with a document of JSON in each line."""
    found = read_text(path)
    if found is None:
        return ""
    first = next((line for line in found.lines if line.strip()), "null")
    return f"{found.lines_in_all:,} lines, the first: {_shape(json.loads(first))}\n{_quoted_line(first)}"


def notebook(path: Path) -> str:
    """Describe a notebook of Jupyter."""
    cells = json.loads(path.read_bytes())["cells"]
    kinds = Counter(cell["cell_type"] for cell in cells)
    count = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())
    first = ["".join(cell["source"]).strip() for cell in cells[:3]]
    return "\n".join([f"{len(cells)} cells ({count}), the first:", *map(_quoted_line, first)])


def pdf(path: Path) -> str:
    """Describe a PDF."""
    file = import_module("pypdf").PdfReader(path)
    if file.is_encrypted and not file.decrypt(""):
        return "it is encrypted: a password is needed"
    title = f", title: {_line(file.metadata.title)}" if file.metadata and file.metadata.title else ""
    words = _line(file.pages[0].extract_text(), _FIRST_WORDS) if file.pages else ""
    beginning = f"\n> {words}" if words else "\nThe first page has no text; it may be a scan."
    return f"{_count(len(file.pages), 'page')}{title}{beginning}"


def word(path: Path) -> str:
    """Describe a document of Word."""
    file = import_module("docx").Document(str(path))
    texts = [paragraph.text for paragraph in file.paragraphs if paragraph.text.strip()]
    size = f"{_count(len(texts), 'paragraph')}, {_count(len(file.tables), 'table')}"
    return f"{size}\n> {_line(' / '.join(texts[:5]), _FIRST_WORDS)}"


def slides(path: Path) -> str:
    """Describe a presentation of PowerPoint."""
    file = import_module("pptx").Presentation(str(path))
    titles = [slide.shapes.title.text for slide in islice(file.slides, 8) if slide.shapes.title is not None]
    return f"{_count(len(file.slides), 'slide')}\n> {_line(' / '.join(titles), _FIRST_WORDS)}"


def picture(path: Path) -> str:
    """Describe a picture. Only its header is read."""
    from PIL import Image

    if path.suffix.lower() in (".heic", ".heif"):
        import_module("pillow_heif").register_heif_opener()
    with Image.open(path) as image:
        frames = getattr(image, "n_frames", 1)
        moving = f", {frames} frames" if frames > 1 else ""
        return f"{image.width:,} × {image.height:,} pixels, {image.mode}{moving}"


def recording(path: Path) -> str:
    """Describe a sound or a film."""
    with import_module("av").open(str(path)) as file:
        seconds = [f"{file.duration / 1_000_000:.1f} seconds"] if file.duration else []
        parts = [
            f"{stream.codec_context.width} × {stream.codec_context.height} pixels"
            if stream.type == "video"
            else f"{stream.codec_context.sample_rate:,} Hz"
            for stream in (*file.streams.video, *file.streams.audio)
        ]
        return ", ".join([*seconds, *parts])


def zip_archive(path: Path) -> str:
    """Describe an archive of ZIP."""
    import zipfile

    with zipfile.ZipFile(path) as file:
        names = [name for name in file.namelist() if not name.endswith("/")]
    return f"{_count(len(names), 'file')}: {_names(names, len(names))}"


def tar_archive(path: Path) -> str:
    """Describe an archive of tar, packed or not, by its first members: the others are not looked for."""
    import tarfile

    with tarfile.open(path) as file:
        names = [member.name for member in islice(file, 2 * _MOST_NAMES) if member.isfile()]
    return f"files in it: {_names(names, len(names))}"


def _shape(value: Any, *, nested: bool = False) -> str:
    if isinstance(value, dict):
        keys = islice(value.items(), _MOST_NAMES)
        names = [_line(key, 40) if nested else f"{_line(key, 40)} ({_shape(item, nested=True)})" for key, item in keys]
        more = f" and {len(value) - _MOST_NAMES} more" if len(value) > _MOST_NAMES else ""
        return f"object with {', '.join(names)}{more}"
    if isinstance(value, list):
        return f"list of {len(value):,}" + (f", the first: {_shape(value[0], nested=True)}" if value else "")
    return "null" if value is None else type(value).__name__


def _names(names: Iterable[str], count: int) -> str:
    shown = ", ".join(_line(name, 60) for name in islice(names, _MOST_NAMES))
    return f"{shown} and {count - _MOST_NAMES} more" if count > _MOST_NAMES else shown


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _line(text: str, limit: int = _LONGEST_LINE) -> str:
    return truncate(" ".join(str(text).split()), limit)


def _quoted_line(line: str) -> str:
    return f"> {_line(line)}"
