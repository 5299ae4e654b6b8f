"""Sanitizes Markdown and HTML from models and code, so that no element can leave its message.

The page parses a message as Markdown (with marked), and then sanitizes its HTML, but keeps styles, classes, forms and
dialogs. So everything from outside passes through here first. Where two Markdown parsers could disagree about what is
code, it does not matter which one is right: HTML is written as entities there, which are harmless either way.

The results are self-contained: no code block or formula continues into the text after them.
"""

import re
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from inspect import cleandoc
from itertools import accumulate

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agent_core.execution import IMAGE_ENDINGS
from ui.view.escaping import FORMULA, Formulas, entities, escape, preformatted, printable
from ui.view.file_references import Reference, WorkspaceFiles
from ui.view.markdown_forms import KnownForms, close_folded_parts, keep_tildes, name_pictures

_NO_FILES = WorkspaceFiles()
DEEPEST_HTML = 1_000  # nested elements; parsing time grows with the square of the depth
LONGEST_HTML = 300_000  # characters of one message; more would make the browser slow
_LONGEST_PART = 200  # lines that are parsed again with each added word

_TAGS = (
    "a abbr b blockquote br caption cite code col colgroup dd del details div dl dt em figcaption figure h1 h2 h3 h4 "
    "h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead "
    "tr u ul var"
)
_DROPPED_WHOLE = "dialog iframe math noscript object script select style svg template textarea title"
_IMAGES = "|".join(re.escape(kind) for kind in IMAGE_ENDINGS)
_NUMBER, _SIDE = re.compile(r"\d{1,4}"), re.compile("left|right|center")
_VALUES = {
    ("a", "href"): re.compile(r"(?:https?://|mailto:)[^\s<>`\"]+", re.IGNORECASE),
    ("img", "src"): re.compile(rf"data:(?:{_IMAGES});base64,[\w+/=]+", re.ASCII),
    ("img", "alt"): re.compile(r"[^<>`\n]*"),
    **{(tag, name): _NUMBER for tag in ("td", "th") for name in ("colspan", "rowspan")},
    **{(tag, "align"): _SIDE for tag in ("td", "th")},
}
# The look of a table's cells: nothing that moves, covers, or loads anything.
_COLOUR = r"(?:#[0-9a-f]{3,8}|[a-z]+|(?:rgb|hsl)a?\([\d., %]{1,40}\))"
_STOPS = rf"{_COLOUR}(?: \d{{1,3}}(?:\.\d+)?%)?"
_GRADIENT = rf"linear-gradient\(\d{{1,3}}deg(?:, ?{_STOPS}){{1,9}}\)"
_STYLE = re.compile(
    rf"(?:background-)?color: ?{_COLOUR}|background: ?{_GRADIENT}|font-weight: ?(?:bold|normal|\d{{3}})"
    r"|font-style: ?italic|text-align: ?(?:left|right|center)",
    re.ASCII | re.IGNORECASE,
)


def _kept(tag: str, name: str, value: str) -> str | None:
    """Return what is kept of an attribute's value; None to remove the attribute."""
    if name == "style":
        declarations = (declaration.strip() for declaration in value.split(";"))
        return "; ".join(filter(_STYLE.fullmatch, declarations)) or None
    kept = name == "rel" or ((tag, name) in _VALUES and _VALUES[tag, name].fullmatch(value) is not None)
    return value if kept else None


_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    clean_content_tags=set(_DROPPED_WHOLE.split()),
    attributes={
        tag: {name for of, name in _VALUES if of == tag} | ({"style"} if tag in ("td", "th") else set())
        for tag, _ in _VALUES
    },
    attribute_filter=_kept,
    url_schemes={"http", "https", "mailto", "data"},
)

# Only the blocks: where code spans are, matters for the look alone.
_BLOCKS = MarkdownIt("commonmark", {"html": False}).disable("reference")
_BLOCKS.core.ruler.enableOnly(["normalize", "block"])

_PRIVATE = re.compile("[\ue000-\ue003]")  # signs that stand for something here
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_ANY_TAG = re.compile(r"<(/?)(?!(?:br|hr|img|col|wbr|input)\b)([a-z][^\s/>]*)")
_TAG = re.compile(r"\\?<(?=[a-zA-Z/!?])")
_RISKY = re.compile(r"<(?=[a-zA-Z/!?])|!\[|\]:")
_PLAIN_TAG = r"</?(?:b|i|u|s|em|strong|small|sub|sup|mark|kbd|code|del|ins)>|<br ?/?>"
_KEPT = re.compile(rf"{_PLAIN_TAG}|<https?://[^\s<>`\"\\]+>|<(?:mailto:)?[\w.+-]+@[\w.-]+>")
_DATA = rf"data:(?:{_IMAGES});base64,[A-Za-z0-9+/=]+\)"
_PICTURE = re.compile(rf"!\[(?![^\[\]\n]*\]\({_DATA})")
# A link to anything but another site or a mailbox: to the app itself, such as its logout, or to another program.
_STRANGE_LINK = re.compile(rf"\]\((?!{_DATA}|\s*<?(?:https?://|mailto:))|(?<=ftp):(?=//)", re.IGNORECASE)
# A definition of a link whose title could go on over several lines, and swallow what stands there.
_DEFINITION = re.compile(r"\]:(?! <?https?://[^\s\"'()<>]+>?(?: +\"[^\"\n]*\")? *(?:\Z|\n(?![ \t]*[\"'(])))")
_BEFORE_BLOCK = r"^([ >*+\-\d.)\[\]xX]*)"  # marks of lists and quotations, before which a block can begin
_TAG_FIRST = re.compile(rf"{_BEFORE_BLOCK}(?={_PLAIN_TAG}|<(?:a|img) )", re.MULTILINE)
_FENCE_FIRST = re.compile(rf"{_BEFORE_BLOCK}(`{{3,}}|~{{3,}})", re.MULTILINE)


