"""The pages that an answer rests on: as numbered chips under it, and as links where it refers to them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent_core.sources import Source
from agent_core.text import truncate
from ui.texts import words
from ui.view.escaping import attribute, entities, escape
from ui.view.file_references import Reference, WorkspaceFiles
from ui.view.turn_view import TurnView

_MOST_SHOWN = 30
_LONGEST_TITLE = 80  # characters in a chip
# A reference as models write it: [1], [1, 3], 【3】, 【3†lines 1-9】. No link's label, footnote or definition.
_CITED = re.compile(
    r"(?<![\[!\\])\[(?P<numbers>\d{1,4}(?:[ \t]*[,;][ \t]*\d{1,4}){0,9})\](?![(\]]|:[ \t])"
    r"|【(?P<bare>\d{1,4})(?:†[^【】\n]{0,100})?】"
)
_WEB = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)


@dataclass(frozen=True)
class Referable(WorkspaceFiles):
    """What an answer can refer to: files of the workspace, and pages that were read.

    Attributes:
        sources: The pages.
    """

    sources: tuple[Source, ...] = ()

    def references(self, text: str) -> Iterator[Reference]:
        """Yield the references to these files and pages, in their order. What names none of them is none."""
        yield from sorted([*super().references(text), *self._to_sources(text)], key=lambda found: found.begin)

    def _to_sources(self, text: str) -> Iterator[Reference]:
        known = {source.number: source for source in self.sources}
        for match in _CITED.finditer(text) if known else ():
            numbers = _numbers(match)
            if all(number in known for number in numbers):
                html = "".join(_mark(known[number]) for number in numbers)
                yield Reference(match.start(), match.start(), match.end(), html)


def shown_sources(turn: TurnView) -> list[Source]:
    """Return the sources of a turn: what was read for it, and what its answer refers to of earlier ones."""
    answer = turn.answer.data.get("text/markdown", "") if turn.answer else ""
    cited = {number for match in _CITED.finditer(answer) for number in _numbers(match)}
    earlier = {number: source for number, source in turn.known_sources.items() if number in cited}
    return sorted((earlier | turn.sources).values(), key=lambda source: source.number)


def citable_sources(turn: TurnView) -> tuple[Source, ...]:
    """Return all pages that an answer can refer to and link to."""
    return tuple(source for source in (turn.known_sources | turn.sources).values() if _WEB.fullmatch(source.url))


def sources_html(turn: TurnView) -> str:
    """Return the sources of a turn as a line of links to stand under its answer; "" if there are none."""
    shown = [source for source in shown_sources(turn) if _WEB.fullmatch(source.url)]
    links = "".join(map(_chip, shown[:_MOST_SHOWN]))
    left = len(shown) - _MOST_SHOWN
    more = f"<small>{words('turn.more', count=left)}</small>" if left > 0 else ""
    return f'<div class="sources">{links}{more}</div>' if links else ""


def sources_markdown(turn: TurnView) -> str:
    """Return the sources of a turn as Markdown that every reader shows; "" if there are none."""
    lines = [f"- {escape(str(source))}: <{source.url}>" for source in shown_sources(turn) if _WEB.fullmatch(source.url)]
    return f"{words('turn.sources')}\n\n" + "\n".join(lines) if lines else ""


def _chip(source: Source) -> str:
    title = escape(truncate(source.title, _LONGEST_TITLE)) or words("turn.page")
    return (
        f'<a href="{attribute(source.url)}" target="_blank" title="{attribute(source.url)}">'
        f"<b>{source.number}</b> {title} <small>{escape(source.site)}</small></a>"
    )


def _mark(source: Source) -> str:
    """Return what stands in an answer for a source: its number, as a link, of which readers hear the title."""
    return (
        f'<a class="cite" href="{attribute(source.url)}" target="_blank" title="{attribute(str(source))}">'
        f"{entities(f'[{source.number}]')}</a>"
    )


def _numbers(match: re.Match[str]) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", match["numbers"] or match["bare"])]
