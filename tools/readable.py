"""From the bytes of a web page to text that a model can read."""

import codecs
import json
import re
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector
from markdownify import ATX, MarkdownConverter

FOR_NAMES = ("idna", "punycode")  # codecs for the names of hosts, which take hours for a page
TITLE_CHARACTERS = 300
NOISE = "script, style, noscript, template, svg, canvas, iframe, img, picture, nav, footer, button, select, [hidden]"


def decode(body: bytes, charset: str | None, *, is_html: bool = False) -> str:
    """The text of `body`: by its byte-order mark, else by `charset`, the document's own word or a guess."""
    body, marked = EncodingDetector.strip_byte_order_mark(body)
    declared = EncodingDetector.find_declared_encoding(body, is_html=is_html)
    for encoding in filter(None, (marked, charset, declared, "utf-8")):
        try:
            if codecs.lookup(encoding).name not in FOR_NAMES:
                return body.decode(encoding)
        except (LookupError, ValueError):
            continue  # unknown, or not what the bytes are
    text = body.decode("utf-8", "replace")
    readable = len(re.findall(r"[^\x00-\x7f\ufffd]", text))
    return text if readable >= text.count("\ufffd") else body.decode("windows-1252", "replace")


def html_to_markdown(html: str, url: str) -> tuple[str, str]:
    """The title of an HTML page, "" where it has none, and its content as Markdown with absolute links."""
    soup = BeautifulSoup(html, "lxml")
    title = " ".join(soup.title.get_text().split())[:TITLE_CHARACTERS] if soup.title else ""
    base = soup.find("base", href=True)
    _make_links_absolute(soup, (_join(url, str(base["href"])) if isinstance(base, Tag) else "") or url)
    for tag in soup.select(NOISE):
        tag.decompose()
    main = soup.find("main")
    content = main if isinstance(main, Tag) and main.get_text(strip=True) else soup.body or soup
    return title, re.sub(r"\n\s*\n\s*\n", "\n\n", _to_markdown(content)).strip()


def pretty_json(text: str) -> str:
    """The JSON document, indented; the text as it is where it cannot be read as JSON."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _to_markdown(content: Tag) -> str:
    converter = MarkdownConverter(
        heading_style=ATX,
        bullets="-",
        autolinks=False,
        escape_asterisks=False,
        escape_underscores=False,
        table_infer_header=True,
        code_language_callback=_code_language,
    )
    try:
        return converter.convert_soup(content)
    except RecursionError:  # elements hundreds of levels deep, as some page builders make them
        return content.get_text("\n", strip=True)


def _make_links_absolute(soup: BeautifulSoup, base: str) -> None:
    for link in soup.find_all("a", href=True):
        href = str(link["href"])
        target = _join(base, href)
        if target.startswith(("http://", "https://")) and not href.startswith("#"):
            link["href"] = target
        else:
            link.unwrap()  # mail, scripts, places on this page: their text is enough


def _join(base: str, href: str) -> str:
    """The absolute address, "" where the page's own is malformed."""
    try:
        return urljoin(base, href)
    except ValueError:
        return ""


def _code_language(pre: Tag) -> str:
    """The language of a code block, which pages name in a class such as "language-python"."""
    tags = [pre, *pre.find_all("code")]
    names = [name for tag in tags for name in tag.get_attribute_list("class") if name]
    return next((name.removeprefix("language-") for name in names if name.startswith("language-")), "")