def is_light_enough(html: str) -> bool:
    """Return whether HTML can be sanitized and rendered quickly."""
    return len(html) <= LONGEST_HTML and nesting_depth(html) <= DEEPEST_HTML


def nesting_depth(html: str) -> int:
    """Return how many elements of HTML are open at the same time at most."""
    open_tags, depth, deepest = Counter[str](), 0, 0
    for end, name in _ANY_TAG.findall(html.lower()):
        if not end:
            open_tags[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif open_tags[name]:
            open_tags[name] -= 1
            depth -= 1
    return deepest


@lru_cache(maxsize=64)
def clean_html(html: str) -> str:
    """Return HTML from code as one line of Markdown that renders it.

    Text, tables, the look of their cells, lists, links to sites and pictures in `data:` URLs stay. What could leave
    the message or imitate the page is removed: other styles, ids, classes, forms, buttons, dialogs, frames, SVG.
    """
    cleaned = _CLEANER.clean(printable(html))
    parts = re.split("(<[^>]*>)", cleaned)  # no attribute's value holds such a sign
    parts[::2] = [
        re.sub(r"[\\`*_{}\[\]#|~$!:@]|(?<=w)\.", lambda match: entities(match[0]), text) for text in parts[::2]
    ]
    return "".join(re.sub(r"[\\$`]", lambda match: entities(match[0]), part) for part in parts).replace("\n", "&#10;")


def clean_markdown(text: str, files: WorkspaceFiles = _NO_FILES, *, dollars: bool = True) -> str:
    """Return a model's Markdown, sanitized. Code stays as it is; inline formatting tags stay, other tags become text.

    Pictures become links, except those in `data:` URLs: others could not be loaded, or would be the app's own.
    Footnotes and folded parts become HTML.

    Args:
        text: Markdown.
        files: The files of the workspace, and the like, which pictures and links can refer to.
        dollars: Whether formulas between single dollars become ones that the page knows.
    """
    # Gradio applies cleandoc to each message. Applied later, it would turn other lines into code than were seen here.
    text = _PRIVATE.sub("\ufffd", printable(cleandoc(text.strip("\n"))))
    forms = KnownForms.of(text, files)
    return close_folded_parts("\n".join(_clean_part(part, forms, dollars) for part in _parts(text)))


def _parts(text: str) -> Iterator[str]:
    """Split text into parts that can be parsed independently, at unindented lines after an empty one."""
    part: list[str] = []
    open_fence = ""
    for line in text.split("\n"):
        begins = part and not part[-1].strip() and line[:1].strip()
        if not open_fence and (begins or len(part) >= _LONGEST_PART):
            yield "\n".join(part)
            part = []
        part.append(line)
        if mark := _FENCE.match(line):
            if not open_fence:
                open_fence = mark[1]
            elif mark[1].startswith(open_fence) and not line[mark.end() :].strip():
                open_fence = ""
    yield "\n".join(part)


@lru_cache(maxsize=4_096)
def _clean_part(part: str, forms: KnownForms, dollars: bool) -> str:
    formulas = Formulas(part, dollars=dollars)
    lines, cleaned, done = formulas.text.split("\n"), [], 0
    for token in _BLOCKS.parse(formulas.text):
        if token.map is None or token.type not in ("fence", "code_block", "inline"):
            continue
        begin, end = max(done, token.map[0]), token.map[1]
        if begin < end:
            cleaned += [_clean_words(lines[done:begin], formulas, forms)] if done < begin else []
            if token.type == "inline":
                cleaned.append(_clean_words(lines[begin:end], formulas, forms))
            else:
                cleaned.append(_CodeBlock(token).clean(lines[begin:end], formulas))
            done = end
    cleaned += [_clean_words(lines[done:], formulas, forms)] if done < len(lines) else []
    return "\n".join(cleaned)


class _CodeBlock:
    """A code block. It stays as it is if every parser sees the same block, and becomes HTML if one might not."""

    def __init__(self, token: Token) -> None:
        self._content = token.content.removesuffix("\n")
        self._marks = token.markup  # "" where the code is only indented

    def clean(self, lines: list[str], formulas: Formulas) -> str:
        code = formulas.put_back(self._content, as_code=True)
        prefix = self._prefix(lines[0])
        if not self._marks:
            kept = "\n".join(lines)
            return f"{prefix}{preformatted(code)}" if _is_risky(code) else formulas.put_back(kept)
        closed = self._is_closed(lines, prefix)
        same = not any(self._could_end(line) for line in lines[1 : -1 if closed else None])
        whole = formulas.put_back("\n".join(lines), as_code=True)
        if not same or Formulas(whole).has_open or (prefix and (not closed or _TAG.search(code))):
            return f"{prefix}{preformatted(code)}"
        begin = f"{prefix}{self._marks}" if _RISKY.search(lines[0]) else lines[0]
        begin = begin.replace("`mermaid", "` mermaid", 1)  # else its code would be drawn, and be HTML
        end = lines[-1] if closed else self._marks
        inner = lines[1 : -1 if closed else None]
        kept = formulas.put_back("\n".join([begin, *inner, end]), as_code=True)
        return kept if prefix else f"\n{kept}\n"

    def _prefix(self, line: str) -> str:
        """Return what precedes the code in its first line: the marks of the list or quotation around it."""
        if self._marks:
            return line[: line.index(self._marks)]
        return line[: max(0, len(line) - len(self._content.split("\n")[0]) - 4)]

    def _is_closed(self, lines: list[str], prefix: str) -> bool:
        """Return whether the last line closes the block, with the same indentation as the first."""
        before, after = lines[-1][: len(prefix)], lines[-1][len(prefix) :].rstrip()
        ends = after.startswith(self._marks) and not after.strip(self._marks[0])
        return len(lines) > 1 and ends and before == re.sub("[^>]", " ", prefix)

    def _could_end(self, line: str) -> bool:
        return self._marks in line and not line.lstrip(" >").strip("`~ ")


def _clean_words(lines: list[str], formulas: Formulas, forms: KnownForms) -> str:
    """Sanitize lines outside code blocks."""
    text, cleaned, done = "\n".join(lines), "", 0
    for found in _outside_code(forms.references(text), text):
        cleaned += _clean_spans(text[done : found.begin], formulas) + found.html
        done = found.end
    cleaned += _clean_spans(text[done:], formulas)
    text = _TAG_FIRST.sub(r"\1&#8203;", cleaned)  # as the first of its line it could begin a block of HTML
    text = _FENCE_FIRST.sub(lambda match: match[1] + entities(match[2]), text)
    return formulas.put_back(text)


def _outside_code(references: Iterable[Reference], text: str) -> list[Reference]:
    """Return the references that no code span holds or cuts. Their labels may have code spans of their own."""
    found = list(references)
    pieces = list(_code_spans(text)) if found else []
    begins = list(accumulate((len(piece) for _, piece in pieces), initial=0))

    def is_code(place: int) -> bool:
        return pieces[bisect(begins, place) - 1][0]

    return [reference for reference in found if not is_code(reference.begin) and not is_code(reference.target)]


def _clean_spans(text: str, formulas: Formulas) -> str:
    """Sanitize text and the code spans in it."""
    clean = {True: _clean_span, False: _clean_text}
    return "".join(clean[is_code](piece, formulas) for is_code, piece in _code_spans(text))


def _code_spans(text: str) -> Iterator[tuple[bool, str]]:
    """Split text into pieces, each with whether it is a code span: from backticks to the next run of as many."""
    positions: dict[int, list[tuple[int, int]]] = defaultdict(list)
    runs = [match.span() for match in re.finditer("`+", text)]
    for begin, end in reversed(runs):
        positions[end - begin].append((begin, end))
    done = 0
    for begin, end in runs:
        same = positions[end - begin]
        same.pop()  # this one
        if begin >= done and same and text[begin - 1 : begin] != "\\":
            yield False, text[done:begin]
            done = same[-1][1]
            yield True, text[begin:done]
    yield False, text[done:]


def _clean_span(span: str, formulas: Formulas) -> str:
    marks = len(span) - len(span.lstrip("`"))
    code = formulas.put_back(span[marks:-marks], as_code=True)
    if marks < 3 and not _is_risky(code):
        return span
    return f"<code>{escape(' '.join(code.split()))}</code>"


def _clean_text(text: str, formulas: Formulas) -> str:
    text = keep_tildes(name_pictures(formulas.take_dollars(text)))
    text = _PICTURE.sub("[", text)
    text = _TAG.sub(lambda match: match[0] if _KEPT.match(text, match.start()) else "&lt;", text)
    text = _DEFINITION.sub("]&#58;", text)
    text = _STRANGE_LINK.sub(lambda match: match[0][:-1] + entities(match[0][-1]), text)
    return FORMULA.sub(lambda match: entities(match[0]), text)


def _is_risky(code: str) -> bool:
    """Return whether code would be harmful if a parser did not see it as code."""
    return bool(_RISKY.search(code)) or (FORMULA.search(code) is not None and Formulas(code).has_open)
