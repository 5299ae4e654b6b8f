"""What tests of printers share: a console that keeps what it prints, and events of every kind with one text in all."""

import io
import types
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from rich.console import Console

from agent_core.console.pictures import PictureFolder
from agent_core.console.printer import Detail
from agent_core.console.terminal import TerminalPrinter
from agent_core.events import Event
from agent_core.execution import Display

HOSTILE = "a\x1b]0;owned\x07b\x1b[2Jc\x9b31md\re\x08f\x7fg\u202eh &#27;[31m ![x](http://x/\x1b) <img src=x onerror=y>\n"
PICTURE = Display({"text/plain": "<Figure>", "image/png": "iVBORw0KGgo="})
TABLE = Display(
    {
        "text/plain": "   a    b\n0  1  two",
        "text/html": "<table><tr><th></th><th>a</th><th>b</th></tr><tr><th>0</th><td>1</td><td>two</td></tr></table>",
        "text/csv": "a,b\n1,two\n",
    }
)


def printed(events: Iterable[Event], *, detail: Detail = "normal", terminal=False, pictures=None, width=80) -> str:
    """What is printed of events; in a terminal with all that moves the cursor."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=width, height=24, highlight=False, _environ={})
    printer = TerminalPrinter(console, detail, PictureFolder(pictures))
    for event in events:
        printer.take(event)
    printer.close()
    return out.getvalue()


def filled(kind: Any, text: str) -> Any:
    """Something of a type, with the text wherever there may be one."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Display:
        return Display({"text/plain": text, "text/html": f"<table><tr><td>{text}</table>", "text/markdown": text})
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return kind(**{field.name: filled(hints[field.name], text) for field in fields(kind) if field.init})
    if origin is Literal:
        return inner[-1]
    if origin in (Union, types.UnionType):
        return filled(inner[0], text)
    if origin is tuple:
        return (filled(inner[0], text),)
    if origin is dict:
        return {text: filled(inner[1], text)}
    return {str: text, int: 1, float: 1.0, bool: True}[kind]


def events_with(text: str) -> list[Event]:
    """An event of every kind, with a text wherever there may be one."""
    return [filled(kind, text) for kind in get_args(Event)]
