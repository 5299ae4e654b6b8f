"""Turns a download of any kind into a document."""

import re
from dataclasses import replace

from agent_core.errors import ToolError
from tools.readers.data import read_csv, read_image, read_json
from tools.readers.html import read_html
from tools.readers.markdown import plain, read_links, read_tables
from tools.readers.xml import read_xml
from tools.web.decoding import decode
from tools.web.download import Download
from tools.web.page import Document

MOST_CHARACTERS = 2_000_000


def read_document(download: Download) -> Document:
    """Return the document of a download. Raises ToolError if it cannot be read or has no text."""
    document = _read(download)
    text = document.text.replace("\0", "").strip()
    if not text:
        raise ToolError(f"{download.url[:200]} has no text (it may need a browser); try another page.")
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}\n\n(Cut here: {len(text) - MOST_CHARACTERS:,} more characters.)"
    if download.is_cut and download.kind != "csv":
        text += f"\n\n(It is very large: only its first {len(download.body):,} bytes were read.)"
    return replace(document, text=text)


def _read(download: Download) -> Document:
    if download.kind == "pdf":
        from tools.readers.pdf import read_pdf  # loaded only in the process that uses it

        return read_pdf(download.body)
    if download.kind == "image":
        return read_image(download.body)
    if download.kind == "xml":
        return read_xml(download.body)
    text = decode(download.body, download.charset, is_html=download.kind == "html")
    if download.kind == "html":
        return read_html(text, download.url)
    if download.kind == "json":
        return read_json(text)
    if download.kind == "csv":
        return read_csv(text, is_cut=download.is_cut)
    if download.kind == "markdown":
        return read_markdown(text)
    return Document("", download.media_type or "text/plain", text)


def read_markdown(text: str) -> Document:
    """Return the document of a Markdown text. Its title is its first heading."""
    heading = re.search(r"^# (.+)", text, re.MULTILINE)
    title = plain(heading[1])[:300] if heading else ""
    return Document(title, "text/markdown", text, tables=read_tables(text), links=read_links(text))
