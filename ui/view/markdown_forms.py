"""Forms of Markdown that the page's parser does not know: footnotes, folded parts, pictures from elsewhere."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from agent_core.text import truncate
from ui.texts import words
from ui.texts.languages import current_language
from ui.view.escaping import entities, escape
from ui.view.file_references import Reference, WorkspaceFiles

OPENED, CLOSED = "\ue002", "\ue003"
"""Stand for the beginning and the end of a folded part, until it is known which of them have their other."""

_LONGEST_SHOWN = 120  # characters of an address
_DEFINED = re.compile(r"^ {0,3}\[\^([^\]\[\s^]{1,30})\]:", re.MULTILINE)
_FOOTNOTE = re.compile(r"(?P<definition>^ {0,3})?\[\^(?P<name>[^\]\[\s^]{1,30})\](?(definition):[ \t]*|(?!\())", re.M)
_SUMMARY = r"<summary>[ \t]*\n?(?P<{}>[^\n]{{1,500}}?)\n?[ \t]*</summary>"
_FOLDED = re.compile(
    r"^(?P<indent>[ \t]*)(?:"
    rf"(?P<opened><details(?: open(?:=\"\")?)?>)(?:[ \t]*\n?[ \t]*{_SUMMARY.format('title')})?"
    rf"|{_SUMMARY.format('alone')}"
    r"|</details>)[ \t]*$",
    re.MULTILINE,
)
_SIGN = r"[^\s<>()\"`\\\ue000\ue001]"
_ADDRESS = rf"https?://(?:{_SIGN}|\({_SIGN}*\)){{1,2000}}"
_REMOTE_PICTURE = re.compile(
    rf"!\[(?P<alt>[^\[\]\n]{{0,300}})\]\([ \t]*<?(?P<url>{_ADDRESS})>?(?:[ \t]+\"[^\"\n]*\")?[ \t]*\)"
    rf"|<img\b(?P<fields>(?:\s[^<>]{{0,3000}})?)/?>",
    re.IGNORECASE,
)
_FIELD = r"\b{}\s*=\s*[\"']?({})"
_APPROXIMATE = re.compile(r"(?<![~\w/=])~(?=[\d.$€£¥])")


@dataclass(frozen=True)
class KnownForms:
    """What of a text is replaced by HTML wherever it is not code: footnotes, folded parts, and references.

    Attributes:
        files: What the text can refer to.
        footnotes: The names of its footnotes.
        language: The language of what is said in place of pictures.
    """

    files: WorkspaceFiles = field(default_factory=WorkspaceFiles)
    footnotes: frozenset[str] = frozenset()
    language: str = field(default_factory=current_language)

    @classmethod
    def of(cls, text: str, files: WorkspaceFiles) -> "KnownForms":
        """Return the forms of a whole text, whose footnotes stand anywhere in it."""
        return cls(files, frozenset(_DEFINED.findall(text)))

    def references(self, text: str) -> Iterator[Reference]:
        """Yield what is replaced, in its order and without overlaps."""
        done = 0
        every = [*self.files.references(text), *self._footnotes(text), *_folded_parts(text)]
        for found in sorted(every, key=lambda reference: reference.begin):
            if found.begin >= done:
                yield found
                done = found.end

    def _footnotes(self, text: str) -> Iterator[Reference]:
        for match in _FOOTNOTE.finditer(text) if self.footnotes else ():
            if match["name"] in self.footnotes:
                space = " " if match["definition"] is not None else ""
                yield Reference(match.start(), match.start(), match.end(), f"<sup>{escape(match['name'])}</sup>{space}")


def _folded_parts(text: str) -> Iterator[Reference]:
    """Yield the lines that begin or end a folded part. Empty lines around them keep their HTML to one line."""
    for match in _FOLDED.finditer(text):
        title = match["title"] or match["alone"]
        summary = f"<summary>{escape(re.sub('<[^<>]*>', '', title))}</summary>" if title else ""
        fold = OPENED if match["opened"] else "" if summary else CLOSED
        html = f"\n{match['indent']}{fold}{summary}\n"
        yield Reference(match.start(), match.start(), match.end(), html)


def close_folded_parts(text: str) -> str:
    """Return the text with its folded parts as HTML. Each ends in the text, and nothing ends that did not begin."""
    parts, depth = [], 0
    for part in re.split(f"([{OPENED}{CLOSED}])", text):
        if part == OPENED:
            depth += 1
            parts.append("<details>")
        elif part != CLOSED:
            parts.append(part)
        elif depth:
            depth -= 1
            parts.append("</details>")
    return "".join(parts) + "\n\n</details>" * depth


def name_pictures(text: str) -> str:
    """Return text with a line and a link in place of each picture of another site, which the page does not load."""

    def named(match: re.Match[str]) -> str:
        url, alt = match["url"], match["alt"]
        if match["fields"] is not None:
            source = re.search(_FIELD.format("src", _ADDRESS), match["fields"], re.IGNORECASE)
            described = re.search(_FIELD.format("alt", r"[^\"'\n]{1,300}"), match["fields"], re.IGNORECASE)
            if source is None:
                return match[0]
            url, alt = source[1], described[1] if described else ""
        label = " — ".join(filter(None, (alt.strip(), truncate(url, _LONGEST_SHOWN))))
        label = entities(label)
        within_link = text[: match.start()].endswith("[") and text[match.end() :].startswith("](")
        return f"{words('turn.not_loaded')} {label if within_link else f'[{label}](<{url}>)'}"

    return _REMOTE_PICTURE.sub(named, text)


def keep_tildes(text: str) -> str:
    """Return text whose tildes before a number mean "about", and strike nothing out."""
    return _APPROXIMATE.sub("&#126;", text)
