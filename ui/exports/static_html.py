"""Parts of a chat as HTML that runs nothing and loads nothing, for a file that stands alone."""

import base64
from html import escape

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers.python import PythonLexer

from agent_core.execution import SVG, Display
from agent_core.text import truncate_middle, whole_characters
from ui.exports import mathml
from ui.exports.step_parts import chart_text
from ui.texts import words
from ui.view.escaping import Formulas, printable
from ui.view.formulas import formula_markdown
from ui.view.sanitizing import clean_html, clean_markdown, is_light_enough

_LONGEST_TEXT = 6_000  # characters of one output, as on the page
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_PYTHON = PythonLexer(stripnl=False)
_COLOURED = HtmlFormatter[str](nowrap=True)


def markdown_html(text: str) -> str:
    """Return Markdown as harmless HTML: cleaned as Markdown, as on the page, and what becomes of it as HTML again."""
    return _rendered(clean_markdown(text))


def _rendered(cleaned: str) -> str:
    formulas = Formulas(cleaned)
    return mathml.put_back(formulas, clean_html(_MARKDOWN.render(formulas.text)))


def code_html(code: str) -> str:
    """Return Python with its parts as spans of the classes that Pygments has."""
    return f"<pre><code>{highlight(printable(code), _PYTHON, _COLOURED).rstrip()}</code></pre>"


def text_html(text: str) -> str:
    """Return plain text in its lines."""
    return f"<pre>{escape(truncate_middle(printable(text).rstrip(), _LONGEST_TEXT))}</pre>"


def display_html(display: Display) -> str:
    """Return a display: pictures inside the file, tables cleaned, and a line of text for a chart that needs scripts."""
    match display.kind:
        case "image":
            return _picture_html(display)
        case "interactive" if display.chart_type:
            return f'<p class="note">{escape(printable(chart_text(display)))}</p>'
        case "table" | "interactive":
            return _table_html(display)
        case "formula" if formula := formula_markdown(display.data["text/latex"]):
            return _rendered(formula)
        case "value" if "text/markdown" in display.data:
            return markdown_html(display.data["text/markdown"])
        case _:
            return text_html(str(display))


def _picture_html(display: Display) -> str:
    mime = display.image_type
    assert mime is not None, "only pictures come here"
    data = display.data[mime]
    if mime == SVG:  # browsers load and run nothing that such an image refers to
        data = base64.b64encode(whole_characters(data).encode()).decode()
    return f'<img src="data:{mime};base64,{escape(data)}" alt="{words("turn.picture")}">'


def _table_html(display: Display) -> str:
    html = display.data["text/html"]
    cleaned = clean_html(html) if is_light_enough(html) else ""
    if not cleaned.strip():
        return text_html(str(display))
    return f'<div class="wide" role="region" aria-label="{words("exports.table")}" tabindex="0">{cleaned}</div>'
