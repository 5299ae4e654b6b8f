"""A chat as one HTML file that shows its run again, part by part, at the pace of whoever presents it."""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from agent_core.prompts import fill
from agent_core.text import whole_characters
from ui.exports.static_html import code_html, display_html, markdown_html, text_html
from ui.exports.step_parts import (
    asked_in,
    displays_of,
    ending_of,
    failures_of,
    plan_heading,
    result_of,
    step_heading,
)
from ui.texts import with_words, words
from ui.texts.languages import current_language
from ui.view.escaping import printable
from ui.view.sources import sources_markdown
from ui.view.titles import step_title
from ui.view.turn_view import Item, NoteView, PlanView, RefusedView, StepView, TurnView

_FOLDER = Path(__file__).parent
_SHORTEST, _LONGEST = 2.0, 9.0  # seconds that a part stays alone while it plays
_READ_IN_A_SECOND = 40  # characters


@dataclass(frozen=True)
class ReplayPart:
    """What appears at once.

    Attributes:
        kind: What it is: question, note, thought, code, output, picture or answer.
        label: What it is called where the file says which part is shown.
        html: Its content, harmless.
        heading: What stands above it, as text; "" for nothing.
    """

    kind: str
    label: str
    html: str
    heading: str = ""

    @property
    def seconds(self) -> float:
        """How long it takes to read."""
        characters = len(re.sub("<[^>]*>", "", self.html))
        return min(max(_SHORTEST, characters / _READ_IN_A_SECOND), _LONGEST)


def replay_file(title: str, turns: Sequence[TurnView]) -> bytes:
    """Return a chat as one HTML file. Its policy lets it run its own script, and load nothing from anywhere."""
    style, script = _read("replay.css"), _read("replay.js")
    parts = [part for turn in turns for part in _turn_parts(turn)]
    document = fill(
        with_words(_read("replay.html")),
        language=current_language(),
        title=escape(printable(title)),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        style=style,
        parts="\n".join(map(_part_html, parts)),
        script=script,
    )
    return whole_characters(document).encode()


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8").strip()


def _part_html(part: ReplayPart) -> str:
    level = "h2" if part.kind in ("question", "answer") else "h3"
    heading = f"<{level}>{escape(printable(part.heading))}</{level}>" if part.heading else ""
    label = escape(printable(part.label))
    return (
        f'<section class="part {part.kind}" data-label="{label}" data-seconds="{part.seconds:.1f}">'
        f"{heading}{part.html}</section>"
    )


def _turn_parts(turn: TurnView) -> Iterator[ReplayPart]:
    question, heading = words("exports.question"), words("exports.answer")
    yield ReplayPart("question", question, f"<p>{escape(printable(turn.question))}</p>", question)
    for item in turn.items:
        yield from _item_parts(item, turn)
    if answer := turn.answer:
        text = answer.data.get("text/markdown")
        yield ReplayPart("answer", heading, markdown_html(text) if text else display_html(answer), heading)
        if sources := sources_markdown(turn):
            yield ReplayPart("note", words("exports.sources"), markdown_html(sources))
    if ending := ending_of(turn):
        yield ReplayPart("note", words("exports.end"), f"<p>{escape(printable(ending))}</p>")


def _item_parts(item: Item, turn: TurnView) -> Iterator[ReplayPart]:
    match item:
        case StepView():
            yield from _step_parts(item, turn) if turn.shows(item) else ()
        case PlanView():
            heading = plan_heading(item)
            yield ReplayPart("thought", heading, markdown_html(item.text), heading)
        case RefusedView():
            html = f"<p>{escape(printable(item.reason))}</p><blockquote>{markdown_html(str(item.answer))}</blockquote>"
            yield ReplayPart("note", item.title, html, item.title)
        case NoteView():
            yield ReplayPart("note", words("exports.note"), f"<p>{escape(printable(item.text))}</p>")


def _step_parts(step: StepView, turn: TurnView) -> Iterator[ReplayPart]:
    """Yield the parts of a step; the first has the step's title."""
    heading = step_heading(step.number, step_title(step))
    for kind, name, html in _step_pieces(step, turn):
        label = words("exports.step_part", step=step.number, part=words(f"exports.part_{name}"))
        yield ReplayPart(kind, label, html, heading)
        heading = ""


def _step_pieces(step: StepView, turn: TurnView) -> Iterator[tuple[str, str, str]]:
    """Yield what there is to show of a step: its kind, its name, and HTML."""
    if step.reasoning.strip():
        html = markdown_html(step.reasoning.strip())
        yield "thought", "reasoning", f"<details><summary>{words('exports.reasoning')}</summary>{html}</details>"
    if turn.shows_prose(step):
        yield "thought", "thought", markdown_html(step.prose.strip())
    if step.code:
        yield "code", "code", code_html(step.code)
    for said in failures_of(step):
        yield "note", "note", f"<p>{escape(printable(said))}</p>"
    for asked in asked_in(step):
        yield "note", "question", markdown_html(asked)
    if step.shown_output.strip():
        yield "output", "output", text_html(step.shown_output)
    for display in displays_of(step):
        yield ("picture" if display.kind == "image" else "output"), display.kind, display_html(display)
    if result := result_of(step):
        yield "output", "result", text_html(result)
    if step.error_text:
        yield "output error", "error", text_html(step.error_text)
