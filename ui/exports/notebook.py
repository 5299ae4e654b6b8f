"""A chat as a notebook: questions and answers as text, steps as code with what came out of it. It runs in Jupyter."""

import json
import keyword
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from agent_core.events import QuestionAsked
from agent_core.execution import CHARTS, IMAGE_ENDINGS, SVG, Display
from agent_core.prompts import fill
from agent_core.text import whole_characters
from ui.exports.markdown_text import plain_markdown, portable_markdown
from ui.exports.step_parts import (
    asked_in,
    displays_of,
    ending_of,
    failures_of,
    plan_heading,
    result_of,
    step_heading,
)
from ui.texts import read_text, words
from ui.view.escaping import code_block, printable, quote
from ui.view.sources import sources_markdown
from ui.view.titles import step_title
from ui.view.turn_view import Item, NoteView, PlanView, RefusedView, StepView, TurnView

_FOLDER = Path(__file__).parent
_JUPYTERS = {"text/plain", "text/html", "text/markdown", "text/latex", SVG, *IMAGE_ENDINGS}
_CHARTS = {mime for mime in CHARTS if "glassbox" not in mime and "bokeh" not in mime}  # that Jupyter draws from data
_SHIPPED = ("ask_user", "visit_webpage", "web_search")
_WENT_ON = ("exception", "syntax", "import_denied", "host_denied")  # errors after which variables are kept
_MAY_FAIL = "raises-exception"  # the tag of a cell after whose error Jupyter goes on

Cell = nbformat.NotebookNode


def notebook_file(title: str, turns: Sequence[TurnView]) -> bytes:
    """Return a chat as a notebook in nbformat 4.5.

    Cells that need something which only the chat has (files, results of tools, what earlier such cells made), or that
    failed in the chat, have the tag "raises-exception", so that the notebook runs from top to bottom. Code that never
    ran, or had to be stopped, is text.
    """
    cells = [_text(f"# {plain_markdown(' '.join(title.split()))}", read_text("about_notebook"))]
    cells.append(new_code_cell(_first_cell(turns)))
    needs_chat = False
    for turn in turns:
        cells.append(_text(f"## {words('exports.question')}", quote(plain_markdown(turn.question))))
        needs_chat = needs_chat or bool(turn.files)
        for item in turn.items:
            needs_chat = needs_chat or (isinstance(item, StepView) and _calls_tool(item))
            cells += _item_cells(item, turn, may_fail=needs_chat)
        cells += _end_cells(turn)
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return whole_characters(nbformat.writes(new_notebook(cells=_numbered(cells), metadata=metadata))).encode()


def _numbered(cells: list[Cell]) -> list[Cell]:
    """Give the cells ids that are the same in every export, and count those with code."""
    count = 0
    for number, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{number}"
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count
    return cells


def _first_cell(turns: Sequence[TurnView]) -> str:
    """Return code that defines what the code of the chat finds there: tools, `final_answer` and the like."""
    steps = [step for turn in turns for step in turn.steps]
    called = {call.tool for step in steps for call in step.tools}
    called |= {name for name in _SHIPPED if any(_names(step.code, name) for step in steps)}
    replies = {
        asked.question: reply
        for step in steps
        for asked in step.asked
        if isinstance(asked, QuestionAsked) and (reply := step.replies.get(asked.question_id))
    }
    defined = sorted(name for name in called if name.isidentifier() and not keyword.iskeyword(name))
    stubs = [
        f"{name} = _tool({fill(read_text('tool_in_notebook'), tool=name)!r})"
        for name in defined
        if name != "ask_user" or not replies
    ]
    pieces = [_template("first_cell"), "\n".join(stubs)]
    if replies:
        pieces.append(fill(_template("asking_cell"), replies=ascii(replies)))
    return "\n\n\n".join(piece for piece in pieces if piece)


def _template(name: str) -> str:
    return (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()


def _names(code: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", code) is not None


def _calls_tool(step: StepView) -> bool:
    """Return whether a step calls a tool whose result the notebook lacks."""
    return any(call.tool != "ask_user" for call in step.tools)


def _left_a_trace(step: StepView) -> bool:
    """Return whether code ran, and not until it was stopped or killed: then the chat went on as if it never had."""
    return step.execution is not None and (step.execution.error is None or step.execution.error.kind in _WENT_ON)


def _text(*parts: str) -> Cell:
    return new_markdown_cell("\n\n".join(part for part in parts if part))


def _item_cells(item: Item, turn: TurnView, *, may_fail: bool) -> Iterator[Cell]:
    match item:
        case StepView() if turn.shows(item):
            thought = portable_markdown(item.prose.strip()) if turn.shows_prose(item) else ""
            reasoning = quote(portable_markdown(item.reasoning.strip())) if item.reasoning.strip() else ""
            heading = f"### {step_heading(item.number, plain_markdown(step_title(item)))}"
            yield _text(heading, reasoning, thought, *map(plain_markdown, failures_of(item)), *asked_in(item))
            if item.code and _left_a_trace(item):
                tags = {"tags": [_MAY_FAIL]} if may_fail or item.error_text else {}
                yield new_code_cell(printable(item.code), outputs=list(_outputs(item)), metadata=tags)
            elif item.code:
                yield _text(*(code_block(printable(text), "") for text in (item.code, item.error_text) if text))
        case PlanView():
            yield _text(f"### {plan_heading(item)}", portable_markdown(item.text))
        case RefusedView():
            answer = quote(portable_markdown(str(item.answer)))
            yield _text(f"### {plain_markdown(item.title)}", plain_markdown(item.reason), answer)
        case NoteView():
            yield _text(f"*{plain_markdown(item.text)}*")


def _end_cells(turn: TurnView) -> Iterator[Cell]:
    """Yield the answer as text, unless it is a picture, a table or the like, which the last code cell shows."""
    if turn.answer:
        data = turn.answer.data
        plain = "" if turn.answer.kind != "value" else plain_markdown(str(turn.answer))
        if text := portable_markdown(data["text/markdown"]) if "text/markdown" in data else plain:
            yield _text(f"## {words('exports.answer')}", text)
        if sources := sources_markdown(turn):
            yield _text(sources)
    if ending := ending_of(turn):
        yield _text(plain_markdown(ending))


def _outputs(step: StepView) -> Iterator[Cell]:
    """Yield what a step's code printed, showed, returned and failed with, as Jupyter keeps it."""
    if step.shown_output.strip():
        yield new_output("stream", name="stdout", text=printable(step.shown_output))
    for display in displays_of(step):
        yield new_output("display_data", data=_bundle(display))
    if result := result_of(step):
        yield new_output("execute_result", data={"text/plain": printable(result)})
    if step.execution and step.execution.answer:
        yield new_output("display_data", data=_bundle(step.execution.answer))
    if step.error_text:
        yield new_output("stream", name="stderr", text=f"{printable(step.error_text)}\n")


def _bundle(display: Display) -> dict[str, Any]:
    """Return what of a display Jupyter can show. JSON is no text in a notebook."""
    bundle: dict[str, Any] = {mime: content for mime, content in display.data.items() if mime in _JUPYTERS}
    for mime in _CHARTS & display.data.keys():
        with suppress(ValueError):  # in a chat that was imported
            bundle[mime] = json.loads(display.data[mime])
    return bundle
