"""Shows the events of a run below the cell of a Jupyter notebook, as its displays.

All HTML is made here, of texts that were escaped, and of Markdown without HTML and without pictures: a model must not
have the notebook's browser run or fetch anything.
"""

import base64
import re
import time
from html import escape
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from agent_core.console.notes import Note, Tone
from agent_core.console.printer import Detail, Printer, TextKind
from agent_core.console.tables import TableRows, rows_of
from agent_core.console.words import words
from agent_core.execution import SVG, Display, ExecutionError, FileNote
from agent_core.text import visible

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

_PER_SECOND = 4  # times that a text that grows is shown anew
_MOST_ROWS, _MOST_COLUMNS = 100, 50
_MOST_CHARACTERS = 20_000  # of output
_COLOURS: dict[Tone, str] = {"good": "#2e7d32", "warning": "#b26a00", "bad": "#c62828"}
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
_Bundle = dict[str, Any]


class NotebookPrinter(Printer):
    """Shows parts as displays of the notebook; what grows is shown anew in its place.

    Args:
        detail: How much to show.
    """

    def __init__(self, detail: Detail = "normal") -> None:
        super().__init__(detail)
        self._handle: DisplayHandle | None = None  # of the text that grows
        self._shown = 0.0

    def text_grows(self, kind: TextKind, text: str) -> None:
        if self._handle is None or time.monotonic() - self._shown >= 1 / _PER_SECOND:
            self._update(self._bundle(kind, text))

    def text_ends(self, kind: TextKind, text: str) -> None:
        if kind == "reasoning" and self.detail != "verbose":
            self._update(_html(""))
        else:
            self._update(self._bundle(kind, text))
        self._handle = None

    def _update(self, bundle: _Bundle) -> None:
        from IPython.display import display

        self._shown = time.monotonic()
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def _bundle(self, kind: TextKind, text: str) -> _Bundle:
        match kind:
            case "code":
                return _fenced(text)
            case "output":
                return _html(_pre(text[-_MOST_CHARACTERS:]), text)
            case "reasoning":
                return _html(f'<div style="opacity:.6;font-style:italic">{_markdown(text)}</div>', text)
            case _:
                return _html(_markdown(text), text)

    def say_doing(self, text: str) -> None:
        """A notebook says itself that a cell runs, so nothing more is said."""

    def question(self, question: str, files: tuple[FileNote, ...]) -> None:
        named = "".join(f"<br>{_quiet(str(file))}" for file in files)
        _show(_html(f"<b>{_text(question)}</b>{named}", question))

    def heading(self, text: str) -> None:
        style = "border-bottom:1px solid #8884;margin:.6em 0 .2em;color:#00838f"
        _show(_html(f'<div style="{style}">{_text(text)}</div>', text))

    def display(self, display: Display) -> None:
        _show(_display_bundle(display))

    def value(self, text: str) -> None:
        _show(_html(_pre(text), text))

    def error(self, error: ExecutionError) -> None:
        before = error.traceback if self.detail == "verbose" else error.place
        lines = [before.rstrip(), error.message, error.advice]
        text = "\n".join(filter(None, lines))
        _show(_html(f'<div style="color:{_COLOURS["bad"]}">{_pre(text)}</div>', text))

    def note(self, note: Note) -> None:
        if note.text:
            _show(_html(_toned(note.text, note.tone), note.text))

    def answer(self, answer: Display) -> None:
        _show(_display_bundle(answer))

    def end(self, said: str, message: str, tone: Tone) -> None:
        lines = "<br>".join(_toned(text, tone) for text in (said, message) if text)
        _show(_html(lines, "\n".join(filter(None, (said, message)))))


def _show(bundle: _Bundle) -> None:
    from IPython.display import display

    display(bundle, raw=True)


def _html(html: str, text: str = "") -> _Bundle:
    return {"text/html": html, "text/plain": visible(text)}


def _text(text: str) -> str:
    return escape(visible(text)).replace("\n", "<br>")


def _quiet(text: str) -> str:
    return f'<small style="opacity:.65">{_text(text)}</small>'


def _toned(text: str, tone: Tone) -> str:
    colour = _COLOURS.get(tone)
    return f'<small style="color:{colour}">{_text(text)}</small>' if colour else _quiet(text)


def _pre(text: str) -> str:
    style = "white-space:pre-wrap;border-left:2px solid #8886;padding-left:.7em;margin:.3em 0"
    return f'<pre style="{style}">{escape(visible(text))}</pre>'


def _markdown(text: str) -> str:
    return _MARKDOWN.render(visible(text))


def _fenced(code: str) -> _Bundle:
    """Return code as Markdown, which the notebook highlights in its own colours."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return {"text/markdown": f"{fence}python\n{visible(code).strip()}\n{fence}", "text/plain": visible(code)}


def _display_bundle(display: Display) -> _Bundle:
    """Return what a notebook shows of a display. What would run, or could fetch something, is only named."""
    text = str(display)
    match display.kind:
        case "image" if display.image_type == SVG:
            source = base64.b64encode(display.data[SVG].encode()).decode()  # in an <img>, its scripts do not run
            return _html(f'<img src="data:{SVG};base64,{source}" alt="">', text)
        case "image":
            assert display.image_type is not None, "it is an image"
            return {display.image_type: display.data[display.image_type], "text/plain": visible(text)}
        case "interactive":
            said = words("note.interactive", text=text)
            return _html(_quiet(said), said)
        case "table":
            table = rows_of(display, _MOST_ROWS, _MOST_COLUMNS)
            return _html(_table(table), text) if table else _html(_pre(text), text)
        case "formula":
            return {"text/latex": display.data["text/latex"], "text/plain": visible(text)}
    source = display.data.get("text/markdown")
    return _html(_pre(text), text) if source is None else _html(_markdown(source), text)


def _table(table: TableRows) -> str:
    head = "".join(f"<th>{_text(name)}</th>" for name in table.header)
    body = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    more = [words("note.hidden_rows", count=table.more_rows)] if table.more_rows else []
    more += [words("note.hidden_columns", count=table.more_columns)] if table.more_columns else []
    rest = f"<p>{_quiet('… ' + ', '.join(more))}</p>" if more else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"
