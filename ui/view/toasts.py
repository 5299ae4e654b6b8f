"""Toasts: short messages, which problems.js shows in a line. Gradio renders them as HTML, so texts are escaped here."""

import html

import gradio as gr

from ui.view.escaping import printable


def error(text: object) -> gr.Error:
    """Return an error to raise: it ends the handler, and shows the text."""
    return gr.Error(_as_html(text), print_exception=False)


def warn(text: str) -> None:
    """Show a warning."""
    gr.Warning(_as_html(text))


def inform(text: str) -> None:
    """Show a notice."""
    gr.Info(_as_html(text))


def _as_html(text: object) -> str:
    return html.escape(printable(str(text)))
