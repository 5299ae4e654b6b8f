"""How each part of a run looks in a terminal."""

from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, TableElement
from rich.rule import Rule
from rich.segment import Segment
from rich.style import Style
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from agent_core.console.notes import Tone
from agent_core.console.tables import TableRows
from agent_core.console.words import words
from agent_core.execution import ExecutionError, FileNote
from agent_core.text import visible

# Of the 16 colours that each terminal has its own shades of, so that all can be read on light and on dark.
STYLES: dict[Tone, str] = {"plain": "", "quiet": "dim", "good": "green", "warning": "yellow", "bad": "red"}
_CODE_THEME = "ansi_dark"


@dataclass(frozen=True)
class Prefixed:
    """Draws something with a prefix before each line. Lines that the console does not wrap keep their length."""

    content: RenderableType
    prefix: str = "  "

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update(width=max(1, options.max_width - len(self.prefix)))
        for line in Segment.split_lines(console.render(self.content, inner)):
            is_empty = not "".join(segment.text for segment in line).strip()
            yield Segment(self.prefix.rstrip() if is_empty else self.prefix, Style(dim=True))
            yield from line
            yield Segment.line()


@dataclass(frozen=True)
class LastLines:
    """Draws the last lines of something."""

    content: RenderableType
    most: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(self.content, options, pad=False)[-self.most :]:
            yield from line
            yield Segment.line()


class _LeftHeading(Heading):
    """A heading that stands at the left, as the text does."""

    LEVEL_ALIGN = dict.fromkeys(Heading.LEVEL_ALIGN, "left")


class _CloseTable(TableElement):
    """A table without empty lines of its own above and below."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for table in super().__rich_console__(console, options):
            if isinstance(table, Table):
                table.show_edge = False
            yield table


class _CloseCode(CodeBlock):
    """A code block without empty lines of its own above and below."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip()
        yield Syntax(
            code, self.lexer_name, theme=self.theme, word_wrap=True, padding=(0, 2), background_color="default"
        )


class _TerminalMarkdown(Markdown):
    """Markdown whose links show their addresses: no terminal can be trusted with hidden ones."""

    elements = {  # noqa: RUF012 - as the library declares it
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "table_open": _CloseTable,
        "fence": _CloseCode,
        "code_block": _CloseCode,
    }

    def __init__(self, text: str) -> None:
        super().__init__(visible(text), code_theme=_CODE_THEME, hyperlinks=False)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it with one empty line between two parts, and none around all."""
        gap, begun = False, False
        drawn = (piece for piece in super().__rich_console__(console, options) if isinstance(piece, Segment))
        for line in Segment.split_lines(drawn):
            if not line:
                gap = begun
                continue
            if gap:
                yield Segment.line()
            yield from line
            yield Segment.line()
            gap, begun = False, True


def plain(text: str, style: str = "") -> Text:
    """Return a text as it is."""
    return Text(visible(text), style=style)


def note_part(text: str, tone: Tone) -> RenderableType:
    """Return a sentence, or a few lines."""
    return Prefixed(plain(text, STYLES[tone]))


def markdown(text: str) -> RenderableType:
    """Return Markdown as it reads."""
    return _TerminalMarkdown(text)


def question_part(question: str, files: tuple[FileNote, ...]) -> RenderableType:
    """Return a question, marked as the person's."""
    text = Text.assemble(("❯ ", "bold cyan"), (visible(question), "bold"))
    for file in files:
        text.append(f"\n  {visible(str(file))}", "dim")
    return text


def heading_part(text: str) -> RenderableType:
    """Return a heading, with a line to the right end."""
    return Rule(Text(f"─ {visible(text)}", "cyan"), align="left", style="dim")


def code_lines(code: str) -> list[Text]:
    """Return the lines of code, highlighted."""
    syntax = Syntax("", "python", theme=_CODE_THEME, background_color="default")
    shown = visible(code).expandtabs(4)
    lines = syntax.highlight(shown).split("\n", allow_blank=True)
    count = shown.count("\n") + 1
    return [*lines, *(Text() for _ in range(count - len(lines)))][:count]


def code_part(lines: list[Text]) -> RenderableType:
    """Return lines of code, one below the other. Long ones wrap, so that nothing is hidden."""
    return Prefixed(Text("\n").join(lines))


def output_part(text: str, most_lines: int | None) -> RenderableType:
    """Return what code printed, with a bar at its left; of very many lines, the first and the last."""
    lines = visible(text).expandtabs(8).rstrip("\n").split("\n")
    if most_lines and len(lines) > most_lines:
        head, tail = most_lines * 2 // 3, most_lines - most_lines * 2 // 3
        lines = [*lines[:head], words("note.hidden_lines", count=len(lines) - most_lines), *lines[-tail:]]
    return Prefixed(Text("\n".join(lines)), "  │ ")


def value_part(text: str) -> RenderableType:
    """Return the value of a step's last expression."""
    return Prefixed(Text(visible(text)), "  = " if "\n" not in text else "  ")


def error_part(error: ExecutionError, *, whole: bool) -> RenderableType:
    """Return why code failed; as a whole, with the traceback."""
    text = Text()
    if whole and error.traceback:
        text.append(f"{visible(error.traceback).rstrip()}\n", "dim")
    elif error.place:
        text.append(f"{visible(error.place).rstrip()}\n", "dim")
    text.append(visible(error.message), "red")
    if error.advice:
        text.append(f"\n{visible(error.advice)}", "yellow")
    return Prefixed(text)


def table_part(table: TableRows) -> RenderableType:
    """Return the beginning of a table, with how much more there is."""
    shown = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for index, name in enumerate(table.header):
        numbers = all(_is_number(row[index]) for row in table.rows if row[index])
        shown.add_column(Text(visible(name)), justify="right" if numbers and table.rows else "left")
    for row in table.rows:
        shown.add_row(*(Text(visible(cell)) for cell in row))
    more = [words("note.hidden_rows", count=table.more_rows)] if table.more_rows else []
    more += [words("note.hidden_columns", count=table.more_columns)] if table.more_columns else []
    if not more:
        return Prefixed(shown)
    shown.caption, shown.caption_justify = Text(f"… {', '.join(more)}", "dim"), "left"
    return Prefixed(shown)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "").rstrip("%"))
    except ValueError:
        return False
    return True


def end_part(said: str, message: str, tone: Tone) -> RenderableType:
    """Return how a run ended."""
    sign = {"good": "✓", "bad": "✗"}.get(tone, "■")
    text = Text.assemble(
        (f"{sign} ", f"bold {STYLES[tone]}"), (visible(said), STYLES[tone] if tone != "good" else "dim")
    )
    if message:
        text.append(f"\n  {visible(message)}")
    return text
