"""The passing messages in the corner. The page takes them for HTML; here they are texts, whoever wrote them."""

import html

import gradio as gr

from ui.view.escaping import printable


def error(text: object) -> gr.Error:
    """To be raised: it ends the handler, and shows the text."""
    return gr.Error(_as_html(text), print_exception=False)


def warn(text: str) -> None:
    """Show that something is not as it was asked for."""
    gr.Warning(_as_html(text))


def inform(text: str) -> None:
    """Show what is going on."""
    gr.Info(_as_html(text))


def _as_html(text: object) -> str:
    return html.escape(printable(str(text)))
