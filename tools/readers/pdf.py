"""Reads the text of PDF files."""

import io
import re
import time

from pypdf import PageObject, PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

from agent_core.errors import ToolError
from tools.web.page import Document, Link

MOST_PAGES = 1_000
SECONDS = 12.0  # time after which no further page is read
MOST_CHARACTERS = 2_000_000
MOST_LINKS = 2_000


def read_pdf(body: bytes) -> Document:
    """Return the text of a PDF, each page under a heading with its number. Raises ToolError if there is no text."""
    try:
        reader = PdfReader(io.BytesIO(body))
        if reader.is_encrypted:
            reader.decrypt("")  # many have no password, only restrictions on printing
        count = len(reader.pages)
        title = str((reader.metadata or {}).get("/Title") or "")
        pages, links = _read(reader, min(count, MOST_PAGES))
    except (FileNotDecryptedError, DependencyError):
        raise ToolError("This PDF is encrypted and opens only with a password; try another source.") from None
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OSError) as error:
        raise ToolError("This PDF is broken and cannot be read; try another source.") from error
    if not any(pages):
        raise ToolError("This PDF holds no text, only pictures, as of scanned paper; try another source.")
    text = "\n\n".join(f"## Page {number}\n\n{page}" for number, page in enumerate(pages, 1) if page)
    if len(pages) < count:
        text += f"\n\n(Only the first {len(pages)} of {count} pages were read.)"
    title = title.strip() or next(page for page in pages if page).partition("\n")[0]
    return Document(" ".join(title.split())[:300], "application/pdf", text, links=links)


def _read(reader: PdfReader, count: int) -> tuple[list[str], list[Link]]:
    """Return the texts of the first pages ("" for one that cannot be read) and the links in them."""
    until = time.monotonic() + SECONDS
    pages: list[str] = []
    urls: dict[str, None] = {}
    for number in range(count):
        if time.monotonic() > until or sum(map(len, pages)) > MOST_CHARACTERS:
            break
        try:
            page = reader.pages[number]
            pages.append(_tidy(page.extract_text()))
            urls.update(dict.fromkeys(_targets(page)))
        except Exception:  # one broken page is no reason to lose the others
            pages.append("")
    return pages, [Link("", url) for url in list(urls)[:MOST_LINKS]]


def _targets(page: PageObject) -> list[str]:
    """Return the addresses that the links of a page lead to."""
    found = []
    for note in page.get("/Annots") or []:
        action = note.get_object().get("/A")
        target = str(action.get_object().get("/URI", "")) if action else ""
        if re.fullmatch(r"https?://\S{1,2000}", target):
            found.append(target)
    return found


def _tidy(text: str) -> str:
    """Return the text without blanks at the ends of lines, rows of dots, and more than one empty line in a row."""
    text = re.sub(r"(?:\. ?){5,}", "… ", text)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip("\0 \t\r") for line in text.split("\n"))).strip()
