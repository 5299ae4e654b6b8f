"""A chat, a turn or an answer as Markdown that every reader of Markdown shows."""

import base64
import io
import re
import zipfile
from collections.abc import Iterator, Sequence

from agent_core.execution import IMAGE_ENDINGS, SVG, Display
from agent_core.text import whole_characters
from ui.exports.step_parts import (
    asked_in,
    chart_text,
    displays_of,
    ending_of,
    failures_of,
    plan_heading,
    result_of,
    step_heading,
)
from ui.texts import words
from ui.view.escaping import code_block, printable, quote
from ui.view.sanitizing import clean_markdown
from ui.view.sources import sources_markdown
from ui.view.titles import step_title
from ui.view.turn_view import Item, NoteView, PlanView, RefusedView, StepView, TurnView

_MARKUP = re.compile(r"[\\`*_\[\]<>#|~$&]|(?<=\d)[.)](?=\s)|^[-+=]", re.MULTILINE)


def answer_text(turn: TurnView) -> str:
    """Return the answer of a turn with its sources and nothing else, as Markdown; "" if there is none."""
    if turn.answer is None:
        return ""
    answer = turn.answer
    text = answer.data.get("text/markdown") or _display_text(answer, PictureFiles(kept=False))
    return "\n\n".join(filter(None, (text, sources_markdown(turn))))


def steps_text(turn: TurnView) -> str:
    """Return a turn as Markdown: the question, every step and the answer. Pictures are only named."""
    return "\n\n".join(_turn_parts(turn, PictureFiles(kept=False)))


def markdown_file(title: str, turns: Sequence[TurnView]) -> tuple[bytes, str]:
    """Return a chat as a file, and its ending: ".md", or ".zip" with the text and the pictures beside it."""
    pictures = PictureFiles()
    parts = [f"# {plain_markdown(' '.join(title.split()))}"]
    for turn in turns:
        parts += _turn_parts(turn, pictures)
    content = whole_characters("\n\n".join(parts) + "\n").encode()
    return (_packed(content, pictures), ".zip") if pictures.files else (content, ".md")


def portable_markdown(text: str) -> str:
    """Return a model's Markdown, sanitized, with the formulas between dollars that other readers know."""
    return clean_markdown(text, dollars=False)


def plain_markdown(text: str) -> str:
    """Return Markdown that shows a plain text as it is, in its lines."""
    escaped = _MARKUP.sub(lambda match: f"\\{match[0]}", printable(text).strip())
    return re.sub(r"(?<=\S)[ \t]*\n(?=[ \t]*\S)", "\\\\\n", escaped)


class PictureFiles:
    """The pictures beside a Markdown file.

    Args:
        kept: Whether there can be any.

    Attributes:
        files: Their names and contents.
    """

    def __init__(self, *, kept: bool = True) -> None:
        self.files: dict[str, bytes] = {}
        self._kept = kept

    def reference(self, display: Display) -> str:
        """Return Markdown that shows a picture."""
        mime = display.image_type
        if not self._kept or mime is None:
            return f"*({words('turn.picture')})*"
        name = f"pictures/{len(self.files) + 1}{IMAGE_ENDINGS.get(mime, '.svg')}"
        content = display.data[mime]
        self.files[name] = whole_characters(content).encode() if mime == SVG else base64.b64decode(content)
        return f"![{words('turn.picture')}]({name})"


def _packed(text: bytes, pictures: PictureFiles) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("chat.md", text)
        for name, content in pictures.files.items():
            packed.writestr(name, content)
    return file.getvalue()


def _turn_parts(turn: TurnView, pictures: PictureFiles) -> Iterator[str]:
    yield f"## {words('exports.question')}"
    yield quote(plain_markdown(turn.question))
    for item in turn.items:
        if not isinstance(item, StepView) or turn.shows(item):
            yield from _item_parts(item, turn, pictures)
    if answer := turn.answer:
        yield f"## {words('exports.answer')}"
        yield portable_markdown(answer.data.get("text/markdown", "")) or _display_text(answer, pictures)
        if sources := sources_markdown(turn):
            yield sources
    if ending := ending_of(turn):
        yield plain_markdown(ending)


def _item_parts(item: Item, turn: TurnView, pictures: PictureFiles) -> Iterator[str]:
    match item:
        case StepView():
            yield f"### {step_heading(item.number, plain_markdown(step_title(item)))}"
            yield from _step_parts(item, turn, pictures)
        case PlanView():
            yield f"### {plan_heading(item)}"
            yield portable_markdown(item.text)
        case RefusedView():
            yield f"### {plain_markdown(item.title)}"
            yield plain_markdown(item.reason)
            yield quote(portable_markdown(str(item.answer)))
        case NoteView():
            yield f"*{plain_markdown(item.text)}*"


def _step_parts(step: StepView, turn: TurnView, pictures: PictureFiles) -> Iterator[str]:
    if step.reasoning.strip():
        yield quote(portable_markdown(step.reasoning.strip()))
    if turn.shows_prose(step):
        yield portable_markdown(step.prose.strip())
    if step.code:
        yield code_block(printable(step.code), "python")
    yield from map(plain_markdown, failures_of(step))
    yield from asked_in(step)
    if step.shown_output.strip():
        yield f"{words('exports.output')}:\n\n{_text_block(step.shown_output.rstrip())}"
    for display in displays_of(step):
        yield _display_text(display, pictures)
    if result := result_of(step):
        yield f"{words('exports.result')}:\n\n{_text_block(result)}"
    if step.error_text:
        yield f"{words('exports.error')}:\n\n{_text_block(step.error_text)}"


def _display_text(display: Display, pictures: PictureFiles) -> str:
    match display.kind:
        case "image":
            return pictures.reference(display)
        case "interactive":
            return plain_markdown(chart_text(display) if display.chart_type else str(display))
        case "value" if "text/markdown" in display.data:
            return portable_markdown(display.data["text/markdown"])
        case "value" if "\n" not in str(display):
            return plain_markdown(str(display))
        case _:
            return _text_block(str(display))


def _text_block(text: str) -> str:
    return code_block(printable(text), "text")
