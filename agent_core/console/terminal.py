"""Shows the events of a run in a terminal; where none listens, such as in a file, in plain lines."""

import os
import sys
import time

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.spinner import Spinner

from agent_core.console.growing import (
    GrowingCode,
    GrowingMarkdown,
    GrowingOutput,
    GrowingReasoning,
    GrowingText,
)
from agent_core.console.harmless import Harmless
from agent_core.console.notes import Note, Tone
from agent_core.console.parts import (
    LastLines,
    end_part,
    error_part,
    heading_part,
    markdown,
    note_part,
    plain,
    question_part,
    table_part,
    value_part,
)
from agent_core.console.pictures import PictureFolder
from agent_core.console.printer import Detail, Printer, TextKind
from agent_core.console.tables import rows_of
from agent_core.console.usage_text import summary, whole_seconds_text
from agent_core.console.words import words
from agent_core.execution import Display, ExecutionError, FileNote

_PER_SECOND = 12  # times that what may still change is drawn again
_MOST_ROWS, _LEAST_COLUMN = 20, 10
_PLAIN_WIDTH = 100  # of headings and tables, where nothing says how wide the place is
_LONG = 2.0  # seconds, after which it is said how long something takes


def terminal_console(*, stderr: bool = False) -> Console:
    """Return a console for the terminal. What goes elsewhere than to one gets no colours, and moves no cursor."""
    file = sys.stderr if stderr else sys.stdout
    is_terminal = file.isatty() and os.environ.get("TERM") != "dumb"
    return Console(file=file, force_terminal=is_terminal, width=None if is_terminal else _PLAIN_WIDTH, highlight=False)


class TerminalPrinter(Printer):
    """Prints parts with rich. In a terminal they grow while they come; elsewhere each is printed once it is whole.

    Args:
        console: Where to print.
        detail: How much to show.
        pictures: Where pictures are written, as a terminal shows none.
    """

    def __init__(
        self, console: Console | None = None, detail: Detail = "normal", pictures: PictureFolder | None = None
    ) -> None:
        super().__init__(detail)
        self._console = console or terminal_console()
        self._pictures = pictures or PictureFolder()
        self._growing: GrowingText | None = None
        self._live: Live | None = None
        self._foot = _Foot()
        self._drawn = 0.0
        self._last: str = ""  # the kind of the part before

    # Texts that grow

    def text_grows(self, kind: TextKind, text: str) -> None:
        growing = self._growing = self._growing or self._new_growing(kind)
        if not self._console.is_terminal:
            return
        if time.monotonic() - self._drawn >= 1 / _PER_SECOND:
            self._drawn = time.monotonic()
            for part in growing.settled(text, ended=False):
                self._print(part, kind)
        self._foot.growing = (growing, text)
        self._draw()

    def text_ends(self, kind: TextKind, text: str) -> None:
        growing, self._growing = self._growing or self._new_growing(kind), None
        self._foot.growing = None
        if isinstance(growing, GrowingCode) and growing.differs(text):
            self.note(Note(words("note.other_code")))
            growing = GrowingCode()
        for part in growing.settled(text, ended=True):
            self._print(part, kind)

    def _new_growing(self, kind: TextKind) -> GrowingText:
        match kind:
            case "code":
                return GrowingCode()
            case "output":
                return GrowingOutput(whole=self.detail == "verbose")
            case "reasoning":
                return GrowingReasoning(whole=self.detail == "verbose")
            case _:
                return GrowingMarkdown(as_source=not self._console.is_terminal)

    def say_doing(self, text: str) -> None:
        self._foot.say(text)
        self._draw()

    # Parts

    def question(self, question: str, files: tuple[FileNote, ...]) -> None:
        self._print(question_part(question, files), "question")

    def heading(self, text: str) -> None:
        self._print(heading_part(text), "heading")

    def display(self, display: Display) -> None:
        match display.kind:
            case "image":
                path = self._pictures.write(display)
                said = words("note.picture", path=str(path)) if path else words("note.picture_lost")
                self.note(Note(said, "plain"))
            case "interactive":
                self.note(Note(words("note.interactive", text=str(display)), "plain"))
            case "table":
                columns = max(1, self._console.width // _LEAST_COLUMN)
                table = rows_of(display, _MOST_ROWS, columns)
                self._print(table_part(table) if table else plain(str(display)), "display")
            case _:
                self._print(self._text_of(display), "display")

    def value(self, text: str) -> None:
        self._print(value_part(text), "value")

    def error(self, error: ExecutionError) -> None:
        self._print(error_part(error, whole=self.detail == "verbose"), "error")

    def note(self, note: Note) -> None:
        if note.text:
            self._print(note_part(note.text, note.tone), "note")

    def answer(self, answer: Display) -> None:
        if answer.kind == "value":
            self._print(self._text_of(answer), "answer")
        else:
            self.display(answer)

    def end(self, said: str, message: str, tone: Tone) -> None:
        self._print(end_part(said, message, tone), "end")
        self.pause()

    def _text_of(self, display: Display) -> RenderableType:
        source = display.data.get("text/markdown")
        if source is None:
            return plain(str(display))
        return markdown(source) if self._console.is_terminal else plain(source)

    # Where it is drawn

    def pause(self) -> None:
        """Leave the terminal to others, such as a prompt, until something is drawn again."""
        if self._live is not None:
            live, self._live = self._live, None
            live.stop()

    def close(self) -> None:
        super().close()
        self._foot.say("")
        self.pause()

    def _draw(self) -> None:
        """Have what may still change, and what goes on, stand below all else from now on."""
        if self._live is None and self._console.is_terminal and self._foot.has_content:
            self._live = Live(self._foot, console=self._console, refresh_per_second=_PER_SECOND, transient=True)
            self._live.start()

    def _print(self, part: RenderableType, kind: str) -> None:
        if self._last and (kind != self._last or kind not in _TOGETHER):
            part = Group("", part)  # in one piece, as what is below is drawn again each time
        self._last = kind
        self._console.print(Harmless(part), soft_wrap=not self._console.is_terminal)


_TOGETHER = ("note", "code", "reasoning")


class _Foot:
    """What stands below all that was printed: the text that grows, and what goes on."""

    def __init__(self) -> None:
        self.growing: tuple[GrowingText, str] | None = None
        self._doing, self._since = "", 0.0
        self._spinner = Spinner("dots", style="cyan")

    @property
    def has_content(self) -> bool:
        return bool(self.growing or self._doing)

    def say(self, doing: str) -> None:
        if doing != self._doing:
            self._doing, self._since = doing, time.monotonic()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        parts: list[RenderableType] = []
        growing = self.growing  # which may change meanwhile: this is drawn in a thread
        if growing and (rest := growing[0].rest(growing[1])):
            parts.append(LastLines(rest, max(3, console.height - 4)))
        if self._doing:
            took = time.monotonic() - self._since
            said = summary(f"{self._doing} …", whole_seconds_text(took) if took >= _LONG else "")
            self._spinner.update(text=plain(said, "dim"))
            parts.append(self._spinner)
        yield Harmless(Group(*parts))
